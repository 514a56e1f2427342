"""The lease of a role on one machine: a lock that its holder renews, with an epoch that only grows.

The system gives the lock back the moment its holder dies. One that is frozen keeps it, with its
ports, its sockets and the lock of its database, and might go on at any time: whoever stands by
ends it, and has the role then.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from tradewind.model.errors import UserError

RENEW_S = 0.25
FROZEN_S = 5.0
"""Whose lease was not renewed for so long is frozen: longer than any pause of a living process."""
LOOKS_MIN = 50
"""A standby that was frozen itself must have looked so often before it says so of another."""
STALL_S = 20.0
"""A holder whose event loop did nothing for so long renews no more."""
RECORD_BYTES = 256

LOG = logging.getLogger("tradewind.roles")


class Record(msgspec.Struct, frozen=True):
    """What a lock file says: whose it is, for which time it was taken, and how often renewed."""

    epoch: int
    pid: int
    begun: int
    renewed: int


class RoleLease:
    """Held by the one process of a home that plays a role; `UserError` where another one does."""

    def __init__(self, home: Path, role: str) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(home / f"{role}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise UserError(
                f"another process plays the role {role} in {home}: stop it, or give --home another"
            ) from None
        before = _read(self._descriptor)
        self.epoch = 1 if before is None else before.epoch + 1
        self._renewed = 0
        self._beaten_s: float | None = None
        self._ending = threading.Event()
        self._renew()
        self._thread = threading.Thread(target=self._keep, name=f"lease of {role}", daemon=True)
        self._thread.start()

    def beat(self) -> None:
        """Say that the event loop lives; from the first time on the lease depends on it."""
        self._beaten_s = time.monotonic()

    def close(self) -> None:
        """Let go."""
        self._ending.set()
        self._thread.join()
        os.close(self._descriptor)

    def _keep(self) -> None:
        while not self._ending.wait(RENEW_S):
            beaten_s = self._beaten_s
            if beaten_s is None or time.monotonic() - beaten_s < STALL_S:
                self._renew()

    def _renew(self) -> None:
        self._renewed += 1
        pid = os.getpid()
        record = Record(self.epoch, pid, begun_of(pid), self._renewed)
        with contextlib.suppress(OSError):  # a full disk takes no role away
            os.pwrite(self._descriptor, msgspec.json.encode(record).ljust(RECORD_BYTES), 0)


class Watch:
    """Looks at the lease of another process, for one who stands by; `now_s` only goes on."""

    def __init__(self, home: Path, role: str, now_s: Callable[[], float]) -> None:
        self._path = home / f"{role}.lock"
        self._role = role
        self._now_s = now_s
        self._seen: Record | None = None
        self._since_s = now_s()
        self._looks = 0

    def look(self) -> None:
        """End the holder where it has not renewed for too long."""
        found = _found(self._path)
        if found is None or found != self._seen:
            self._seen, self._since_s, self._looks = found, self._now_s(), 0
            return
        self._looks += 1
        silent_s = self._now_s() - self._since_s
        if silent_s > FROZEN_S and self._looks > LOOKS_MIN:
            self._looks = 0
            LOG.critical(
                "frozen_ended role=%s pid=%d epoch=%d silent_s=%.1f",
                self._role, found.pid, found.epoch, silent_s,
            )  # fmt: skip
            end_process(found.pid, found.begun)


def end_process(pid: int, begun: int) -> bool:
    """Kill the process of a number that began at that time, and no other; True where it is gone."""
    if begun == 0 or not hasattr(os, "pidfd_open"):
        return False  # a system that cannot tell one process from another of its number
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        # The number is ours to kill as long as we hold it open, if it is still the same process.
        if begun_of(pid) != begun:
            return True
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        return bool(select.select([descriptor], [], [], 1.0)[0])
    except OSError as error:
        LOG.error("frozen_not_ended pid=%d reason=%r", pid, error.strerror)
        return False
    finally:
        os.close(descriptor)


def begun_of(pid: int) -> int:
    """When a process began, in the system's ticks since its own start; 0 where nobody tells."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(text.rpartition(")")[2].split()[19])


def _found(path: Path) -> Record | None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> Record | None:
    """What the file says, None where it says nothing that can be read."""
    try:
        return msgspec.json.decode(os.pread(descriptor, RECORD_BYTES, 0), type=Record)
    except (msgspec.DecodeError, OSError):
        return None
