"""Batches: rows in the order they arrived, as columns of one kind at a time."""

from __future__ import annotations

import numpy as np

from tradewind.adapters.binance.depth_sync import Applied, DepthGap
from tradewind.adapters.binance.rows import (
    BarRow,
    DepthSnapshotRow,
    DepthUpdateRow,
    QuoteRow,
    TradeRow,
)
from tradewind.model.columns import (
    DEPTH_GAP,
    DEPTH_LAST,
    DEPTH_SNAPSHOT,
    REQUIRED,
    ColumnKind,
    Columns,
)
from tradewind.model.instruments import Instrument

BATCH_ROWS_MAX = 10_000
"""Rows of a batch; an event of the book is never cut, so one batch may be that much longer."""

FIELDS: dict[ColumnKind, tuple[str, ...]] = {
    "trades": (*REQUIRED["trades"], "venue_time_ns"),
    "quotes": (*REQUIRED["quotes"], "venue_time_ns", "update_id"),
    "bars": REQUIRED["bars"],
    "depth": (*REQUIRED["depth"], "venue_time_ns", "update_id"),
}
"""The columns of each kind, in the order of their values in a row."""


class Batches:
    """Collects rows of one instrument; a batch ends where the kind changes or it is full.

    `time_ns` is the time of our world, which the caller never lets go back. `venue_time_ns` is 0
    where the venue did not say one (quotes of spot).

    >>> btc = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
    >>> batches = Batches(btc)
    >>> batches.add_trade(TradeRow(btc.id, 5, 1, 100, 7, 1), 9)
    >>> batches.add_trade(TradeRow(btc.id, 6, 2, 101, 7, -1), 9)
    >>> batches.add_quote(QuoteRow(btc.id, 0, 3, 100, 1, 101, 1), 10)
    >>> [(columns.kind, len(columns)) for columns in batches.take_all()]
    [('trades', 2), ('quotes', 1)]
    """

    __slots__ = ("_finished", "_flat", "_kind", "instrument", "rows_max")

    def __init__(self, instrument: Instrument, rows_max: int = BATCH_ROWS_MAX) -> None:
        self.instrument = instrument
        self.rows_max = rows_max
        self._kind: ColumnKind = "trades"
        self._flat: list[int] = []
        self._finished: list[Columns] = []

    def add(self, kind: ColumnKind, values: tuple[int, ...]) -> None:
        """A row whose values stand in the order of `FIELDS`."""
        self._open(kind)
        self._flat += values

    def add_trade(self, row: TradeRow, time_ns: int) -> None:
        """A print at a time of our world."""
        self._open("trades")
        self._flat += (time_ns, row.price, row.size, row.side, row.venue_time_ns)

    def add_quote(self, row: QuoteRow, time_ns: int) -> None:
        """A best bid and ask at a time of our world."""
        self._open("quotes")
        self._flat += (time_ns, row.bid, row.bid_size, row.ask, row.ask_size)
        self._flat += (row.venue_time_ns, row.update_id)

    def add_bar(self, row: BarRow) -> None:
        """A bar; it brings its own times."""
        self._open("bars")
        self._flat += (row.open_time_ns, row.close_time_ns, row.open, row.high, row.low)
        self._flat += (row.close, row.volume)

    def add_depth(self, event: Applied, time_ns: int) -> None:
        """What `DepthSync` says is to be applied now."""
        match event:
            case DepthGap():
                self._add_mark(time_ns, event.venue_time_ns, DEPTH_GAP, 0)
            case DepthUpdateRow():
                self._add_levels(event, time_ns, 0)
            case DepthSnapshotRow() if event.bids or event.asks:
                self._add_levels(event, time_ns, DEPTH_SNAPSHOT)
            case DepthSnapshotRow():
                self._add_mark(time_ns, event.venue_time_ns, DEPTH_SNAPSHOT, event.last_id)

    def take_finished(self) -> list[Columns]:
        """The batches that are finished, the oldest first; they are not kept."""
        finished, self._finished = self._finished, []
        return finished

    def take_all(self) -> list[Columns]:
        """The finished batches and the one that is open."""
        self._finish()
        return self.take_finished()

    def _open(self, kind: ColumnKind) -> None:
        full = len(self._flat) >= self.rows_max * len(FIELDS[self._kind])
        if kind != self._kind or full:
            self._finish()
            self._kind = kind

    def _finish(self) -> None:
        if self._flat:
            names = FIELDS[self._kind]
            table = np.array(self._flat, dtype=np.int64).reshape(-1, len(names)).T.copy()
            self._finished.append(Columns.of_table(self._kind, self.instrument, names, table))
            self._flat = []

    def _add_levels(
        self, event: DepthUpdateRow | DepthSnapshotRow, time_ns: int, flags: int
    ) -> None:
        self._open("depth")
        flat, venue_time_ns, last_id = self._flat, event.venue_time_ns, event.last_id
        for price, size in event.bids:
            flat += (time_ns, 1, price, size, flags, venue_time_ns, last_id)
        for price, size in event.asks:
            flat += (time_ns, -1, price, size, flags, venue_time_ns, last_id)
        if event.bids or event.asks:
            flat[-3] |= DEPTH_LAST

    def _add_mark(self, time_ns: int, venue_time_ns: int, flags: int, last_id: int) -> None:
        """A row that sets no level: size 0 at the lowest price there is."""
        self._open("depth")
        price = self.instrument.tick_units
        self._flat += (time_ns, 1, price, 0, flags | DEPTH_LAST, venue_time_ns, last_id)
