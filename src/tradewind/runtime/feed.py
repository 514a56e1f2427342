"""The feed: rows from the venues, checked, into bars, the paper venue and the loop."""

from __future__ import annotations

from collections.abc import Callable

from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.messages import BadTick
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.platform import Clock
from tradewind.runtime.arrival import not_before
from tradewind.runtime.quality import Quality
from tradewind.signals.bars import BarBuilder

LATE_NS = 250_000_000
"""How long a bar waits behind its end for trades that are still under way."""

RowsTaker = Callable[[Columns], None]


class Feed:
    """Takes batches; good rows go to every taker, bad ones become events.

    `bars` are the timeframes to build from trades, by instrument id.
    """

    def __init__(
        self,
        takers: list[RowsTaker],
        refuse: Callable[[BadTick], None],
        *,
        clock: Clock,
        bars: dict[str, list[str]],
    ) -> None:
        self.row_count = 0
        self.bad_count = 0
        self.last_received_ns: dict[str, int] = {}
        self._takers = takers
        self._refuse = refuse
        self._clock = clock
        self._timeframes = bars
        self._qualities: dict[tuple[str, str], Quality] = {}
        self._builders: dict[tuple[str, str], tuple[Instrument, BarBuilder]] = {}
        self._closed_ns = 0

    def take(self, columns: Columns) -> None:
        """One batch as it came from a venue."""
        key = (columns.instrument.id, columns.kind)
        quality = self._qualities.get(key)
        if quality is None:
            quality = self._qualities[key] = Quality()
        good, bad = quality.split(columns)
        self.row_count += len(good)
        self.bad_count += len(bad)
        for tick in bad:
            self._refuse(tick)
        if len(good) == 0:
            return
        self.last_received_ns[columns.instrument.id] = self._clock.now_ns()
        for taker in self._takers:
            taker(good)
        if columns.kind == "trades":
            self._build(good)

    def close_bars(self) -> None:
        """Close the bars whose interval is over by the clock, where no trade did."""
        self._closed_ns = max(self._closed_ns, self._clock.now_ns() - LATE_NS)
        for instrument, builder in self._builders.values():
            builder.advance(self._closed_ns)
            self._hand_out(instrument, builder)

    def _build(self, trades: Columns) -> None:
        instrument = trades.instrument
        for timeframe in self._timeframes.get(instrument.id, ()):
            known = self._builders.get((instrument.id, timeframe))
            if known is None:
                known = (instrument, BarBuilder("time", timeframe_ns(timeframe)))
                self._builders[instrument.id, timeframe] = known
            times = not_before(trades, self._closed_ns)["time_ns"]
            known[1].run(times, trades["price"], trades["size"])
            self._hand_out(*known)

    def _hand_out(self, instrument: Instrument, builder: BarBuilder) -> None:
        arrays = builder.take()
        if len(arrays["close"]):
            bars = Columns("bars", instrument, arrays)
            for taker in self._takers:
                taker(bars)
