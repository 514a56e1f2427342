"""The rehearsal beside a run: its setting, and its life from the run's start to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

from tradewind.ports.platform import Clock
from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.priority import is_real_time
from tradewind.wiring.setting import Setting

if TYPE_CHECKING:
    from tradewind.runtime.rehearsal import Way
    from tradewind.wiring.settings import Settings

AUTO = "auto"
AUTO_MS = 1


def _pause_ms() -> kinds.Kind[int | None]:
    """A whole number, None for `auto`."""
    number = kinds.integer(least=0, most=1000)

    def parse(text: str) -> int | None:
        return None if text.lower() == AUTO else number.parse(text)

    return kinds.Kind(
        f"`{AUTO}` or a {number.noun}", parse, lambda value: AUTO if value is None else str(value)
    )


REHEARSAL: Setting[int | None] = Setting(
    "engine.rehearsal_ms",
    ("TRADEWIND_REHEARSAL_MS",),
    _pause_ms(),
    AUTO,
    "How often an engine beside the engine answers a made-up quote, so that a real one finds its "
    "code in the processor's caches; 1 or 2 take a tenth of a core, 0 is never, `auto` is 1 with "
    "TRADEWIND_PRIORITY=realtime and else never.",
    unit="ms",
)

PricesFrom = Literal["venue", "bus"]
"""What brings prices to the engine: made-up ones go the bus's way as well."""

LOG = logging.getLogger("tradewind.rehearsal")


def rehearsal_ms(settings: Settings) -> int:
    """How often settings want a rehearsal, 0 for never: without priority it is in the way."""
    chosen = settings[REHEARSAL]
    if chosen is None:
        return AUTO_MS if is_real_time(settings) else 0
    return chosen


@asynccontextmanager
async def rehearsed(
    pause_ms: int, clock: Clock, prices_from: PricesFrom = "venue"
) -> AsyncIterator[None]:
    """Rehearse meanwhile; what goes wrong there ends the rehearsal and nothing else."""
    if not pause_ms:
        yield
        return
    # Here and not above: a run that does not rehearse needs none of this.
    from tradewind.adapters.memory.journal import MemoryJournal
    from tradewind.runtime.rehearsal import Rehearsal

    rehearsal = Rehearsal(
        pause_ms / 1000, lambda: MemoryJournal("rehearsal"), clock, way=_way(prices_from)
    )
    task = asyncio.create_task(rehearsal.run(), name="rehearsal")
    task.add_done_callback(_tell)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _way(prices_from: PricesFrom) -> Way:
    from tradewind.runtime.rehearsal import straight

    if prices_from == "venue":
        return straight
    from tradewind.adapters.zeromq.bus_way import through_a_socket

    return through_a_socket


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        LOG.error("rehearsal_ended reason=%r", str(error) or type(error).__name__)
