"""The history of market data as Parquet files on a shelf: a folder, or an object store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path, PurePosixPath

from tradewind.adapters.parquet.disk_shelf import DiskShelf
from tradewind.adapters.parquet.draft import Draft
from tradewind.adapters.parquet.files import connect, read_files
from tradewind.adapters.parquet.manifest import (
    FORMAT,
    MANIFEST,
    Manifest,
    Part,
    drop_old_parts,
    keep_instrument,
    read_actions,
    read_instruments,
    read_manifest,
    write_actions,
)
from tradewind.adapters.parquet.shelf import Overtaken, Shelf
from tradewind.model.column_merge import OnConflict
from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.corporate_actions import CorporateAction, merge_actions
from tradewind.model.errors import BadData, UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.history import (
    Damage,
    Entry,
    Series,
    Written,
    actions_written,
    check_definition,
    in_listing_order,
    no_series,
    series_of,
)

TIME_MIN_NS = -(2**63)
TIME_MAX_NS = 2**63 - 1
TRIES_MAX = 8
"""Of a small write that others overtake."""


class ParquetHistory:
    """Series as `history/<kind>/<venue>/<BASE-QUOTE>/[<timeframe>/]<period>/part-N.parquet`.

    Columns are int64 in the instrument's digits, sorted by time, zstd. A `manifest.json` beside
    the periods names each file with its sha256; it is replaced at once, and so a write is all or
    nothing. `history/instruments.json` holds the definition of each instrument,
    `history/actions/<venue>/<BASE-QUOTE>.json` its corporate actions. In a folder one process
    writes at a time; in an object store who is overtaken by another writer of the series tries
    again, or is told to. Reading needs no lock.
    """

    def __init__(self, place: Path | str | Shelf) -> None:
        self.shelf: Shelf = (
            DiskShelf(Path(place) / "history") if isinstance(place, Path | str) else place
        )
        self._connection = connect()

    def write(
        self, columns: Columns, *, timeframe: str | None = None, on_conflict: OnConflict = "refuse"
    ) -> Written:
        """Store rows of one series; anew where another writer of it was quicker."""
        for _ in range(TRIES_MAX - 1):
            with suppress(Overtaken):
                return self.write_batches([columns], timeframe=timeframe, on_conflict=on_conflict)
        return self.write_batches([columns], timeframe=timeframe, on_conflict=on_conflict)

    def write_batches(
        self,
        batches: Iterable[Columns],
        *,
        timeframe: str | None = None,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store batches of one series, all of them or none."""
        remaining = iter(batches)
        first = next(remaining, None)
        if first is None:
            return Written(0, 0, 0, 0)
        series = series_of(first, timeframe)
        with self.shelf.writing():
            check_definition(
                read_instruments(self.shelf).get(first.instrument.id), first.instrument
            )
            draft = self._draft(series, first, on_conflict)
            try:
                for batch in chain([first], remaining):
                    draft.add(batch)
                draft.finish()
                self._keep_definition(first.instrument)
                return draft.commit()
            finally:
                draft.discard()

    def read(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Columns:
        """All rows of a range at once."""
        series, range_ns = Series(kind, instrument_id, timeframe), _range(start_ns, end_ns)
        manifest = self._manifest(series)
        try:
            return self._read(manifest, manifest.parts, range_ns)
        except BadData:
            again = self._manifest(series)
            if again == manifest:
                raise
        # A write replaced a file between our look at the manifest and at the file.
        return self._read(again, again.parts, range_ns)

    def batches(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Iterator[Columns]:
        """The rows of a range, a file at a time."""
        manifest = self._manifest(Series(kind, instrument_id, timeframe))
        range_ns = _range(start_ns, end_ns)
        for part in manifest.parts:
            batch = self._read(manifest, (part,), range_ns)
            if len(batch):
                yield batch

    def entries(self) -> list[Entry]:
        """Every stored series."""
        names = self.shelf.names("", MANIFEST)
        folders = (name.removesuffix(f"/{MANIFEST}") for name in names)
        manifests = (read_manifest(self.shelf, folder).manifest for folder in folders)
        return in_listing_order(manifest.entry for manifest in manifests if manifest)

    def instrument(self, instrument_id: str) -> Instrument:
        """The definition stored with an instrument's data."""
        instruments = read_instruments(self.shelf)
        if instrument_id not in instruments:
            there = ", ".join(instruments) or "nothing"
            raise UserError(
                f"{instrument_id} is not in the history (there is: {there}): import its data with "
                "tradewind data import"
            )
        return instruments[instrument_id]

    def check(self, series: Series) -> list[Damage]:
        """Compare each file with its hash, and look for files that belong to nothing."""
        manifest, folder = self._manifest(series), folder_of(series)
        damages = [_damage(self.shelf, f"{folder}/{part.path}", part) for part in manifest.parts]
        named = {f"{folder}/{part.path}" for part in manifest.parts}
        strangers = [
            Damage(self.shelf.place(name), "the file is not in the manifest: move it away")
            for name in self.shelf.names(folder, "part-*.parquet")
            if name not in named and PurePosixPath(name).parent.parent.as_posix() == folder
        ]
        return [damage for damage in damages if damage] + strangers

    def retain(self, kind: ColumnKind, *, before_ns: int) -> list[str]:
        """Drop the files of a kind whose rows are all older than a time."""
        gone: list[str] = []
        with self.shelf.writing():
            for entry in self.entries():
                if entry.series.kind == kind:
                    gone += drop_old_parts(self.shelf, folder_of(entry.series), before_ns)
        return gone

    def actions(self, instrument_id: str) -> list[CorporateAction]:
        """The stored corporate actions of an instrument."""
        return list(read_actions(self.shelf, actions_name(instrument_id))[0])

    def write_actions(
        self,
        instrument_id: str,
        actions: Iterable[CorporateAction],
        *,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store corporate actions, all or none."""
        given, name = list(actions), actions_name(instrument_id)
        with self.shelf.writing():
            self.instrument(instrument_id)
            stored, before = read_actions(self.shelf, name)
            merged = merge_actions(list(stored), given, on_conflict)
            write_actions(self.shelf, name, merged.actions, before)
        return actions_written(merged)

    def _draft(self, series: Series, like: Columns, on_conflict: OnConflict) -> Draft:
        folder = folder_of(series)
        found, before = read_manifest(self.shelf, folder)
        manifest = found or _new_manifest(series, like)
        if manifest.series != series:
            raise BadData(
                f"{self.shelf.place(folder)} holds {manifest.series}, not {series}: give the "
                "instrument another name"
            )
        self.shelf.prepare(folder)
        cursor = self._connection.cursor()
        return Draft(cursor, self.shelf, folder, (manifest, before), like, on_conflict)

    def _keep_definition(self, instrument: Instrument) -> None:
        """Writers of other instruments change the same file: theirs is read, ours added."""
        for _ in range(TRIES_MAX - 1):
            with suppress(Overtaken):
                return keep_instrument(self.shelf, instrument)
        return keep_instrument(self.shelf, instrument)

    def _manifest(self, series: Series) -> Manifest:
        manifest = read_manifest(self.shelf, folder_of(series)).manifest
        if manifest is None or manifest.series != series:
            raise no_series(series, self.entries())
        return manifest

    def _read(
        self, manifest: Manifest, parts: Sequence[Part], range_ns: tuple[int, int]
    ) -> Columns:
        instrument = self.instrument(manifest.instrument_id)
        folder = folder_of(manifest.series)
        wanted = [p for p in parts if p.first_ns < range_ns[1] and p.last_ns >= range_ns[0]]
        arrays = read_files(
            self._connection.cursor(),
            [self.shelf.copy(f"{folder}/{p.path}", p.sha256) for p in wanted or parts[:1]],
            place=self.shelf.place(folder),
            columns=manifest.columns,
            time_column="open_time_ns" if manifest.kind == "bars" else "time_ns",
            range_ns=range_ns,
        )
        return Columns(manifest.kind, instrument, arrays)


def folder_of(series: Series) -> str:
    """Where on a shelf a series lies.

    >>> folder_of(Series("bars", "GOOG.SIM", "1d")), folder_of(Series("trades", "BTC/USDT.X"))
    ('bars/SIM/GOOG/1d', 'trades/X/BTC-USDT')
    """
    symbol, _, venue = series.instrument_id.rpartition(".")
    folder = f"{series.kind}/{venue}/{symbol.replace('/', '-')}"
    return f"{folder}/{series.timeframe}" if series.timeframe else folder


def actions_name(instrument_id: str) -> str:
    """The file of an instrument's corporate actions."""
    symbol, _, venue = instrument_id.rpartition(".")
    return f"actions/{venue}/{symbol.replace('/', '-')}.json"


def _new_manifest(series: Series, like: Columns) -> Manifest:
    return Manifest(
        FORMAT,
        series.kind,
        series.instrument_id,
        series.timeframe,
        columns=tuple(like.arrays),
        price_digits=like.instrument.price_digits,
        quantity_digits=like.instrument.quantity_digits,
        parts=(),
    )


def _damage(shelf: Shelf, name: str, part: Part) -> Damage | None:
    found = shelf.sha256(name)
    if found is None:
        sentence = "the file is missing: import its rows again or restore it"
    elif found != part.sha256:
        sentence = "the file is not what was written: remove it, then import or restore it"
    else:
        return None
    return Damage(shelf.place(name), sentence)


def _range(start_ns: int | None, end_ns: int | None) -> tuple[int, int]:
    start = TIME_MIN_NS + 1 if start_ns is None else start_ns
    return start, TIME_MAX_NS if end_ns is None else end_ns
