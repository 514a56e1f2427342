"""The role market-data: from the venue to the bus."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from tradewind.adapters.local.market_data import LocalMarketData
from tradewind.model.columns import Columns
from tradewind.ports.bus import Publisher
from tradewind.ports.market_data import MarketData
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.first_ended import until_one_ends
from tradewind.runtime.read_models import Metric
from tradewind.runtime.role_server import RoleServer
from tradewind.wiring import catalog
from tradewind.wiring.bus import FOLDER, market_data_publisher
from tradewind.wiring.held_role import HeldRole, taken_role
from tradewind.wiring.plans import instruments_of, plan_of
from tradewind.wiring.role_place import MARKET_DATA, beating, role_port
from tradewind.wiring.route_settings import routes_of
from tradewind.wiring.settings import Settings
from tradewind.wiring.stage import StagePlan
from tradewind.wiring.stage_plan import stage_plans, strategies_of, symbols_of, to_read
from tradewind.wiring.stages import listed_at

STATE_NAME = "market.state"
SAVE_S = 0.5
"""How often the place of the generated market is written down: a start goes on from there."""
STALE_S = 10.0
"""Without a row for so long the role is not well."""

LOG = logging.getLogger("tradewind.market_data")


class MarketDataRole:
    """One process that holds the connections for market data, and no key that can trade."""

    def __init__(self, settings: Settings, *, patience_s: float) -> None:
        self._settings = settings
        self._patience_s = patience_s
        self._clock = SystemClock()
        self._last_row_s = 0.0
        self._rows = 0
        self._publisher: Publisher | None = None

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Publish until told to stop; raises what ended it."""
        home = self._settings[catalog.HOME]
        async with contextlib.AsyncExitStack() as open_things:
            lock = await taken_role(self._settings, MARKET_DATA, stop, patience_s=self._patience_s)
            if lock is None:
                return
            open_things.callback(lock.close)
            self._last_row_s = asyncio.get_running_loop().time()
            server = RoleServer(MARKET_DATA, self._reasons, self._metrics)
            await server.start(self._settings[catalog.HOST], role_port(self._settings, MARKET_DATA))
            open_things.push_async_callback(server.close)
            sources = self._sources(home / FOLDER / STATE_NAME)
            for source in sources:
                await source.start()
            publisher = market_data_publisher(self._settings, self._clock.now_ns())
            open_things.push_async_callback(publisher.close)
            await publisher.start([one for source in sources for one in source.instruments])
            self._publisher = publisher
            on_ready()
            await self._publish(sources, publisher, stop, lock)

    async def _publish(
        self,
        sources: list[MarketData],
        publisher: Publisher,
        stop: asyncio.Event,
        lease: HeldRole,
    ) -> None:
        """All that runs side by side; the first that fails ends the rest."""

        def take(columns: Columns) -> None:
            self._rows += len(columns)
            self._last_row_s = asyncio.get_running_loop().time()
            publisher.publish(columns)

        path = self._settings[catalog.HOME] / FOLDER / STATE_NAME
        local = [one for one in sources if isinstance(one, LocalMarketData)]
        await until_one_ends(
            publisher.run(),
            stop.wait(),
            beating(lease),
            *(one.run(take) for one in sources),
            *(_keep_place(one, path) for one in local),
        )

    def _sources(self, state: Path) -> list[MarketData]:
        """The market data of each venue, of which a run trades the instruments."""
        settings = self._settings
        plans, strategies = stage_plans(settings, to_read), strategies_of(settings)
        first = plans[0]
        symbols = symbols_of(settings, first.entry, len(strategies))
        traded = instruments_of(plan_of(strategies, symbols, first.venue), symbols, first.venue)
        listed = listed_at(plans, traded, routes_of(settings))
        return [
            self._source(
                plan, [one for one in listed if one.rpartition(".")[2] == plan.venue], state
            )
            for plan in plans
        ]

    def _source(self, plan: StagePlan, names: list[str], state: Path) -> MarketData:
        if plan.entry is None:
            saved = state.read_bytes() if state.exists() else b""
            return LocalMarketData(names, seed=plan.seed, clock=self._clock, saved=saved)
        keys = plan.keys if plan.entry.data_needs_key else None
        return plan.entry.market_data(names, place=plan.place, keys=keys, clock=self._clock)

    def _reasons(self) -> list[str]:
        if self._publisher is None:
            return ["the venue is being asked for its instruments"]
        silent_s = asyncio.get_running_loop().time() - self._last_row_s
        return [f"no market data for {silent_s:.0f} s"] if silent_s > STALE_S else []

    def _metrics(self) -> list[Metric]:
        sequence = 0 if self._publisher is None else self._publisher.sequence
        silent_s = asyncio.get_running_loop().time() - self._last_row_s
        return [
            Metric("market_rows_total", "counter", "Rows published.", float(self._rows)),
            Metric("bus_batches_total", "counter", "Batches published.", float(sequence)),
            Metric("market_data_silent_seconds", "gauge", "Since the last row.", silent_s),
        ]


async def _keep_place(market: LocalMarketData, path: Path) -> None:
    """Write down where the generated market stands, whole or not at all."""
    while True:
        await asyncio.sleep(SAVE_S)
        draft = path.with_suffix(".new")
        try:
            draft.write_bytes(market.snapshot())
            draft.replace(path)
        except OSError as error:
            LOG.error("market_place_not_written reason=%s", error.strerror)
