"""The lock of a data directory: one writing process at a time, free again when it dies."""

from __future__ import annotations

import fcntl
import os
import weakref
from pathlib import Path

from tradewind.ports.journal import JournalInUse

LOCK_NAME = "journal.lock"


class DirectoryLock:
    """Held from construction to `close`, or to the end of the process, however it ends.

    The kernel holds the lock, the file's text (a pid) is for people only, so a file left behind
    locks nobody out. A forked child lets go of its copy at once.
    """

    def __init__(self, directory: Path) -> None:
        self._descriptor = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(self._descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            self.close()
            raise JournalInUse(
                f"another tradewind (pid {pid}) uses this journal in {directory}: stop it, or set "
                "TRADEWIND_HOME to another directory"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        _held.add(self)

    def close(self) -> None:
        """Let go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


_held: weakref.WeakSet[DirectoryLock] = weakref.WeakSet()


def is_locked(directory: Path) -> bool:
    """Whether some process writes in the directory now."""
    try:
        descriptor = os.open(directory / LOCK_NAME, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _let_go_in_child() -> None:
    for lock in list(_held):
        lock.close()


os.register_at_fork(after_in_child=_let_go_in_child)
