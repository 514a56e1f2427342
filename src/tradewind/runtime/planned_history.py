"""Several histories as one: a question goes to the store that has most of it, or the nearest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tradewind.model.column_merge import OnConflict
from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.history import Damage, Entry, History, Series, Written, in_listing_order

END_NS = 2**63 - 1


class Store(NamedTuple):
    """A history with a name for people; of two that have the same the lower `rank` answers."""

    name: str
    history: History
    rank: int


class Choice(NamedTuple):
    """Where a question goes, and why there."""

    store: Store
    reason: str


class PlannedHistory:
    """Reads where `choose` says; the first store takes what is written, the others are only read.

    A store that does not answer is an error of the question: less than there is would look whole.
    """

    def __init__(self, stores: Sequence[Store]) -> None:
        assert stores, "a plan needs a store"
        self.stores = tuple(stores)

    def choose(
        self, series: Series, start_ns: int | None = None, end_ns: int | None = None
    ) -> Choice:
        """The store for a range of a series; the first where none has the series."""
        held = [
            (store, entry)
            for store in self.stores
            for entry in store.history.entries()
            if entry.series == series
        ]
        if len(held) < 2:
            first = held[0][0] if held else self.stores[0]
            return Choice(first, "no other store has it" if held else "no store has it")
        least = max(start_ns or 0, min(entry.first_ns for _, entry in held))
        most = min((end_ns or END_NS) - 1, max(_end_of(entry) for _, entry in held))
        covers = [min(_end_of(entry), most) - max(entry.first_ns, least) for _, entry in held]
        best = [each for each, cover in zip(held, covers, strict=True) if cover == max(covers)]
        whole = [each for each in best if not _has_holes(each[1], [one for _, one in best])]
        store, _ = min(whole, key=lambda each: each[0].rank)
        others = ", ".join(other.name for other, _ in held if other is not store)
        if len(best) == 1:
            return Choice(store, f"it has more of that time than {others}")
        if len(whole) == 1:
            return Choice(store, f"it has more rows in that time than {others}")
        return Choice(store, f"it is the nearest of those that have all of it (also {others})")

    def write(
        self, columns: Columns, *, timeframe: str | None = None, on_conflict: OnConflict = "refuse"
    ) -> Written:
        """Store rows in the first store."""
        return self._first.write(columns, timeframe=timeframe, on_conflict=on_conflict)

    def write_batches(
        self,
        batches: Iterable[Columns],
        *,
        timeframe: str | None = None,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store batches in the first store."""
        return self._first.write_batches(batches, timeframe=timeframe, on_conflict=on_conflict)

    def read(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Columns:
        """All rows of a range, from the store that is chosen."""
        chosen = self.choose(Series(kind, instrument_id, timeframe), start_ns, end_ns)
        return chosen.store.history.read(
            kind, instrument_id, start_ns=start_ns, end_ns=end_ns, timeframe=timeframe
        )

    def batches(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Iterator[Columns]:
        """The rows of a range in batches, from the store that is chosen."""
        chosen = self.choose(Series(kind, instrument_id, timeframe), start_ns, end_ns)
        return chosen.store.history.batches(
            kind, instrument_id, start_ns=start_ns, end_ns=end_ns, timeframe=timeframe
        )

    def entries(self) -> list[Entry]:
        """Every series of any store, as the store has it that would be asked for all of it."""
        found: dict[Series, list[Entry]] = {}
        for store in self.stores:
            for entry in store.history.entries():
                found.setdefault(entry.series, []).append(entry)
        return in_listing_order(
            max(each, key=lambda one: (one.last_ns - one.first_ns, one.rows))
            for each in found.values()
        )

    def instrument(self, instrument_id: str) -> Instrument:
        """The definition in the first store that has one."""
        for store in self.stores[:-1]:
            try:
                return store.history.instrument(instrument_id)
            except UserError:
                continue
        return self.stores[-1].history.instrument(instrument_id)

    def check(self, series: Series) -> list[Damage]:
        """What is wrong with a series in the store that is asked for it."""
        return self.choose(series).store.history.check(series)

    def retain(self, kind: ColumnKind, *, before_ns: int) -> list[str]:
        """Drop what is old in the first store."""
        return self._first.retain(kind, before_ns=before_ns)

    def actions(self, instrument_id: str) -> list[CorporateAction]:
        """The corporate actions of the first store that has some."""
        found = (store.history.actions(instrument_id) for store in self.stores)
        return next((actions for actions in found if actions), [])

    def write_actions(
        self,
        instrument_id: str,
        actions: Iterable[CorporateAction],
        *,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store corporate actions in the first store."""
        return self._first.write_actions(instrument_id, actions, on_conflict=on_conflict)

    @property
    def _first(self) -> History:
        return self.stores[0].history


def _end_of(entry: Entry) -> int:
    """The last time it says something of: a bar speaks of all its time."""
    timeframe = entry.series.timeframe
    return entry.last_ns + (timeframe_ns(timeframe) - 1 if timeframe else 0)


def _has_holes(entry: Entry, others: list[Entry]) -> bool:
    """Whether another of the same first and last time has more rows."""
    times = entry.first_ns, entry.last_ns
    return any((one.first_ns, one.last_ns) == times and one.rows > entry.rows for one in others)
