"""The role execution-engine: the one process that holds keys which can place orders."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.trading import Trading
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.execution_link import ExecutionLink
from tradewind.runtime.first_ended import until_one_ends
from tradewind.runtime.role_server import RoleServer
from tradewind.runtime.venue_sessions import VenueSessions
from tradewind.wiring import bus_settings, catalog
from tradewind.wiring.bus import orders_exchange, orders_line
from tradewind.wiring.held_role import taken_role
from tradewind.wiring.role_place import EXECUTION_ENGINE, beating, role_port
from tradewind.wiring.settings import Settings
from tradewind.wiring.stage import StagePlan
from tradewind.wiring.stage_plan import stage_plans

ENGINE = "engine"


def is_apart(settings: Settings) -> bool:
    """Whether orders of a live run leave by the role execution-engine."""
    is_live = settings[catalog.TRADING_MODE] == "live"
    return is_live and settings[bus_settings.EXECUTION] == ENGINE


def execution_link(settings: Settings) -> ExecutionLink | None:
    """The core's way to the execution-engine; None where it has the sessions itself."""
    if not is_apart(settings):
        return None
    return ExecutionLink(orders_line(settings), time.monotonic_ns)


class ExecutionRole:
    """Sessions with all venues of a run; the core says for which instruments."""

    def __init__(self, settings: Settings, *, patience_s: float) -> None:
        if not is_apart(settings):
            raise UserError(
                f"the role {EXECUTION_ENGINE} is for live trading without "
                "TRADEWIND_EXECUTION=core: on paper and with it the core has the orders"
            )
        self._settings = settings
        self._patience_s = patience_s
        self._plans: dict[str, StagePlan] = {one.venue: one for one in stage_plans(settings)}

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Wait for the role, then serve the core until told to stop; raises what ended it."""
        settings = self._settings
        home = settings[catalog.HOME]
        async with contextlib.AsyncExitStack() as open_things:
            lease = await taken_role(settings, EXECUTION_ENGINE, stop, patience_s=self._patience_s)
            if lease is None:
                return
            open_things.callback(lease.close)
            exchange = orders_exchange(settings)
            await exchange.start()
            open_things.push_async_callback(exchange.close)
            sessions = VenueSessions(
                exchange,
                self._session,
                home=home,
                now_ns=time.monotonic_ns,
                may_send=lambda: lease.is_sure,
            )
            server = RoleServer(EXECUTION_ENGINE, sessions.reasons, sessions.metrics)
            await server.start(settings[catalog.HOST], role_port(settings, EXECUTION_ENGINE))
            open_things.push_async_callback(server.close)
            on_ready()
            await until_one_ends(sessions.run(), beating(lease), stop.wait())

    def _session(self, venue: str, instruments: Sequence[Instrument], id_prefix: str) -> Trading:
        plan = self._plans.get(venue)
        if plan is None or plan.entry is None or plan.keys is None:
            raise UserError(
                f"the trading core trades at {venue}, this execution-engine does not: give both "
                "the same TRADEWIND_VENUE"
            )
        return plan.entry.trading(
            instruments,
            place=plan.place,
            keys=plan.keys,
            clock=SystemClock(),
            id_prefix=id_prefix,
        )
