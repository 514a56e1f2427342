"""The role risk-manager: the trading core over the bus, with strategies and venue sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import msgspec

from tradewind.ports.bus import Subscriber
from tradewind.runtime.desk import Desk
from tradewind.runtime.read_models import Metric
from tradewind.runtime.role_server import RoleServer
from tradewind.wiring import catalog
from tradewind.wiring.bus import market_data_subscriber
from tradewind.wiring.platform import Platform, PlatformOptions
from tradewind.wiring.role_place import RISK_MANAGER, only_stage, role_port, taken_lock
from tradewind.wiring.settings import Settings


class CoreRole:
    """The platform as in one process, but for its market data, which comes over the bus."""

    def __init__(self, settings: Settings, options: PlatformOptions, *, patience_s: float) -> None:
        assert options.stages, "a run's options have a stage"
        self._settings = settings
        self._patience_s = patience_s
        self._subscriber: Subscriber | None = None
        stage = replace(only_stage(options.stages), bus=self._new_subscriber)
        self.platform = Platform(msgspec.structs.replace(options, stages=(stage,)))
        self._desk: Desk | None = None

    async def run(self, stop: asyncio.Event, on_ready: Callable[[Platform], None]) -> None:
        """Wait for the role and for market data, then trade until told to stop."""
        home = self._settings[catalog.HOME]
        lock = await taken_lock(home, RISK_MANAGER, stop, patience_s=self._patience_s)
        if lock is None:
            return
        try:
            await self._run(stop, on_ready)
        finally:
            lock.close()

    async def _run(self, stop: asyncio.Event, on_ready: Callable[[Platform], None]) -> None:
        """Take the journal over, resolve what is unknown, and trade; raises what ended it."""
        server = RoleServer(RISK_MANAGER, self._reasons, self._metrics)
        await server.start(self._settings[catalog.HOST], role_port(self._settings, RISK_MANAGER))

        def ready(desk: Desk) -> None:
            self._desk = desk
            on_ready(self.platform)

        running = asyncio.create_task(self.platform.run(stop=stop, on_ready=ready))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
            if self._desk is None and not running.done():
                running.cancel()  # it waits for market data, and has begun nothing
                await asyncio.gather(running, return_exceptions=True)
            else:
                await running
        finally:
            stopping.cancel()
            await server.close()
            if self._subscriber is not None:
                await self._subscriber.close()

    def _new_subscriber(self) -> Subscriber:
        self._subscriber = market_data_subscriber(self._settings)
        return self._subscriber

    def _reasons(self) -> list[str]:
        if self._desk is not None:
            return self._desk.health()["reasons"]
        complaint = "" if self._subscriber is None else self._subscriber.complaint
        return [complaint or "the engine recovers"]

    def _metrics(self) -> list[Metric]:
        return [] if self._desk is None else self._desk.metrics()
