"""The manifest of a stored series: the Parquet files it is made of, and the hash of each."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from tradewind.adapters.parquet.shelf import Kept, Shelf
from tradewind.model.columns import ColumnKind
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument
from tradewind.ports.history import Entry, Series, check_definition

FORMAT = 1
MANIFEST = "manifest.json"
INSTRUMENTS = "instruments.json"

Content = TypeVar("Content")


class Part(msgspec.Struct, frozen=True):
    """One file: its path below the manifest, its hash, and which rows it holds."""

    path: str
    sha256: str
    rows: int
    first_ns: int
    last_ns: int
    size_bytes: int

    @property
    def period(self) -> str:
        """The folder the file lies in: a day, month or year."""
        return self.path.partition("/")[0]

    @property
    def number(self) -> int:
        """The N of part-N."""
        return part_number(Path(self.path))


class Manifest(msgspec.Struct, frozen=True):
    """What a series consists of. A file that is not named here does not belong to it."""

    format: int
    kind: ColumnKind
    instrument_id: str
    timeframe: str | None
    columns: tuple[str, ...]
    price_digits: int
    quantity_digits: int
    parts: tuple[Part, ...]

    @property
    def series(self) -> Series:
        """The series' name."""
        return Series(self.kind, self.instrument_id, self.timeframe)

    @property
    def entry(self) -> Entry:
        """The series as it is listed."""
        return Entry(
            self.series,
            rows=sum(part.rows for part in self.parts),
            first_ns=min((part.first_ns for part in self.parts), default=0),
            last_ns=max((part.last_ns for part in self.parts), default=0),
            files=len(self.parts),
            size_bytes=sum(part.size_bytes for part in self.parts),
        )


class Read(NamedTuple):
    """A manifest, and the version of the file it was read from; none where there was no file."""

    manifest: Manifest | None
    kept: Kept | None


def part_number(path: Path) -> int:
    """The N of a file named part-N.parquet.

    >>> part_number(Path("2024-03-01/part-12.parquet"))
    12
    """
    return int(path.stem.removeprefix("part-"))


def read_manifest(shelf: Shelf, folder: str) -> Read:
    """The manifest of a folder; none where it names no file, `BadData` where it is damaged."""
    name = f"{folder}/{MANIFEST}"
    kept = shelf.read(name)
    manifest = _decoded(kept, shelf.place(name), Manifest)
    if manifest is not None and manifest.format != FORMAT:
        raise BadData(
            f"{shelf.place(name)} has format {manifest.format}, this version knows {FORMAT}: "
            "use the version of tradewind that wrote it"
        )
    # A series that lost its last file keeps an empty manifest: an object store cannot take one
    # away on the condition that nobody has just written it.
    return Read(manifest if manifest and manifest.parts else None, kept)


def write_manifest(shelf: Shelf, folder: str, manifest: Manifest, before: Kept | None) -> None:
    """Put a manifest in place of the one before, at once."""
    shelf.replace(f"{folder}/{MANIFEST}", _encoded(manifest), before)


def drop_old_parts(shelf: Shelf, folder: str, before_ns: int) -> list[str]:
    """Take files whose rows are all older than a time out of a series; their places.

    The manifest forgets them first: what a crash leaves then belongs to nothing, and a check
    names it. With its last file the series itself goes.
    """
    manifest, kept = read_manifest(shelf, folder)
    old = [part for part in manifest.parts if part.last_ns < before_ns] if manifest else []
    if manifest is None or not old:
        return []
    young = tuple(part for part in manifest.parts if part.last_ns >= before_ns)
    write_manifest(shelf, folder, msgspec.structs.replace(manifest, parts=young), kept)
    for part in old:
        shelf.remove(f"{folder}/{part.path}")
    return [shelf.place(f"{folder}/{part.path}") for part in old]


def read_instruments(shelf: Shelf) -> dict[str, Instrument]:
    """The definitions of every stored instrument, by id."""
    return _instruments(shelf)[0]


def keep_instrument(shelf: Shelf, instrument: Instrument) -> None:
    """Add a definition to those that are kept; `BadData` where another one of it is there."""
    known, kept = _instruments(shelf)
    check_definition(known.get(instrument.id), instrument)
    if instrument.id not in known:
        ordered = dict(sorted((known | {instrument.id: instrument}).items()))
        shelf.replace(INSTRUMENTS, _encoded(ordered), kept)


def read_actions(shelf: Shelf, name: str) -> tuple[tuple[CorporateAction, ...], Kept | None]:
    """The corporate actions of one instrument's file, none where there is no file."""
    kept = shelf.read(name)
    return _decoded(kept, shelf.place(name), tuple[CorporateAction, ...]) or (), kept


def write_actions(
    shelf: Shelf, name: str, actions: tuple[CorporateAction, ...], before: Kept | None
) -> None:
    """Put corporate actions in place of those before, at once."""
    shelf.replace(name, _encoded(actions), before)


def _instruments(shelf: Shelf) -> tuple[dict[str, Instrument], Kept | None]:
    kept = shelf.read(INSTRUMENTS)
    return _decoded(kept, shelf.place(INSTRUMENTS), dict[str, Instrument]) or {}, kept


def _encoded(content: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content))


def _decoded(kept: Kept | None, place: str, form: type[Content]) -> Content | None:
    if kept is None:
        return None
    try:
        return msgspec.json.decode(kept.content, type=form)
    except msgspec.MsgspecError as error:
        raise BadData(f"{place} is damaged ({error}): restore it from a backup") from None
