"""Segments: numbered append-only files of bytes, on disk or in memory, durable when synced."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from tradewind.ports.journal import JournalBroken, JournalFull

SUFFIX = ".rows"
_FULL = (errno.ENOSPC, errno.EDQUOT)

Fault = Literal["full", "fsync"]


class Segments(Protocol):
    """Bytes by segment name; only the newest segment is appended to."""

    def names(self) -> list[str]:
        """Names of all segments, oldest first."""

    def append(self, name: str, data: bytes) -> None:
        """Add bytes at the end of a segment, in memory until `sync`."""

    def sync(self) -> None:
        """Write all that was appended and make it durable.

        Raises `JournalFull` where the disk is full: nothing is lost and `sync` may be called
        again. Any other failure is final: `JournalBroken`, then and at every later call.
        """

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Bytes of a segment, fewer where it ends; FileNotFoundError where it is not."""

    def size_bytes(self) -> int:
        """Bytes of all segments."""

    def remove(self, name: str) -> None:
        """Remove a segment that is not the newest."""

    def close(self) -> None:
        """Let go of files; what was not synced is lost."""


class FileSegments:
    """Segments as files `NAME.rows` of a directory, used from one thread at a time.

    A segment left by an earlier process is only read: its end may be torn.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._waiting: dict[str, list[bytes]] = {}
        self._written_bytes = 0
        self._writing: tuple[str, int] | None = None
        self._reading: tuple[str, BinaryIO] | None = None
        self._failure: JournalBroken | None = None

    def names(self) -> list[str]:
        """Names of all segments, oldest first."""
        stored = {path.stem for path in self._directory.glob(f"*{SUFFIX}")}
        return sorted(stored | set(self._waiting))

    def append(self, name: str, data: bytes) -> None:
        """Add bytes at the end of a segment, in memory until `sync`."""
        self._check_whole()
        self._waiting.setdefault(name, []).append(data)

    def sync(self) -> None:
        """Write all that was appended and make it durable."""
        self._check_whole()
        for name in list(self._waiting):
            try:
                self._write(name, b"".join(self._waiting[name]))
            except OSError as error:
                raise self._failed(name, error) from error
            del self._waiting[name]

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Bytes of a segment; what waits is synced first."""
        if name in self._waiting:
            self.sync()
        if self._reading is None or self._reading[0] != name:
            self._stop_reading()
            self._reading = (name, self._path(name).open("rb", buffering=0))
        return os.pread(self._reading[1].fileno(), count, offset)

    def size_bytes(self) -> int:
        """Bytes of the files, and of what waits to be written."""
        waiting = sum(len(data) for pieces in self._waiting.values() for data in pieces)
        return waiting + sum(path.stat().st_size for path in self._directory.glob(f"*{SUFFIX}"))

    def remove(self, name: str) -> None:
        """Remove a segment."""
        self._stop_reading()
        self._path(name).unlink()

    def close(self) -> None:
        """Close the files."""
        self._stop_reading()
        self._stop_writing()

    def _write(self, name: str, data: bytes) -> None:
        """Write at the end of what was synced: after a full disk the same place is written."""
        if self._writing is None or self._writing[0] != name:
            self._begin(name)
        assert self._writing is not None
        descriptor, done = self._writing[1], 0
        while done < len(data):
            done += os.pwrite(descriptor, data[done:], self._written_bytes + done)
        _sync(descriptor)
        self._written_bytes += len(data)

    def _begin(self, name: str) -> None:
        self._stop_writing()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self._writing = (name, os.open(self._path(name), flags, 0o600))
        self._written_bytes = 0
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            _sync(directory)
        finally:
            os.close(directory)

    def _check_whole(self) -> None:
        if self._failure is not None:
            raise self._failure.with_traceback(None)

    def _failed(self, name: str, error: OSError) -> JournalBroken:
        path, reason = self._path(name), error.strerror
        if error.errno in _FULL:
            return JournalFull(f"the disk of {path} is full: free space, then start again")
        self._waiting = {}
        self._failure = JournalBroken(
            f"writing {path} failed ({reason}), no more market data is kept: check the disk and "
            "the system's log, then start again"
        )
        return self._failure

    def _stop_writing(self) -> None:
        if self._writing is not None:
            os.close(self._writing[1])
            self._writing = None

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading[1].close()
            self._reading = None

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}{SUFFIX}"


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        # The system may forget what it could not write: whatever the reason, it is final.
        raise OSError(errno.EIO, error.strerror) from error


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
        self._next_fault: Fault | None = None
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
        fault, self._next_fault = self._next_fault, None
        if fault == "full":
            raise JournalFull("the disk is full: free space, then start again")
        if fault == "fsync":
            self._failure = JournalBroken("the disk failed: look at it, then start again")
        if self._failure is not None:
            raise self._failure
        self._synced_bytes = {name: len(data) for name, data in self._data.items()}

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Bytes of a segment."""
        if name not in self._data:
            raise FileNotFoundError(name)
        return bytes(self._data[name][offset : offset + count])

    def size_bytes(self) -> int:
        """Bytes of all segments."""
        return sum(len(data) for data in self._data.values())

    def remove(self, name: str) -> None:
        """Remove a segment."""
        del self._data[name]

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def fail_next(self, fault: Fault) -> None:
        """Let the next `sync` fail, for good with "fsync"."""
        self._next_fault = fault

    def crash(self, kept_bytes: int = 0) -> MemorySegments:
        """The segments as the next process finds them; of unsynced bytes the first ones stay."""
        found = MemorySegments()
        for name, data in self._data.items():
            synced = self._synced_bytes.get(name, 0)
            found._data[name] = data[: synced + kept_bytes]
            found._synced_bytes[name] = len(found._data[name])
        return found
