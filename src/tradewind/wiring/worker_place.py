"""The place of a gateway's worker in a home: alone where the stores are not for several."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from tradewind.model.errors import UserError

LOCK_NAME = "gateway.lock"
WAIT_S = 5.0
"""How long a worker waits for the one before it, which may be just about to end."""
AGAIN_S = 0.1


def place_alone(home: Path, wait_s: float = WAIT_S) -> WorkerPlace:
    """The place of the only worker; `UserError` where there is another."""
    return WorkerPlace(home, fcntl.LOCK_EX, wait_s)


def place_among_others(home: Path, wait_s: float = WAIT_S) -> WorkerPlace:
    """The place of one of several workers; `UserError` where one claims to be alone.

    >>> import tempfile
    >>> home = Path(tempfile.mkdtemp())
    >>> first, second = place_among_others(home), place_among_others(home)
    >>> first.close(), second.close()
    (None, None)
    """
    return WorkerPlace(home, fcntl.LOCK_SH, wait_s)


class WorkerPlace:
    """Held until `close` or the end of the process; the kernel gives it back."""

    def __init__(self, home: Path, kind: int, wait_s: float) -> None:
        self._descriptor = os.open(home / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        ends_at_s = time.monotonic() + wait_s
        while not self._is_taken(kind):
            if time.monotonic() >= ends_at_s:
                self.close()
                raise UserError(
                    f"another gateway serves {home}: several workers need PostgreSQL in "
                    "DATABASE_URL or Redis in REDIS_URL"
                )
            time.sleep(AGAIN_S)

    def close(self) -> None:
        """Let go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _is_taken(self, kind: int) -> bool:
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
