"""The place of a role on one host: its port for /health and /metrics, and its lease."""

from __future__ import annotations

import asyncio
import logging
import math
from pathlib import Path
from typing import Protocol

from tradewind.model.errors import UserError
from tradewind.runtime.role_lease import RoleLease, Watch
from tradewind.wiring import catalog
from tradewind.wiring.settings import Settings

MARKET_DATA, RISK_MANAGER, API_GATEWAY = "market-data", "risk-manager", "api-gateway"
DATA_PROCESSOR, SIGNAL_BRIDGE, WORKER = "data-processor", "signal-bridge", "worker"
EXECUTION_ENGINE, WATCHDOG, DROP_COPY = "execution-engine", "watchdog", "drop-copy"
ROLES = (
    MARKET_DATA,
    DATA_PROCESSOR,
    SIGNAL_BRIDGE,
    RISK_MANAGER,
    EXECUTION_ENGINE,
    API_GATEWAY,
    WORKER,
    WATCHDOG,
    DROP_COPY,
)
"""The roles that are processes of their own, in the order of their start."""
LOCK_LOOK_S = 0.02
"""How often a standby looks whether the role is free."""
BEAT_S = 0.25
_PORTS = {
    MARKET_DATA: 0,
    SIGNAL_BRIDGE: 1,
    RISK_MANAGER: 2,
    EXECUTION_ENGINE: 3,
    WORKER: 4,
    WATCHDOG: 6,
    DROP_COPY: 7,
}
"""Their distance from TRADEWIND_ROLES_PORT."""


LOG = logging.getLogger("tradewind.roles")


def role_port(settings: Settings, role: str) -> int:
    """Where a role answers /health, but for the gateway, which does on its own port."""
    return settings[catalog.ROLES_PORT] + _PORTS[role]


async def taken_lock(
    home: Path, role: str, stop: asyncio.Event, *, patience_s: float
) -> RoleLease | None:
    """The lock of a role, once it is free; None where told to stop before.

    With a patience of 0 a role that another process plays is a `UserError`; a standby waits for
    ever, has the lock a moment after that process has died, and ends one that is frozen.
    """
    loop = asyncio.get_running_loop()
    watch = Watch(home, role, loop.time) if math.isinf(patience_s) else None
    deadline_s, is_said = loop.time() + patience_s, False
    while not stop.is_set():
        try:
            return RoleLease(home, role)
        except UserError:
            if loop.time() >= deadline_s:
                raise
        if not is_said:
            is_said = True
            LOG.info("standing_by role=%s", role)
        if watch is not None:
            watch.look()
        await asyncio.sleep(LOCK_LOOK_S)
    return None


class Beaten(Protocol):
    """A lease that depends on a living event loop."""

    def beat(self) -> None:
        """Say that it lives; raises where the role is another one's."""


async def beating(lease: Beaten) -> None:
    """Say that the event loop lives, until cancelled or another one has the role."""
    while True:
        lease.beat()
        await asyncio.sleep(BEAT_S)
