"""The guards beside a run, built from the settings: watchdog and drop-copy reconciler.

Each is a process of its own with a key of its own, which must be another than the one that trades:
a key that is blocked at the venue must not block who guards it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path

from tradewind.model.errors import TradewindError, UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.notifications import Level, Message
from tradewind.ports.trading import Trading
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import HaltRequest
from tradewind.runtime.drop_copy import Break, DropCopy
from tradewind.runtime.metric_file import write_metrics
from tradewind.runtime.watchdog import Watchdog, beat_of
from tradewind.wiring import catalog, guard_settings
from tradewind.wiring.journals import journal_place
from tradewind.wiring.notifications import channels_of
from tradewind.wiring.plans import instruments_of, plan_of
from tradewind.wiring.process_guard import forbid_core_dumps
from tradewind.wiring.setting import Setting
from tradewind.wiring.settings import Settings
from tradewind.wiring.stage_plan import strategies_of, symbols_of
from tradewind.wiring.trading_venues import SIM, venue_entry
from tradewind.wiring.venue_entry import KeyPair, VenueEntry

METRICS_S = 1.0
TELL_DEADLINE_S = 10.0
BREAKS_SAID_MAX = 5

LOG = logging.getLogger("tradewind.guards")


async def watch_engine(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Guard the engine of the home until this process is told to stop.

    `on_ready` is called once the venue has taken the key.
    """
    pair = (guard_settings.WATCHDOG_KEY, guard_settings.WATCHDOG_SECRET)
    home: Path = settings[catalog.HOME]
    async with _at_venue(settings, *pair) as (trading, _):
        dog = Watchdog(
            home,
            trading,
            after_s=settings[guard_settings.WATCHDOG_AFTER],
            beat=lambda: beat_of(home),
            tell=lambda text: _tell(settings, text),
        )
        on_ready()
        await _until_stopped(dog.run(), home / "watchdog.prom", dog.metrics)


async def compare_with_venue(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Hold venue and journal against each other until this process is told to stop.

    A break halts the venue through the engine's control socket. `on_ready` is called once the
    venue has taken the key.
    """
    pair = (guard_settings.DROP_COPY_KEY, guard_settings.DROP_COPY_SECRET)
    home: Path = settings[catalog.HOME]
    async with _at_venue(settings, *pair) as (trading, instruments):
        drop_copy = DropCopy(
            trading,
            instruments,
            journal_place(settings).read,
            clock=SystemClock(),
            alarm=lambda breaks: _alarm(settings, trading.venue, breaks),
        )
        interval_s = float(settings[guard_settings.DROP_COPY_INTERVAL])
        on_ready()
        await _until_stopped(drop_copy.run(interval_s), home / "drop_copy.prom", drop_copy.metrics)


@contextlib.asynccontextmanager
async def _at_venue(
    settings: Settings, key: Setting[str], secret: Setting[str]
) -> AsyncIterator[tuple[Trading, list[Instrument]]]:
    """The way to the run's venue with the guard's own key."""
    entry, keys = _entry_of(settings), _keys(settings, key, secret)
    place, clock = entry.place(settings), SystemClock()
    strategies = strategies_of(settings)
    symbols = symbols_of(settings, entry, len(strategies))
    named = instruments_of(plan_of(strategies, symbols, entry.venue), symbols, entry.venue)
    market_data = entry.market_data(named, place=place, keys=keys, clock=clock)
    await market_data.start()
    trading = entry.trading(
        market_data.instruments, place=place, keys=keys, clock=clock, id_prefix="\0"
    )
    await trading.start(lambda report: None)
    try:
        await _refuse_withdrawals(trading)
        yield trading, market_data.instruments
    finally:
        await trading.close()


def _entry_of(settings: Settings) -> VenueEntry:
    name = settings[catalog.VENUE]
    if name == SIM or settings[catalog.TRADING_MODE] != "live":
        raise UserError(
            "orders on paper never leave the engine, so there is nothing to guard at a venue: set "
            "TRADEWIND_VENUE and TRADING_MODE=live as for the run"
        )
    if "," in name:
        raise UserError(
            "a guard looks after one venue: start one for each, with its name in TRADEWIND_VENUE"
        )
    return venue_entry(name)


def _keys(settings: Settings, key: Setting[str], secret: Setting[str]) -> KeyPair:
    entry = _entry_of(settings)
    forbid_core_dumps()
    keys = KeyPair(settings[key], settings[secret])
    if not keys.key or (entry.secret is not None and not keys.secret):
        raise UserError(
            f"it needs a key of its own: set {key.variables[0]} and {secret.variables[0]}"
        )
    if keys.key == settings[entry.key]:
        raise UserError(
            f"{key.variables[0]} is the key that trades: make another one at the venue, so that "
            "what blocks one does not block the other"
        )
    return keys


async def _refuse_withdrawals(trading: Trading) -> None:
    if (await trading.permissions()).can_withdraw:
        raise UserError("this key may withdraw money: make one that may not")


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
    running: Coroutine[None, None, None], path: Path, metrics: Callable[[], Mapping[str, float]]
) -> None:
    """Run beside a writer of metrics until SIGINT or SIGTERM, or until it fails."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks = [
        asyncio.create_task(running),
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
