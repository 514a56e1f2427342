"""Binance's trade frames: JSON bytes to exact integers to the engine to a Python `on_trade`.

The yardstick decodes the same bytes with msgspec into a struct, makes floats of its texts and calls
the same strategy: no check, no exact number, no engine.

What limits it: scanning the text, and the engine's call of the strategy. Before a batch became the
rows of one table, making columns of a hundred rows took a sixth. With msgspec and an object for
each frame it was 2.4 times slower.
"""

from __future__ import annotations

import sys

import floor
import msgspec
from _measure import best_in_turn_s, report, sized, timed

import tradewind as tw
from tradewind.adapters.binance.stream_reader import StreamReader
from tradewind.runtime.simulated_run import RunTerms, SimulatedRun
from tradewind.sim.venue import SimulatedVenue

TARGET = 1.0 if tw.COMPILED else 0.09
BTC = tw.Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
BATCH = 100
"""Frames between two looks at the socket."""


class Wire(msgspec.Struct):
    """What the loop reads of a frame."""

    T: int
    p: str
    q: str
    m: bool


class Combined(msgspec.Struct):
    """What is around it."""

    data: Wire


class Count(tw.Strategy):
    """The strategy of the loop."""

    def on_start(self) -> None:
        """Ask for trades."""
        self.fast = 0.0
        self.above = 0
        self.subscribe_trades(self.instrument)

    def on_trade(self, trade: tw.Trade) -> None:
        """Count the trades above the average."""
        price = trade.price
        fast = self.fast = self.fast + (price - self.fast) * floor.FAST
        if price > fast:
            self.above += 1


def frames(count: int) -> list[bytes]:
    """Frames of the combined stream `btcusdt@trade` as the venue writes them."""
    rows = floor.trade_rows(count)
    columns = (rows[name].tolist() for name in ("time_ns", "price", "size", "side"))
    return [
        b'{"stream":"btcusdt@trade","data":{"e":"trade","E":%d,"s":"BTCUSDT","t":%d,'
        b'"p":"%d.%02d000000","q":"%d.%05d000","T":%d,"m":%s,"M":true}}'
        % (
            1_723_000_000_000 + time_ns // 1_000_000,
            number,
            *divmod(price, 100),
            *divmod(size, 100_000),
            1_723_000_000_000 + time_ns // 1_000_000,
            b"true" if side < 0 else b"false",
        )
        for number, (time_ns, price, size, side) in enumerate(zip(*columns, strict=True))
    ]


def run(received: list[bytes]) -> int:
    """Frames through reader and engine; the number of trades that came out."""
    reader = StreamReader([BTC])
    engine = SimulatedRun([Count()], [BTC], SimulatedVenue(), RunTerms(), start_time_ns=0)
    total = 0
    for start in range(0, len(received), BATCH):
        for columns in reader.take(received[start : start + BATCH], start):
            engine.take(columns)
            total += len(columns)
    return total


def run_bare(received: list[bytes]) -> floor.ToyCount:
    """The loop over frames."""
    strategy = floor.ToyCount()
    decoder = msgspec.json.Decoder(Combined)
    for raw in received:
        wire = decoder.decode(raw).data
        trade = floor.Trade(wire.T, float(wire.p), float(wire.q), -1 if wire.m else 1)
        strategy.on_trade(trade)
    return strategy


def main() -> int:
    """Print messages a second against the loop."""
    count = sized(200_000, 20_000)
    received = frames(count)
    assert run(received) == count
    run_s, bare_s = best_in_turn_s(timed(lambda: run(received)), timed(lambda: run_bare(received)))
    return report(
        "wire_decode",
        count / run_s,
        "messages/s",
        floor=count / bare_s,
        ratio=bare_s / run_s,
        target=TARGET,
    )


if __name__ == "__main__":
    sys.exit(main())
