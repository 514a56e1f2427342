"""One run of two strategies over three instruments of every kind of data, cut as one likes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tradewind.core.engine import Engine
from tradewind.core.journal_hash import JournalHash
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.core.tape import Tape
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.market import BarOpened, DepthUpdate, bar_of, quote_of, trade_of
from tradewind.model.orders import Sizing
from tradewind.runtime.strategy_host import attach
from tradewind.sim import fees, latency
from tradewind.sim.venue import SimulatedVenue
from tradewind.strategies.base import Strategy

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
SAP = Instrument("SAP.SIM", tick="0.01", lot="1", currency="EUR")
BTC = Instrument("BTC/USD.SIM", tick="0.01", lot="0.001")
MINUTE = 60 * 10**9
START = 1_700_000_040 * 10**9
"""A whole minute."""


class Swinger(Strategy):
    """Targets by turns on bars, a timer that trims, and answers to its own fills."""

    every: int = 3

    def on_start(self) -> None:
        self.subscribe_bars(self.instrument, "1m")
        self.count = 0
        self.fills = 0

    def on_bar(self, bar: Any) -> None:
        self.count += 1
        if self.count == 1:
            self.set_timer("trim", self.time_ns + MINUTE // 2, 2 * MINUTE)
        if self.count % self.every == 0:
            self.target_weight(0.3 if self.count % 2 else -0.2)
        elif self.count % self.every == 1:
            self.target_position(self.count % 7 - 3)

    def on_timer(self, name: str) -> None:
        if self.position.quantity > 2:
            self.sell(1)

    def on_fill(self, fill: Any) -> None:
        self.fills += 1
        if self.fills % 5 == 0:
            self.buy(1, limit=fill.price)


class Quoter(Strategy):
    """Quotes both sides of what it sees, amends, cancels, and trades on prints and depth."""

    def on_start(self) -> None:
        self.subscribe_quotes("SAP.SIM")
        self.subscribe_trades("BTC/USD.SIM")
        self.subscribe_depth("BTC/USD.SIM")
        self.seen = 0

    def on_quote(self, quote: Any) -> None:
        self.seen += 1
        mine = [order for order in self.open_orders if order.instrument.id == "SAP.SIM"]
        if not mine:
            self.buy(2, "SAP.SIM", limit=quote.bid)
            self.sell(2, "SAP.SIM", limit=quote.ask)
        elif self.seen % 5 == 0:
            self.cancel(mine[0].order_id)
        elif self.seen % 3 == 0:
            self.amend(mine[-1].order_id, quantity=3, limit=mine[-1].limit_price)

    def on_trade(self, trade: Any) -> None:
        self.seen += 1
        if self.seen % 4 == 0:
            self.target_position("0.002" if trade.side > 0 else "-0.001", "BTC/USD.SIM")

    def on_depth(self, book: Any) -> None:
        self.seen += 1
        if self.seen % 11 == 0:
            self.cancel_all("BTC/USD.SIM")
            self.buy("0.001", "BTC/USD.SIM")


def columns(minutes: int, seed: int = 7) -> list[Columns]:
    """Bars, trades, quotes and depth, with equal times within and across them."""
    draw = np.random.default_rng(seed)
    return [
        _bars(GOOG, minutes, draw),
        _quotes(SAP, minutes, draw),
        _trades(BTC, minutes, draw),
        _depth(BTC, minutes, draw),
        _bars(SAP, minutes, draw),
    ]


def _path(count: int, draw: np.random.Generator) -> Any:
    return 10_000 + np.cumsum(draw.integers(-9, 10, count))


def _times(minutes: int, draw: np.random.Generator) -> Any:
    """Four rows a minute, in steps of 5 s, so that many fall on the minute and on each other."""
    return START + np.sort(draw.integers(0, 12 * minutes, 4 * minutes)) * 5 * 10**9


def _bars(instrument: Instrument, minutes: int, draw: np.random.Generator) -> Columns:
    opens = START + np.arange(minutes) * MINUTE
    first, last = _path(minutes, draw), _path(minutes, draw)
    return Columns(
        "bars",
        instrument,
        {
            "open_time_ns": opens,
            "close_time_ns": opens + MINUTE,
            "open": first,
            "high": np.maximum(first, last) + 5,
            "low": np.minimum(first, last) - 5,
            "close": last,
            "volume": draw.integers(1, 50, minutes),
        },
    )


def _quotes(instrument: Instrument, minutes: int, draw: np.random.Generator) -> Columns:
    bids = _path(4 * minutes, draw)
    spread = draw.integers(1, 4, len(bids))
    sizes = draw.integers(1, 9, (2, len(bids)))
    arrays = {"bid": bids, "bid_size": sizes[0], "ask": bids + spread, "ask_size": sizes[1]}
    return Columns("quotes", instrument, {"time_ns": _times(minutes, draw), **arrays})


def _trades(instrument: Instrument, minutes: int, draw: np.random.Generator) -> Columns:
    prices = _path(4 * minutes, draw)
    arrays = {"price": prices, "size": draw.integers(1, 9, len(prices))}
    sides = draw.integers(-1, 2, len(prices))
    return Columns(
        "trades", instrument, {"time_ns": _times(minutes, draw), **arrays, "side": sides}
    )


def _depth(instrument: Instrument, minutes: int, draw: np.random.Generator) -> Columns:
    """Each event sets a bid and an ask around 100.00; the second row is its last."""
    times = np.repeat(_times(minutes, draw), 2)
    sides = np.tile([1, -1], len(times) // 2)
    prices = 10_000 - sides * draw.integers(1, 20, len(times))
    sizes = draw.integers(0, 5, len(times))
    flags = np.tile([0, 1], len(times) // 2)
    arrays = {"side": sides, "price": prices, "size": sizes, "flags": flags}
    return Columns("depth", instrument, {"time_ns": times, **arrays})


class Run:
    """An engine with a simulated venue and two strategies, and the hash of its journal."""

    def __init__(self, *, hedging: int = 0, mark: str = "latest") -> None:
        self.mark = mark
        self.journal = JournalHash()
        venue = SimulatedVenue(
            fees=fees.percent("0.001"),
            latency=latency.constant(order_ns=10**9, report_ns=2 * 10**9),
        )
        self.engine = self.engine_on(venue)
        self.start(bool(hedging))

    def engine_on(self, venue: SimulatedVenue) -> Engine:
        """The engine of the run."""
        return Engine(State(), venue, Tape(self.journal.body))

    def start(self, hedging: bool) -> None:
        """What a run begins with."""
        at = START - MINUTE
        for event in (
            m.RunStarted(at, "j0", 1, "", self.mark),
            *(m.InstrumentListed(at, one) for one in (GOOG, SAP, BTC)),
            m.AccountOpened(at, "main", "USD", hedging),
            m.CashDeposited(at, "main", "USD", 100_000 * 10**6),
            m.RateChanged(at, "EUR", "USD", 1_100_000_000),
            m.LimitsChanged(at, "firm", Limits(position_quantity="50"), "test"),
        ):
            self.engine.step(event)
        for name, strategy in (("swinger", Swinger()), ("quoter", Quoter())):
            attach(
                self.engine,
                strategy,
                name=name,
                account="main",
                instruments=[GOOG, SAP, BTC],
                sizing=Sizing.AT_FILL,
            )

    def hashes(self) -> tuple[str, str]:
        """Journal hash and state hash of what has run."""
        self.engine.flush()
        return self.journal.hexdigest(), state_hash(self.engine.state)


class RecordedRun(Run):
    """The same without a tape: its records are messages, as in live trading."""

    def engine_on(self, venue: SimulatedVenue) -> Engine:
        return Engine(State(), venue)

    def hashes(self) -> tuple[str, str]:
        self.journal.records(*self.engine.take_records())
        return super().hashes()


def events(batches: list[Columns]) -> Iterator[Any]:
    """The rows of columns as single events, in the order in which `Engine.run` merges them."""
    found = []
    for number, batch in enumerate(batches):
        for row, values in enumerate(zip(*[a.tolist() for a in batch.required()], strict=True)):
            found += _events_of_row(batch, number, row, values)
    for _, event in sorted(found, key=lambda entry: entry[0]):
        yield event


def _events_of_row(batch: Columns, number: int, row: int, values: Any) -> list[Any]:
    instrument = batch.instrument
    if batch.kind == "bars":
        opened = BarOpened(instrument, values[0], values[2])
        bar = bar_of(instrument, *values)
        return [((values[0], 1, number, row), opened), ((values[1], 0, number, row), bar)]
    place = (values[0], 0, number, row)
    if batch.kind == "trades":
        return [(place, trade_of(instrument, *values))]
    if batch.kind == "quotes":
        return [(place, quote_of(instrument, *values))]
    if row % 2:  # the second row of a depth event: both were given with the first
        return []
    other = batch.cut(row + 1, row + 2)
    asks = ((int(other["price"][0]), int(other["size"][0])),)
    return [(place, DepthUpdate(instrument, values[0], ((values[2], values[3]),), asks))]


def cut_at(batches: list[Columns], times: list[int]) -> Iterator[list[Columns]]:
    """The batches in pieces that end at whole minutes, given as times."""
    starts = [0] * len(batches)
    for time_ns in [*times, 2**62]:
        piece = []
        for number, batch in enumerate(batches):
            stop = int(np.searchsorted(batch.time_ns, time_ns, side="right"))
            piece.append(batch.cut(starts[number], stop))
            starts[number] = stop
        yield piece
