"""Segments: numbered append-only files of bytes, on disk or in memory, durable when synced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Protocol

from tradewind.ports.journal import JournalBroken

SUFFIX = ".rows"


class Segments(Protocol):
    """Bytes by segment name; only the newest segment is appended to."""

    def names(self) -> list[str]:
        """Names of all segments, oldest first."""

    def append(self, name: str, data: bytes) -> None:
        """Add bytes at the end of a segment, made if it is not there; not durable yet."""

    def sync(self) -> None:
        """Make all that was appended durable. A failure is final: `JournalBroken` from then on."""

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Bytes of a segment, fewer where it ends; FileNotFoundError where it is not."""

    def remove(self, name: str) -> None:
        """Remove a segment that is not the newest."""

    def close(self) -> None:
        """Let go of files; what was not synced may be lost."""


class FileSegments:
    """Segments as files `NAME.rows` of a directory, used from one thread at a time.

    A segment left by an earlier process is only read: its end may be torn.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._writing: tuple[str, int] | None = None
        self._reading: tuple[str, BinaryIO] | None = None
        self._has_unsynced = False
        self._failure: JournalBroken | None = None

    def names(self) -> list[str]:
        """Names of all segments, oldest first."""
        return sorted(path.stem for path in self._directory.glob(f"*{SUFFIX}"))

    def append(self, name: str, data: bytes) -> None:
        """Add bytes at the end of a segment."""
        self._check_whole()
        try:
            if self._writing is None or self._writing[0] != name:
                self._begin(name)
            assert self._writing is not None
            self._has_unsynced = True
            written = os.write(self._writing[1], data)
        except OSError as error:
            raise self._failed(name, error.strerror or str(error)) from error
        if written != len(data):
            raise self._failed(name, "No space left on device")

    def sync(self) -> None:
        """Make all that was appended durable."""
        self._check_whole()
        if self._writing is None or not self._has_unsynced:
            return
        name, descriptor = self._writing
        try:
            os.fsync(descriptor)
        except OSError as error:
            raise self._failed(name, error.strerror or str(error)) from error
        self._has_unsynced = False

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Bytes of a segment."""
        if self._reading is None or self._reading[0] != name:
            self._stop_reading()
            self._reading = (name, self._path(name).open("rb", buffering=0))
        return os.pread(self._reading[1].fileno(), count, offset)

    def remove(self, name: str) -> None:
        """Remove a segment."""
        self._stop_reading()
        self._path(name).unlink()

    def close(self) -> None:
        """Close the files."""
        self._stop_reading()
        if self._writing is not None:
            os.close(self._writing[1])
            self._writing = None

    def _begin(self, name: str) -> None:
        self.sync()
        if self._writing is not None:
            os.close(self._writing[1])
            self._writing = None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._writing = (name, os.open(self._path(name), flags, 0o600))
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _check_whole(self) -> None:
        if self._failure is not None:
            raise self._failure.with_traceback(None)

    def _failed(self, name: str, reason: str) -> JournalBroken:
        self._failure = JournalBroken(
            f"writing {self._path(name)} failed ({reason}), no more market data is kept: "
            "free space or check the disk, then start again"
        )
        return self._failure

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading[1].close()
            self._reading = None

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}{SUFFIX}"


class MemorySegments:
    """Segments in memory: a crash cuts off what was not synced, `fail_next` breaks the disk.

    >>> segments = MemorySegments()
    >>> segments.append("1", b"ab")
    >>> segments.sync()
    >>> segments.append("1", b"cd")
    >>> segments.crash(kept_bytes=1).read("1", 0, 9)
    b'abc'
    """

    def __init__(self) -> None:
        self._data: dict[str, bytearray] = {}
        self._synced_bytes: dict[str, int] = {}
        self._fails_next = False
        self._failure: JournalBroken | None = None

    def names(self) -> list[str]:
        """Names of all segments, oldest first."""
        return sorted(self._data)

    def append(self, name: str, data: bytes) -> None:
        """Add bytes at the end of a segment."""
        if self._failure is not None:
            raise self._failure
        self._data.setdefault(name, bytearray()).extend(data)

    def sync(self) -> None:
        """Make all that was appended durable, or fail as told."""
        if self._fails_next:
            self._failure = JournalBroken("the disk failed: look at it, then start again")
        if self._failure is not None:
            raise self._failure
        self._synced_bytes = {name: len(data) for name, data in self._data.items()}

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Bytes of a segment."""
        if name not in self._data:
            raise FileNotFoundError(name)
        return bytes(self._data[name][offset : offset + count])

    def remove(self, name: str) -> None:
        """Remove a segment."""
        del self._data[name]

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def fail_next(self) -> None:
        """Let the next `sync` fail."""
        self._fails_next = True

    def crash(self, kept_bytes: int = 0) -> MemorySegments:
        """The segments as the next process finds them; of unsynced bytes the first ones stay."""
        found = MemorySegments()
        for name, data in self._data.items():
            synced = self._synced_bytes.get(name, 0)
            found._data[name] = data[: synced + kept_bytes]
            found._synced_bytes[name] = len(found._data[name])
        return found
