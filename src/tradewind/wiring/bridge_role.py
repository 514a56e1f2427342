"""The role signal-bridge: strategies in a process of their own, as the trading core lends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tradewind.ports.link import Line
from tradewind.runtime.role_server import RoleServer
from tradewind.runtime.signal_bridge import SignalBridge
from tradewind.strategies.base import Strategy
from tradewind.strategies.library import library_strategy
from tradewind.wiring import catalog
from tradewind.wiring.bus import wishes_line
from tradewind.wiring.role_place import SIGNAL_BRIDGE, role_port
from tradewind.wiring.settings import Settings


class BridgeRole:
    """One of any number of signal-bridges of a core; it holds no key, and each may be killed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._line: Line = wishes_line(settings)
        self._bridge: SignalBridge | None = None

    async def run(self, stop: asyncio.Event, on_ready: Callable[[int], None]) -> None:
        """Run what is lent until told to stop; `on_ready` is told the port of /health."""
        settings = self._settings
        loop = asyncio.get_running_loop()
        bridge = self._bridge = SignalBridge(self._line, new_strategy, loop.time)
        server = RoleServer(SIGNAL_BRIDGE, self._reasons, bridge.metrics)
        port = await server.start_near(settings[catalog.HOST], role_port(settings, SIGNAL_BRIDGE))
        await self._line.start()
        try:
            on_ready(port)
            await bridge.run(stop)
        finally:
            await self._line.close()
            await server.close()

    def _reasons(self) -> list[str]:
        complaint = "" if self._bridge is None else self._bridge.complaint
        return [complaint] if complaint else []


def new_strategy(name: str, parameters: dict[str, str]) -> Strategy:
    """A strategy of the library."""
    return library_strategy(name)(**parameters)
