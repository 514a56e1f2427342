"""The role data-processor: bars and data quality of what the bus carries."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from tradewind.model.timeframes import timeframe_ns
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.data_processor import DataProcessor
from tradewind.runtime.role_server import RoleServer
from tradewind.wiring import catalog
from tradewind.wiring.bus import market_data_subscriber
from tradewind.wiring.held_role import taken_role
from tradewind.wiring.histories import open_history
from tradewind.wiring.role_place import DATA_PROCESSOR, beating
from tradewind.wiring.settings import Settings


class DataRole:
    """One process that writes bars into the history; it holds no key, and may be killed."""

    def __init__(self, settings: Settings, *, patience_s: float) -> None:
        self._settings = settings
        self._patience_s = patience_s
        self._timeframes = settings[catalog.STORED_BARS]
        for timeframe in self._timeframes:
            timeframe_ns(timeframe)

    async def run(self, stop: asyncio.Event, on_ready: Callable[[int], None]) -> None:
        """Wait for the role, then process until told to stop."""
        settings = self._settings
        async with contextlib.AsyncExitStack() as open_things:
            lease = await taken_role(settings, DATA_PROCESSOR, stop, patience_s=self._patience_s)
            if lease is None:
                return
            open_things.callback(lease.close)
            subscriber = market_data_subscriber(settings)
            open_things.push_async_callback(subscriber.close)
            processor = DataProcessor(
                subscriber, open_history(settings), SystemClock(), self._timeframes
            )
            server = RoleServer(DATA_PROCESSOR, processor.reasons, processor.metrics)
            port = await server.start(settings[catalog.HOST], settings[catalog.DATA_PORT])
            open_things.push_async_callback(server.close)
            beats = asyncio.create_task(beating(lease))
            open_things.callback(beats.cancel)
            running = asyncio.create_task(processor.run(stop, lambda: on_ready(port)))
            stopping = asyncio.create_task(stop.wait())
            open_things.callback(stopping.cancel)
            # Before there is a publisher it waits, and nothing is lost by calling it off.
            await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not running.done() and not processor.has_begun:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                return
            await running
