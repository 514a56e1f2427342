"""The manifest of a stored series: the Parquet files it is made of, and the hash of each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from tradewind.model.columns import ColumnKind
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData, OutsideError
from tradewind.model.instruments import Instrument
from tradewind.ports.history import Entry, Series

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


def part_number(path: Path) -> int:
    """The N of a file named part-N.parquet.

    >>> part_number(Path("2024-03-01/part-12.parquet"))
    12
    """
    return int(path.stem.removeprefix("part-"))


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, None where there is none; `BadData` where it is damaged."""
    manifest = _read(folder / MANIFEST, Manifest)
    if manifest is not None and manifest.format != FORMAT:
        raise BadData(
            f"{folder / MANIFEST} has format {manifest.format}, this version knows {FORMAT}: "
            "use the version of tradewind that wrote it"
        )
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in place of the one before, at once."""
    write_durably(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


def drop_old_parts(folder: Path, before_ns: int) -> list[str]:
    """Take files whose rows are all older than a time out of a series; their paths.

    The manifest forgets them first: what a crash leaves then belongs to nothing, and a check
    names it. With its last file the series itself goes.
    """
    manifest = read_manifest(folder)
    old = [part for part in manifest.parts if part.last_ns < before_ns] if manifest else []
    if manifest is None or not old:
        return []
    kept = tuple(part for part in manifest.parts if part.last_ns >= before_ns)
    paths = [folder / part.path for part in old]
    try:
        if kept:
            write_manifest(folder, msgspec.structs.replace(manifest, parts=kept))
        else:
            (folder / MANIFEST).unlink()
            sync_folder(folder)
        for path in paths:
            path.unlink(missing_ok=True)
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
    except OSError as error:
        raise cannot_write(folder, error.strerror or str(error)) from error
    return [str(path) for path in paths]


def read_instruments(root: Path) -> dict[str, Instrument]:
    """The definitions of every stored instrument, by id."""
    return _read(root / INSTRUMENTS, dict[str, Instrument]) or {}


def write_instruments(root: Path, instruments: dict[str, Instrument]) -> None:
    """Put the definitions in place of those before, at once."""
    ordered = dict(sorted(instruments.items()))
    write_durably(root / INSTRUMENTS, msgspec.json.format(msgspec.json.encode(ordered)))


def read_actions(path: Path) -> tuple[CorporateAction, ...]:
    """The corporate actions of one instrument's file, none where there is no file."""
    return _read(path, tuple[CorporateAction, ...]) or ()


def write_actions(path: Path, actions: tuple[CorporateAction, ...]) -> None:
    """Put corporate actions in place of those before, at once."""
    write_durably(path, msgspec.json.format(msgspec.json.encode(actions)))


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file so that a crash leaves the old one or the new one, never half of it."""
    draft = path.with_name(f".{path.name}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise cannot_write(path, error.strerror or str(error)) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cannot_write(path: Path, reason: str) -> OutsideError:
    """The error of a write that the disk refused."""
    return OutsideError(
        f"cannot write {path} ({reason}): make room on the disk and repeat it; the history is as "
        "it was",
        fault="ours",
        retry=True,
    )


def _read(path: Path, form: type[Content]) -> Content | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise BadData(f"{path} is damaged ({error}): restore it from a backup") from None
