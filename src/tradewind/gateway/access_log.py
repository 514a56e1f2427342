"""The access log: one JSON object a line for every answered request, appended by all workers.

No query and no header is written, for both may hold secrets. Whoever rotates the file moves it
away: it is opened anew within a second.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

NAME = "access.log"
LOOK_S = 1.0
PATH_LENGTH_MAX = 200


class Access(msgspec.Struct, frozen=True):
    """One answered request."""

    time_ns: int
    address: str
    user: str
    method: str
    path: str
    status: int
    ms: float


class AccessLog:
    """Appends to a file of its owner; each line is one write, so that workers do not mix.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> log = AccessLog(folder / NAME)
    >>> log.write(Access(5, "127.0.0.1", "ann", "GET", "/health", 200, 1.5))
    >>> (folder / NAME).read_text().count("ann")
    1
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._inode = 0
        self._look_at_s = 0.0

    def write(self, access: Access) -> None:
        """Append a line; a full disk loses it and stops nobody."""
        path = access.path[:PATH_LENGTH_MAX]
        line = msgspec.json.encode(msgspec.structs.replace(access, path=path)) + b"\n"
        try:
            os.write(self._opened(), line)
        except OSError:
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _opened(self) -> int:
        now_s = time.monotonic()
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + LOOK_S
            if self._file >= 0 and not self._is_ours():
                self.close()
        if self._file < 0:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._file = os.open(self._path, flags, 0o600)
            self._inode = os.fstat(self._file).st_ino
        return self._file

    def _is_ours(self) -> bool:
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False
