"""The role risk-manager: the trading core over the bus, with venue sessions and no strategies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from tradewind.core.engine import Engine
from tradewind.ports.bus import Subscriber
from tradewind.ports.link import Exchange
from tradewind.runtime.desk import Desk
from tradewind.runtime.followed_recorder import FollowedRecorder
from tradewind.runtime.lender import Lender
from tradewind.runtime.loop import Loop
from tradewind.runtime.read_models import Metric
from tradewind.runtime.redecide import IN_BRIDGES
from tradewind.runtime.role_server import RoleServer
from tradewind.runtime.segments import Segments
from tradewind.wiring import catalog
from tradewind.wiring.bus import market_data_subscriber, wishes_exchange
from tradewind.wiring.execution_role import execution_link
from tradewind.wiring.held_role import HeldRole, taken_role
from tradewind.wiring.lent_strategies import LentStrategies
from tradewind.wiring.plans import Plan
from tradewind.wiring.platform import Platform, PlatformOptions
from tradewind.wiring.role_place import RISK_MANAGER, beating, role_port
from tradewind.wiring.settings import Settings


class CoreRole:
    """The platform as in one process, but for its market data, which comes over the bus."""

    def __init__(self, settings: Settings, options: PlatformOptions, *, patience_s: float) -> None:
        assert options.stages, "a run's options have a stage"
        self._settings = settings
        self._patience_s = patience_s
        self._subscribers: list[Subscriber] = []
        self._link = execution_link(settings)
        stages = tuple(
            replace(one, bus=self._new_subscriber, execution=self._link) for one in options.stages
        )
        self.platform = Platform(
            msgspec.structs.replace(
                options,
                stages=stages,
                program=options.program + IN_BRIDGES,
                recording=self._new_recorder,
                hosting=self._new_strategies,
            )
        )
        self._desk: Desk | None = None
        self._exchange: Exchange | None = None
        self._recorder: FollowedRecorder | None = None
        self._lender: Lender | None = None
        self._lending: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, stop: asyncio.Event, on_ready: Callable[[Platform], None]) -> None:
        """Wait for the role and for market data, then trade until told to stop."""
        lock = await taken_role(self._settings, RISK_MANAGER, stop, patience_s=self._patience_s)
        if lock is None:
            return
        try:
            await self._run(stop, on_ready, lock)
        finally:
            lock.close()

    async def _run(
        self, stop: asyncio.Event, on_ready: Callable[[Platform], None], lease: HeldRole
    ) -> None:
        """Take the journal over, resolve what is unknown, and trade; raises what ended it."""
        server = RoleServer(RISK_MANAGER, self._reasons, self._metrics)
        await server.start(self._settings[catalog.HOST], role_port(self._settings, RISK_MANAGER))

        self._exchange = wishes_exchange(self._settings)
        await self._exchange.start()

        def ready(desk: Desk) -> None:
            self._desk = desk
            assert self._lender is not None, "the platform has made what runs strategies"
            desk.complaints.append(self._lender.complaint)
            desk.more_metrics.append(self._lender.metrics)
            if self._link is not None:
                desk.more_metrics.append(self._link.metrics)
            beats = asyncio.create_task(beating(lease))
            beats.add_done_callback(lambda _: stop.set())
            self._tasks.append(beats)
            self._lending = asyncio.create_task(self._lender.run())
            self._lending.add_done_callback(lambda _: stop.set())
            on_ready(self.platform)

        if self._link is not None:
            linking = asyncio.create_task(self._link.run())
            linking.add_done_callback(lambda _: stop.set())
            self._tasks.append(linking)
        running = asyncio.create_task(self.platform.run(stop=stop, on_ready=ready))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
            if self._desk is None and not running.done():
                running.cancel()  # it waits for market data, and has begun nothing
                await asyncio.gather(running, return_exceptions=True)
            else:
                await running
            ended = [*self._tasks, *([] if self._lending is None else [self._lending])]
            for task in ended:
                if task.done():
                    task.result()
        finally:
            stopping.cancel()
            await self._close_lending()
            await server.close()
            for subscriber in self._subscribers:
                await subscriber.close()

    async def _close_lending(self) -> None:
        tasks = self._tasks if self._lending is None else [*self._tasks, self._lending]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._exchange is not None:
            await self._exchange.close()

    def _new_recorder(self, segments: Segments) -> FollowedRecorder:
        self._recorder = FollowedRecorder(segments)
        return self._recorder

    def _new_strategies(
        self, engine: Engine, loop: Loop, plans: Plan, **rest: Any
    ) -> LentStrategies:
        assert self._recorder is not None, "the platform records before it trades"
        assert self._exchange is not None, "bridges are let in before the core trades"
        self._lender = Lender(
            loop,
            self._recorder,
            self._exchange,
            session=engine.state.epoch,
            now_s=asyncio.get_running_loop().time,
        )
        return LentStrategies(engine, loop, plans, lender=self._lender, **rest)

    def _new_subscriber(self) -> Subscriber:
        self._subscribers.append(market_data_subscriber(self._settings))
        return self._subscribers[-1]

    def _reasons(self) -> list[str]:
        if self._desk is not None:
            return self._desk.health()["reasons"]
        complaints = [each.complaint for each in self._subscribers]
        complaints += [] if self._link is None else [self._link.complaint]
        return [next(filter(None, complaints), "the engine recovers")]

    def _metrics(self) -> list[Metric]:
        return [] if self._desk is None else self._desk.metrics()
