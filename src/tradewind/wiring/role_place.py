"""The place of a role on one host: its port for /health and /metrics, and its lock."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from pathlib import Path

from tradewind.model.errors import UserError
from tradewind.wiring import catalog
from tradewind.wiring.settings import Settings
from tradewind.wiring.stage import StagePlan

MARKET_DATA, RISK_MANAGER, API_GATEWAY = "market-data", "risk-manager", "api-gateway"
SIGNAL_BRIDGE, WORKER = "signal-bridge", "worker"
ROLES = (MARKET_DATA, SIGNAL_BRIDGE, RISK_MANAGER, API_GATEWAY, WORKER)
"""The roles that are processes of their own, in the order of their start."""
LOCK_LOOK_S = 0.02
"""How often a standby looks whether the role is free."""
_PORTS = {MARKET_DATA: 0, SIGNAL_BRIDGE: 1, RISK_MANAGER: 2, WORKER: 4}
"""Their distance from TRADEWIND_ROLES_PORT."""


LOG = logging.getLogger("tradewind.roles")


def role_port(settings: Settings, role: str) -> int:
    """Where a role answers /health, but for the gateway, which does on its own port."""
    return settings[catalog.ROLES_PORT] + _PORTS[role]


def only_stage(stages: tuple[StagePlan, ...]) -> StagePlan:
    """The stage of roles as processes, which have one venue."""
    if len(stages) > 1:
        raise UserError("roles as processes trade at one venue: name one in TRADEWIND_VENUE")
    return stages[0]


async def taken_lock(
    home: Path, role: str, stop: asyncio.Event, *, patience_s: float
) -> RoleLock | None:
    """The lock of a role, once it is free; None where told to stop before.

    With a patience of 0 a role that another process plays is a `UserError`; a standby waits for
    ever, and has the lock a moment after that process has died.
    """
    loop = asyncio.get_running_loop()
    deadline_s, is_said = loop.time() + patience_s, False
    while not stop.is_set():
        try:
            return RoleLock(home, role)
        except UserError:
            if loop.time() >= deadline_s:
                raise
        if not is_said:
            is_said = True
            LOG.info("standing_by role=%s", role)
        await asyncio.sleep(LOCK_LOOK_S)
    return None


class RoleLock:
    """Held by the one process of a home that plays a role; free again when that dies."""

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

    def close(self) -> None:
        """Let go."""
        os.close(self._descriptor)
