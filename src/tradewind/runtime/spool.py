"""The spool: segments of a replay log, in files that need not outlive their process."""

from __future__ import annotations

import os
from pathlib import Path

from tradewind.runtime.segments import SUFFIX


class Spool:
    """Segments written at once and without fsync: readable now, worthless to the next process.

    What an earlier process left is removed. OSError where the disk takes no more.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in directory.glob(f"*{SUFFIX}"):
            path.unlink()
        self._directory = directory
        self._files: dict[str, int] = {}

    def names(self) -> list[str]:
        """Names of all segments, oldest first."""
        return sorted(self._files)

    def append(self, name: str, data: bytes) -> None:
        """Write bytes at the end of a segment."""
        if name not in self._files:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._files[name] = os.open(self._path(name), flags, 0o600)
        if os.write(self._files[name], data) != len(data):
            raise OSError(f"{self._path(name)} takes no more")

    def sync(self) -> None:
        """Do nothing: it is read by the process that wrote it."""

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Bytes of a segment; FileNotFoundError where it is not."""
        if name not in self._files:
            raise FileNotFoundError(name)
        return os.pread(self._files[name], count, offset)

    def size_bytes(self) -> int:
        """Bytes of all segments."""
        return sum(os.fstat(each).st_size for each in self._files.values())

    def remove(self, name: str) -> None:
        """Remove a segment."""
        os.close(self._files.pop(name))
        self._path(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove all of them."""
        for name in self.names():
            self.remove(name)

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}{SUFFIX}"
