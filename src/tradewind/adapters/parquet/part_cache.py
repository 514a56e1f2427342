"""Data files of an object store on this computer, by their hash."""

from __future__ import annotations

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path

from tradewind.adapters.parquet.shelf import cannot_write

CACHE_BYTES_MAX = 8 << 30
KEPT_AT_LEAST_S = 600.0
"""A file that was asked for so recently may still be read, and stays."""


class PartCache:
    """Files named by their sha256 below a folder; the longest unread go when there are too many.

    Several processes may share one: a file appears whole, under the only name it can have.
    """

    def __init__(self, folder: Path, bytes_max: int = CACHE_BYTES_MAX) -> None:
        self.folder = folder
        self.bytes_max = bytes_max

    def path(self, sha256: str) -> Path:
        """Where the file with a hash lies, if it is there."""
        return self.folder / f"{sha256}.parquet"

    def has(self, sha256: str) -> bool:
        """True when it is there; it counts as read now."""
        try:
            os.utime(self.path(sha256))
        except OSError:
            return False
        return True

    def draft(self) -> Path:
        """A new file in the folder, which `take` gives its name."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.folder, error.strerror or str(error)) from error
        return self.folder / f".{uuid.uuid4().hex}.tmp"

    def take(self, draft: Path, sha256: str) -> None:
        """Give a draft its name; `OutsideError` where the disk refuses."""
        try:
            draft.replace(self.path(sha256))
        except OSError as error:
            raise cannot_write(self.folder, error.strerror or str(error)) from error
        self._make_room()

    def _make_room(self) -> None:
        """Remove what is too much, and drafts of processes that were killed."""
        found, size, old_s = [], 0, time.time() - KEPT_AT_LEAST_S
        for path in self.folder.iterdir():
            with suppress(OSError):
                stat = path.stat()
                size += stat.st_size
                if stat.st_mtime < old_s:
                    found.append((path.suffix != ".tmp", stat.st_mtime, stat.st_size, path))
        for is_whole, _, size_bytes, path in sorted(found):
            if is_whole and size <= self.bytes_max:
                return
            with suppress(OSError):
                path.unlink()
            size -= size_bytes
