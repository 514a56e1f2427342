"""A role that this process holds: in its home by a lock, and among machines by a lease if asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.role_leases import RoleLeases
from tradewind.runtime.role_lease import RoleLease
from tradewind.runtime.shared_lease import SharedLease, taken
from tradewind.wiring import bus_settings, catalog
from tradewind.wiring.role_place import taken_lock
from tradewind.wiring.settings import Settings

SHARED = "journal"
SHARED_LOOK_S = 0.25
"""How often a standby looks whether the lease among machines is free."""


class HeldRole:
    """Renewed as long as `beat` is called; `beat` raises once another machine has the role."""

    def __init__(self, lock: RoleLease, shared: SharedLease | None = None) -> None:
        self.lock = lock
        self.shared = shared

    @property
    def is_sure(self) -> bool:
        """Whether nobody else can have the role now, as far as leases tell."""
        return self.shared is None or self.shared.is_sure

    def beat(self) -> None:
        """Say that the event loop lives."""
        self.lock.beat()
        if self.shared is not None:
            self.shared.beat()
            if self.shared.is_lost:
                raise OutsideError(
                    "another machine has taken this role over: this process ends",
                    fault="ours",
                    retry=True,
                )

    def close(self) -> None:
        """Let go."""
        if self.shared is not None:
            self.shared.close()
        self.lock.close()


async def taken_role(
    settings: Settings, role: str, stop: asyncio.Event, *, patience_s: float
) -> HeldRole | None:
    """The role, once its lock in the home and its lease among machines are free.

    None where told to stop before; with a patience of 0 a role that another process has is a
    `UserError`.
    """
    lock = await taken_lock(settings[catalog.HOME], role, stop, patience_s=patience_s)
    if lock is None or settings[bus_settings.LEASES] != SHARED:
        return None if lock is None else HeldRole(lock)
    try:
        shared = await _taken_shared(settings, role, stop, patience_s)
    except (OutsideError, UserError):
        lock.close()
        raise
    if shared is None:
        lock.close()
        return None
    return HeldRole(lock, shared)


async def _taken_shared(
    settings: Settings, role: str, stop: asyncio.Event, patience_s: float
) -> SharedLease | None:
    name = f"{settings[catalog.JOURNAL_NAME]} {role}"
    # One process of a home at a time gets here, so that a home may take its own lease again.
    owner = f"{socket.gethostname()}:{settings[catalog.HOME].resolve()}"[-64:]
    leases = await asyncio.to_thread(lambda: _leases(settings))
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + patience_s
    while not stop.is_set():
        found = await _tried(lambda: taken(leases, name, owner), patience_s)
        if found is not None:
            return found
        if loop.time() >= deadline_s:
            other = await asyncio.to_thread(leases.owner, name)
            raise UserError(f"{other} plays the role {role}: stop it, or start with --standby")
        await asyncio.sleep(SHARED_LOOK_S)
    leases.close()
    return None


async def _tried(take: Callable[[], SharedLease | None], patience_s: float) -> SharedLease | None:
    """Try to take a lease; who stands by goes on trying while the database is away."""
    try:
        return await asyncio.to_thread(take)
    except OutsideError:
        if not patience_s:
            raise
        return None


def _leases(settings: Settings) -> RoleLeases:
    url = settings[catalog.JOURNAL_URL]
    if not url:
        raise UserError(
            "TRADEWIND_LEASES=journal needs a journal that several machines reach: set JOURNAL_URL"
        )
    # Here and not above: roles of one machine need no database for this.
    from tradewind.adapters.sql.database import open_database
    from tradewind.adapters.sql.role_leases import SqlRoleLeases

    return SqlRoleLeases(open_database(url, connections=1))
