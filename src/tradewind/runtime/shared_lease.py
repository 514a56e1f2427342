"""The lease of a role among machines, as its holder has it: renewed, and believed while it is sure.

A holder counts from before it asked, the keeper from when it answered: so the holder stops being
sure before another one can take the lease, whatever the clocks say. One that was frozen finds out
by its own clock, before it asks anybody.
"""

from __future__ import annotations

import logging
import threading
import time

from tradewind.model.errors import OutsideError
from tradewind.ports.role_leases import RoleLeases

LENGTH_S = 5.0
RENEW_S = 0.5
STALL_S = 20.0
"""A holder whose event loop did nothing for so long renews no more."""

LOG = logging.getLogger("tradewind.roles")


class SharedLease:
    """Held under an epoch from `asked_s` on, the holder's monotonic clock when it asked."""

    def __init__(self, leases: RoleLeases, name: str, epoch: int, asked_s: float) -> None:
        self.epoch = epoch
        self.is_lost = False
        self._leases = leases
        self._name = name
        self._until_s = asked_s + LENGTH_S
        self._beaten_s: float | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease {name}", daemon=True)
        self._thread.start()

    @property
    def is_sure(self) -> bool:
        """Whether nobody else can have the role now."""
        return not self.is_lost and time.monotonic() < self._until_s

    def beat(self) -> None:
        """Say that the event loop lives; from the first time on the lease depends on it."""
        self._beaten_s = time.monotonic()

    def close(self) -> None:
        """Let go, so that another one need not wait."""
        self._ending.set()
        self._thread.join()
        try:
            if not self.is_lost:
                self._leases.release(self._name, self.epoch)
        except OutsideError as error:
            LOG.warning("lease_not_released name=%r reason=%r", self._name, str(error))
        self._leases.close()

    def _keep(self) -> None:
        while not self._ending.wait(RENEW_S):
            beaten_s = self._beaten_s
            if beaten_s is None or time.monotonic() - beaten_s < STALL_S:
                self._renew()

    def _renew(self) -> None:
        asked_s = time.monotonic()
        try:
            if self._leases.renew(self._name, self.epoch, int(LENGTH_S * 1e9)):
                self._until_s = asked_s + LENGTH_S
            else:
                self.is_lost = True
        except OutsideError as error:
            LOG.warning("lease_not_renewed name=%r reason=%r", self._name, str(error))


def taken(leases: RoleLeases, name: str, owner: str) -> SharedLease | None:
    """The lease, where it can be had now."""
    asked_s = time.monotonic()
    epoch = leases.take(name, owner, int(LENGTH_S * 1e9))
    return SharedLease(leases, name, epoch, asked_s) if epoch else None
