"""The history of market data as Parquet files below one folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from tradewind.adapters.parquet.draft import Draft
from tradewind.adapters.parquet.files import connect, read_files, sha256_of
from tradewind.adapters.parquet.manifest import (
    FORMAT,
    MANIFEST,
    Manifest,
    Part,
    cannot_write,
    drop_old_parts,
    read_actions,
    read_instruments,
    read_manifest,
    sync_folder,
    write_actions,
    write_instruments,
)
from tradewind.model.column_merge import OnConflict
from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.corporate_actions import CorporateAction, merge_actions
from tradewind.model.errors import BadData, OutsideError, UserError
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


class ParquetHistory:
    """Series as `history/<kind>/<venue>/<BASE-QUOTE>/[<timeframe>/]<period>/part-N.parquet`.

    Columns are int64 in the instrument's digits, sorted by time, zstd. A `manifest.json` beside
    the periods names each file with its sha256; it is replaced at once, and so a write is all or
    nothing. `history/instruments.json` holds the definition of each instrument,
    `history/actions/<venue>/<BASE-QUOTE>.json` its corporate actions. One process writes at a
    time; reading needs no lock.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root) / "history"
        self._connection = connect()

    def write(
        self, columns: Columns, *, timeframe: str | None = None, on_conflict: OnConflict = "refuse"
    ) -> Written:
        """Store rows of one series."""
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
        with self._writing():
            instruments = read_instruments(self.root)
            check_definition(instruments.get(first.instrument.id), first.instrument)
            draft = self._draft(series, first, on_conflict)
            try:
                for batch in chain([first], remaining):
                    draft.add(batch)
                draft.finish()
                self._keep_definition(instruments, first.instrument)
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
        folders = (path.parent for path in self.root.glob(f"*/*/*/**/{MANIFEST}"))
        manifests = map(read_manifest, folders)
        return in_listing_order(manifest.entry for manifest in manifests if manifest)

    def instrument(self, instrument_id: str) -> Instrument:
        """The definition stored with an instrument's data."""
        instruments = read_instruments(self.root)
        if instrument_id not in instruments:
            there = ", ".join(instruments) or "nothing"
            raise UserError(
                f"{instrument_id} is not in the history (there is: {there}): import its data with "
                "tradewind data import"
            )
        return instruments[instrument_id]

    def check(self, series: Series) -> list[Damage]:
        """Compare each file with its hash, and look for files that belong to nothing."""
        manifest = self._manifest(series)
        folder = self.folder(series)
        damages = [_damage(folder, part) for part in manifest.parts]
        named = {part.path for part in manifest.parts}
        found = {str(path.relative_to(folder)) for path in folder.glob("*/part-*.parquet")}
        strangers = [
            Damage(str(folder / path), "the file is not in the manifest: move it away")
            for path in sorted(found - named)
        ]
        return [damage for damage in damages if damage] + strangers

    def retain(self, kind: ColumnKind, *, before_ns: int) -> list[str]:
        """Drop the files of a kind whose rows are all older than a time."""
        gone: list[str] = []
        with self._writing():
            for entry in self.entries():
                if entry.series.kind == kind:
                    gone += drop_old_parts(self.folder(entry.series), before_ns)
        return gone

    def actions(self, instrument_id: str) -> list[CorporateAction]:
        """The stored corporate actions of an instrument."""
        return list(read_actions(self._actions_file(instrument_id)))

    def write_actions(
        self,
        instrument_id: str,
        actions: Iterable[CorporateAction],
        *,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store corporate actions, all or none."""
        given = list(actions)
        with self._writing():
            self.instrument(instrument_id)
            merged = merge_actions(self.actions(instrument_id), given, on_conflict)
            file = self._actions_file(instrument_id)
            _make_durably(file.parent, self.root)
            write_actions(file, merged.actions)
        return actions_written(merged)

    def _actions_file(self, instrument_id: str) -> Path:
        symbol, _, venue = instrument_id.rpartition(".")
        return self.root / "actions" / venue / f"{symbol.replace('/', '-')}.json"

    def folder(self, series: Series) -> Path:
        """Where a series lies."""
        symbol, _, venue = series.instrument_id.rpartition(".")
        folder = self.root / series.kind / venue / symbol.replace("/", "-")
        return folder / series.timeframe if series.timeframe else folder

    def _draft(self, series: Series, like: Columns, on_conflict: OnConflict) -> Draft:
        folder = self.folder(series)
        manifest = read_manifest(folder) or _new_manifest(series, like)
        if manifest.series != series:
            raise BadData(
                f"{folder} holds {manifest.series}, not {series}: give the instrument another name"
            )
        _make_durably(folder, self.root)
        _remove_remains(folder)
        return Draft(self._connection.cursor(), folder, manifest, like, on_conflict)

    def _keep_definition(self, known: dict[str, Instrument], instrument: Instrument) -> None:
        if instrument.id not in known:
            write_instruments(self.root, known | {instrument.id: instrument})

    def _manifest(self, series: Series) -> Manifest:
        manifest = read_manifest(self.folder(series))
        if manifest is None or manifest.series != series:
            raise no_series(series, self.entries())
        return manifest

    def _read(
        self, manifest: Manifest, parts: Sequence[Part], range_ns: tuple[int, int]
    ) -> Columns:
        instrument = self.instrument(manifest.instrument_id)
        folder = self.folder(manifest.series)
        wanted = [p for p in parts if p.first_ns < range_ns[1] and p.last_ns >= range_ns[0]]
        arrays = read_files(
            self._connection.cursor(),
            [folder / part.path for part in wanted or parts[:1]],
            columns=manifest.columns,
            time_column="open_time_ns" if manifest.kind == "bars" else "time_ns",
            range_ns=range_ns,
        )
        return Columns(manifest.kind, instrument, arrays)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The lock that makes us the only writer, across processes."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.root / ".lock").open("a")
        except OSError as error:
            raise cannot_write(self.root, error.strerror or str(error)) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutsideError(
                    f"another process is writing to {self.root}: wait until it has finished",
                    fault="ours",
                    retry=True,
                ) from None
            yield


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


def _make_durably(folder: Path, root: Path) -> None:
    """Make a folder below the root whose name outlives a power cut."""
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True)
        for parent in reversed(folder.parents):
            if parent == root.parent or root in (parent, *parent.parents):
                sync_folder(parent)
    except OSError as error:
        raise cannot_write(folder, error.strerror or str(error)) from error


def _remove_remains(folder: Path) -> None:
    """Remove the drafts of a write that was killed; what is no draft of ours stays."""
    for path in folder.glob("*/.part-*.tmp"):
        path.unlink()


def _damage(folder: Path, part: Part) -> Damage | None:
    path = folder / part.path
    if not path.exists():
        return Damage(str(path), "the file is missing: import its rows again or restore it")
    if sha256_of(path) != part.sha256:
        return Damage(
            str(path), "the file is not what was written: remove it, then import or restore it"
        )
    return None


def _range(start_ns: int | None, end_ns: int | None) -> tuple[int, int]:
    start = TIME_MIN_NS + 1 if start_ns is None else start_ns
    return start, TIME_MAX_NS if end_ns is None else end_ns
