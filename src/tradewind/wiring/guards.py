"""The guards beside a run, built from the settings: watchdog and drop-copy reconciler.

Each is a process of its own with a key of its own, which must be another than the one that trades:
a key that is blocked at the venue must not block who guards it.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

from tradewind.model.errors import TradewindError
from tradewind.ports.notifications import Level, Message
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import HaltRequest
from tradewind.runtime.drop_copy import Break, DropCopy
from tradewind.runtime.metric_file import write_metrics
from tradewind.runtime.watchdog import Watchdog, beat_of
from tradewind.wiring import catalog, guard_settings
from tradewind.wiring.guard_doors import Door, open_doors
from tradewind.wiring.guard_role import serving
from tradewind.wiring.journals import journal_place
from tradewind.wiring.notifications import channels_of
from tradewind.wiring.settings import Settings

METRICS_S = 1.0
TELL_DEADLINE_S = 10.0
BREAKS_SAID_MAX = 5

LOG = logging.getLogger("tradewind.guards")


async def watch_engine(settings: Settings, *, on_ready: Callable[[], None], role: str = "") -> None:
    """Guard the engine of the home until this process is told to stop.

    `on_ready` is called once a venue of the run has taken the key; others are tried on. With a
    `role` it answers /health and /metrics at the role's port.
    """
    pair = (guard_settings.WATCHDOG_KEY, guard_settings.WATCHDOG_SECRET)
    home: Path = settings[catalog.HOME]
    async with open_doors(settings, *pair) as doors:
        dog = Watchdog(
            home,
            doors,
            after_s=settings[guard_settings.WATCHDOG_AFTER],
            beat=lambda: beat_of(home),
            tell=lambda text: _tell(settings, text),
        )
        on_ready()
        async with serving(settings, role, dog.metrics):
            await _until_stopped([dog.run()], home / "watchdog.prom", dog.metrics)


async def compare_with_venue(
    settings: Settings, *, on_ready: Callable[[], None], role: str = ""
) -> None:
    """Hold venues and journal against each other until this process is told to stop.

    A break halts its venue, and no other, through the engine's control socket. `on_ready` is called
    once a venue has taken the key; others are tried on. With a `role` it answers /health and
    /metrics at the role's port.
    """
    pair = (guard_settings.DROP_COPY_KEY, guard_settings.DROP_COPY_SECRET)
    home: Path = settings[catalog.HOME]
    async with open_doors(settings, *pair) as doors:
        copies = {door.venue: _drop_copy(settings, door) for door in doors}
        interval_s = float(settings[guard_settings.DROP_COPY_INTERVAL])
        on_ready()
        async with serving(settings, role, lambda: _by_venue(copies)):
            await _until_stopped(
                [one.run(interval_s) for one in copies.values()],
                home / "drop_copy.prom",
                lambda: _by_venue(copies),
            )


def _drop_copy(settings: Settings, door: Door) -> DropCopy:
    return DropCopy(
        door,
        lambda: door.instruments,
        journal_place(settings).read,
        clock=SystemClock(),
        alarm=lambda breaks: _alarm(settings, door.venue, breaks),
    )


def _by_venue(copies: Mapping[str, DropCopy]) -> dict[str, float]:
    """Numbers of all; with the name of the venue where there are several."""
    named = {venue: "" if len(copies) == 1 else f'{{venue="{venue}"}}' for venue in copies}
    numbers = {venue: copy.metrics() for venue, copy in copies.items()}
    names = dict.fromkeys(name for one in numbers.values() for name in one)
    return {name + named[venue]: numbers[venue][name] for name in names for venue in copies}


async def _alarm(settings: Settings, venue: str, breaks: tuple[Break, ...]) -> None:
    """Log, halt the venue, tell people."""
    for one in breaks:
        LOG.critical("break venue=%s %s", venue, one.text)
    said = "; ".join(one.text for one in breaks[:BREAKS_SAID_MAX])
    more = f" and {len(breaks) - BREAKS_SAID_MAX} more" if len(breaks) > BREAKS_SAID_MAX else ""
    reason, outcome = f"drop copy: {said}{more}", "the venue was halted"
    request = HaltRequest(f"venue:{venue}", reason[:500], "drop copy")
    try:
        await asyncio.to_thread(ask, settings[catalog.HOME], request)
    except TradewindError as error:
        outcome = f"the venue was not halted: {error}"
    await _tell(settings, f"Venue and journal differ at {venue}: {said}{more}; {outcome}")


async def _tell(settings: Settings, text: str) -> None:
    """Tell people over each channel, at once and without the engine."""
    LOG.critical("told text=%r", text)
    now_ns = time.time_ns()
    message = Message(text, (), Level.CRITICAL, {}, now_ns, now_ns)
    for channel in channels_of(settings):
        try:
            async with asyncio.timeout(TELL_DEADLINE_S):
                await channel.send(message)
        except (TradewindError, TimeoutError) as error:
            LOG.error("not_told channel=%s error=%s", channel.name, error)
        finally:
            await channel.close()


async def _until_stopped(
    running: Sequence[Coroutine[None, None, None]],
    path: Path,
    metrics: Callable[[], Mapping[str, float]],
) -> None:
    """Run beside a writer of metrics until SIGINT or SIGTERM, or until it fails."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks = [
        *map(asyncio.create_task, running),
        asyncio.create_task(_write(path, metrics)),
        asyncio.create_task(stop.wait()),
    ]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    path.unlink(missing_ok=True)
    for task in done:
        task.result()


async def _write(path: Path, metrics: Callable[[], Mapping[str, float]]) -> None:
    while True:
        write_metrics(path, metrics())
        await asyncio.sleep(METRICS_S)
