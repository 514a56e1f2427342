"""The files of a history below one folder of this computer."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tradewind.adapters.parquet.files import sha256_of
from tradewind.adapters.parquet.shelf import Kept, cannot_write
from tradewind.model.errors import OutsideError


class DiskShelf:
    """One process writes at a time, held off by a lock; so versions need no looking at."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def writing(self) -> Iterator[None]:
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

    def prepare(self, folder: str) -> None:
        """Make the folder, and remove what a killed write left in it."""
        path = self.root / folder
        _make_durably(path, self.root)
        _remove_remains(path)

    def read(self, name: str) -> Kept | None:
        """A small file, None where there is none."""
        try:
            return Kept((self.root / name).read_bytes(), "")
        except FileNotFoundError:
            return None

    def replace(self, name: str, content: bytes, before: Kept | None) -> None:
        """Put a small file in place of the one before, durably."""
        _make_durably((self.root / name).parent, self.root)
        write_durably(self.root / name, content)

    def names(self, folder: str, pattern: str) -> list[str]:
        """The names below a folder whose last piece matches a pattern."""
        found = (self.root / folder).rglob(pattern)
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def remove(self, name: str) -> None:
        """Take a file away, and its folder with the last one of it."""
        path = self.root / name
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()
        except OSError as error:
            raise cannot_write(path, error.strerror or str(error)) from error

    def copy(self, name: str, sha256: str) -> Path:
        """The file itself."""
        return self.root / name

    def sha256(self, name: str) -> str | None:
        """The hash of a data file, None where it is missing."""
        path = self.root / name
        return sha256_of(path) if path.exists() else None

    def draft(self, name: str) -> Path:
        """A hidden file beside the one it will be: bringing it in is a change of its name."""
        path = self.root / name
        return path.with_name(f".{path.name}.tmp")

    def bring(self, drafts: dict[str, Path]) -> None:
        """Give drafts their names, durably."""
        try:
            for name, draft in drafts.items():
                draft.replace(self.root / name)
            for folder in {(self.root / name).parent for name in drafts}:
                sync_folder(folder)
        except OSError as error:
            raise cannot_write(self.root, error.strerror or str(error)) from error

    def place(self, name: str) -> str:
        """The path of a name."""
        return str(self.root / name)


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
