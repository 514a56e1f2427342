"""The history of market data: what was stored is read back exactly, once, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from tradewind.model.column_merge import OnConflict
from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.corporate_actions import CorporateAction, MergedActions
from tradewind.model.errors import BadData, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns


class Series(msgspec.Struct, frozen=True):
    """The name of one series: a kind of data of an instrument, bars with their timeframe.

    >>> str(Series("bars", "GOOG.SIM", "1d")), str(Series("trades", "BTC/USDT.BINANCE"))
    ('1d bars of GOOG.SIM', 'trades of BTC/USDT.BINANCE')
    """

    kind: ColumnKind
    instrument_id: str
    timeframe: str | None = None

    def __str__(self) -> str:
        words = f"{self.kind} of {self.instrument_id}"
        return f"{self.timeframe} {words}" if self.timeframe else words


class Entry(msgspec.Struct, frozen=True):
    """One stored series: how many rows it has and from when to when (of bars: their opens)."""

    series: Series
    rows: int
    first_ns: int
    last_ns: int
    files: int
    size_bytes: int


class Written(msgspec.Struct, frozen=True):
    """What a write did: rows given, of them new and stored already; old rows that gave way."""

    rows_given: int
    rows_added: int
    rows_same: int
    rows_replaced: int


class Damage(msgspec.Struct, frozen=True):
    """A place where a stored series is not what was written."""

    place: str
    sentence: str


class History(Protocol):
    """Stores market data by series; sync, called from a thread pool by the shell.

    Times are UTC nanoseconds; a range is `start_ns` included to `end_ns` excluded, of bars by
    their open. A write is all or nothing, and repeating it changes nothing.
    """

    def write(
        self, columns: Columns, *, timeframe: str | None = None, on_conflict: OnConflict = "refuse"
    ) -> Written:
        """Store rows of one series; `BadData` as `write_batches` says."""
        ...

    def write_batches(
        self,
        batches: Iterable[Columns],
        *,
        timeframe: str | None = None,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store batches of one series, all of them or, where anything fails, none.

        `BadData` where rows are out of order, where stored rows of the same time differ (unless
        `on_conflict` is "replace"), or where the instrument is stored with another definition;
        `OutsideError` where the storage fails.
        """
        ...

    def read(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Columns:
        """All rows of a range at once; `UserError` where there is no such series."""
        ...

    def batches(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Iterator[Columns]:
        """The rows of a range in batches of bounded size, in order."""
        ...

    def entries(self) -> list[Entry]:
        """Every stored series, sorted by kind, instrument and length of timeframe."""
        ...

    def instrument(self, instrument_id: str) -> Instrument:
        """The definition stored with an instrument's data; `UserError` where there is none."""
        ...

    def check(self, series: Series) -> list[Damage]:
        """Compare what is stored with what was written; nothing to say is an empty list."""
        ...

    def retain(self, kind: ColumnKind, *, before_ns: int) -> list[str]:
        """Drop what is stored of a kind in pieces wholly before a time; their names.

        A piece is a file or a partition: rows older than that may stay with younger ones. The
        instruments' definitions and corporate actions stay.
        """
        ...

    def actions(self, instrument_id: str) -> list[CorporateAction]:
        """The corporate actions stored with an instrument's data, by ex-date; often none."""
        ...

    def write_actions(
        self,
        instrument_id: str,
        actions: Iterable[CorporateAction],
        *,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store corporate actions of a stored instrument, all or none.

        Those of one kind and day are one group: the same group again changes nothing; another
        one is refused with `BadData`, or takes its place where `on_conflict` is "replace".
        """
        ...


def series_of(columns: Columns, timeframe: str | None) -> Series:
    """The series that columns belong to; bars need a timeframe, other kinds have none."""
    if columns.kind == "bars":
        if timeframe is None:
            raise UserError(
                f"bars of {columns.instrument.id} need a timeframe: name it, like timeframe='1m'"
            )
        timeframe_ns(timeframe)
    elif timeframe is not None:
        raise UserError(f"{columns.kind} have no timeframe: leave it out")
    return Series(columns.kind, columns.instrument.id, timeframe)


def actions_written(merged: MergedActions) -> Written:
    """What a write of corporate actions did."""
    return Written(merged.given, merged.added, merged.same, merged.replaced)


def check_definition(stored: Instrument | None, given: Instrument) -> None:
    """Refuse data of an instrument that is stored with another definition."""
    if stored is None or stored == given:
        return
    before, after = (
        {name: str(value) for name, value in _fields(one).items()} for one in (stored, given)
    )
    name = next(name for name in before if before[name] != after[name])
    raise BadData(
        f"{given.id} is stored with {name} {before[name]}, this data has {after[name]}: give the "
        f"same {name}, or another instrument id"
    )


def no_series(series: Series, entries: list[Entry]) -> UserError:
    """The error of asking for a series that is not stored; it names what there is instead."""
    ours = [str(e.series) for e in entries if e.series.instrument_id == series.instrument_id]
    there = ", ".join(ours) or ", ".join(str(entry.series) for entry in entries[:5]) or "nothing"
    return UserError(
        f"there are no {series} in the history (there is: {there}): import them with "
        "tradewind data import"
    )


def mixed(first: Columns, other: Columns) -> BadData:
    """The error of writing batches of several series at once."""
    return BadData(
        f"batches of {first.kind} of {first.instrument.id} and of {other.kind} of "
        f"{other.instrument.id} are mixed: write each series by itself"
    )


def in_listing_order(entries: Iterable[Entry]) -> list[Entry]:
    """Entries by kind, instrument and length of timeframe."""
    return sorted(entries, key=_listing_key)


def _listing_key(entry: Entry) -> tuple[str, str, int]:
    series = entry.series
    length = timeframe_ns(series.timeframe) if series.timeframe else 0
    return series.kind, series.instrument_id, length


def _fields(instrument: Instrument) -> dict[str, object]:
    return msgspec.structs.asdict(instrument)
