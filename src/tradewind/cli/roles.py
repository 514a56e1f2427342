"""Runs of single roles, and of all roles as processes under a supervisor."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tradewind.cli.output import note
from tradewind.gateway.process import GatewayProcess, unclaimed_socket
from tradewind.model.errors import OutsideError
from tradewind.runtime.supervisor import Supervisor
from tradewind.version import VERSION
from tradewind.wiring import catalog, guard_settings
from tradewind.wiring.bus import check_installed
from tradewind.wiring.execution_role import is_apart
from tradewind.wiring.priority import settled
from tradewind.wiring.role_place import (
    API_GATEWAY,
    DATA_PROCESSOR,
    DROP_COPY,
    EXECUTION_ENGINE,
    LOCK_LOOK_S,
    MARKET_DATA,
    RISK_MANAGER,
    SIGNAL_BRIDGE,
    WATCHDOG,
    WORKER,
    role_port,
)
from tradewind.wiring.settings import Settings

if TYPE_CHECKING:
    from tradewind.wiring.platform import Platform, PlatformOptions

LOG = logging.getLogger("tradewind.roles")
LOOK_S = 0.2
PORT_DEADLINE_S = 10.0
"""How long a gateway waits for the workers of one that was killed to give the port back."""
HANDED_ON = ("home", "seed", "venue", "mode", "instruments", "mark")
"""Options of a split run that every role is given."""

NO_JOBS = {catalog.JOB_SLOTS.variables[0]: "0"}
"""For a gateway that is a role: the role worker runs the jobs."""

Play = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


def play_market_data(settings: Settings, seconds: float | None, *, patience_s: float) -> int:
    """Play the role market-data until stopped."""
    # Here and not above: each role loads what it needs, so that it is there again soon.
    from tradewind.wiring.market_data_role import MarketDataRole

    role = MarketDataRole(settings, patience_s=patience_s)
    place = settings[catalog.BUS_MARKET_DATA] or "the socket of this home"
    ready = f"tradewind {VERSION}  role {MARKET_DATA}, published at {place}"
    with _settling(settings) as settle:
        return _played(lambda stop: role.run(stop, lambda: settle(ready)), seconds)


def play_execution(settings: Settings, seconds: float | None, *, patience_s: float) -> int:
    """Play the role execution-engine until stopped."""
    from tradewind.wiring.execution_role import ExecutionRole

    role = ExecutionRole(settings, patience_s=patience_s)
    port = role_port(settings, EXECUTION_ENGINE)
    ready = f"tradewind {VERSION}  role {EXECUTION_ENGINE}, http://127.0.0.1:{port}/health"
    with _settling(settings) as settle:
        return _played(lambda stop: role.run(stop, lambda: settle(ready)), seconds)


def play_core(
    settings: Settings,
    options: PlatformOptions,
    seconds: float | None,
    banner: Callable[[Platform], Iterable[str]],
    *,
    patience_s: float,
) -> int:
    """Play the role risk-manager until stopped."""
    from tradewind.wiring.core_role import CoreRole

    role = CoreRole(settings, options, patience_s=patience_s)
    with _settling(settings) as settle:
        return _played(
            lambda stop: role.run(stop, lambda platform: settle(*banner(platform))), seconds
        )


def play_gateway(settings: Settings, seconds: float | None, *, patience_s: float) -> int:
    """Play the role api-gateway until stopped: its workers, looked after.

    They load all they need while the port is another one's.
    """
    home, host = settings[catalog.HOME], settings[catalog.HOST]
    workers = settings[catalog.WORKERS]
    gateway = GatewayProcess(home, unclaimed_socket(host), workers, NO_JOBS)

    async def keep(stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        gateway.start(loop.time())
        try:
            if not await _has_the_port(gateway, settings, stop, patience_s):
                return
            loop.add_signal_handler(signal.SIGUSR2, lambda: gateway.restart(loop.time()))
            note(f"tradewind {VERSION}  role {API_GATEWAY}, port {gateway.port}")
            while not stop.is_set():
                gateway.look_after(loop.time())
                await asyncio.sleep(LOOK_S)
        finally:
            gateway.stop()

    return _played(keep, seconds)


def play_data(settings: Settings, seconds: float | None) -> int:
    """Play the role data-processor until stopped."""
    from tradewind.wiring.data_role import DataRole

    role = DataRole(settings, patience_s=0.0)

    def ready(port: int) -> None:
        note(f"tradewind {VERSION}  role {DATA_PROCESSOR}, http://127.0.0.1:{port}/health")

    return _played(lambda stop: role.run(stop, ready), seconds)


def play_bridge(settings: Settings, seconds: float | None) -> int:
    """Play the role signal-bridge until stopped."""
    from tradewind.wiring.bridge_role import BridgeRole

    role = BridgeRole(settings)
    ready = f"tradewind {VERSION}  role {SIGNAL_BRIDGE}, http://127.0.0.1:%d/health"
    with _settling(settings) as settle:
        return _played(lambda stop: role.run(stop, lambda port: settle(ready % port)), seconds)


def play_worker(settings: Settings, seconds: float | None) -> int:
    """Play the role worker until stopped."""
    from tradewind.wiring.worker_role import WorkerRole

    role = WorkerRole(settings)

    def ready(port: int) -> None:
        note(f"tradewind {VERSION}  role {WORKER}, http://127.0.0.1:{port}/health")

    return _played(lambda stop: role.run(stop, ready), seconds)


def play_watchdog(settings: Settings, seconds: float | None) -> int:
    """Play the role watchdog until stopped."""
    from tradewind.wiring.guards import watch_engine

    return _guarded(watch_engine, settings, seconds, WATCHDOG)


def play_drop_copy(settings: Settings, seconds: float | None) -> int:
    """Play the role drop-copy until stopped."""
    from tradewind.wiring.guards import compare_with_venue

    return _guarded(compare_with_venue, settings, seconds, DROP_COPY)


def _guarded(
    guard: Callable[..., Coroutine[Any, Any, None]],
    settings: Settings,
    seconds: float | None,
    role: str,
) -> int:
    port = role_port(settings, role)

    def ready() -> None:
        note(f"tradewind {VERSION}  role {role}, http://127.0.0.1:{port}/health")
        if seconds is not None:  # a guard ends by a signal
            later = asyncio.get_running_loop().call_later
            later(seconds, os.kill, os.getpid(), signal.SIGTERM)

    asyncio.run(guard(settings, on_ready=ready, role=role))
    return 0


def supervise(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run every role as a process, and start again what ends."""
    check_installed()
    given = [
        word
        for name in HANDED_ON
        if getattr(arguments, name) is not None
        for word in (f"--{name}", str(getattr(arguments, name)))
    ]
    command = [sys.executable, "-m", "tradewind", "run", *given]
    if arguments.home is None:
        command += ["--home", str(settings[catalog.HOME])]
    gateway = [*command, "--role", API_GATEWAY, "--port", str(settings[catalog.PORT]), "--standby"]
    # Strategies are shared among two, and all go to the one that is left. They come first, since
    # what comes first is stopped last: the core still calls `on_stop` there.
    commands = {
        f"{SIGNAL_BRIDGE} {number}": [*command, "--role", SIGNAL_BRIDGE] for number in (1, 2)
    }
    standing_by = [MARKET_DATA, *([EXECUTION_ENGINE] if is_apart(settings) else []), RISK_MANAGER]
    commands |= {
        name: [*command, "--role", role, "--standby"]
        for role in standing_by
        # Two of each: one plays, the other has loaded all and takes its place when it dies.
        for name in (role, f"{role} standby")
    }
    commands[DATA_PROCESSOR] = [*command, "--role", DATA_PROCESSOR]
    if not arguments.without_gateway:
        commands[API_GATEWAY] = commands[f"{API_GATEWAY} standby"] = gateway
        # Jobs are asked for there, and kept by libraries that come with it.
        commands[WORKER] = [*command, "--role", WORKER]
    # Last, and so stopped first: a core that stops in order is no reason to pull a switch.
    guards = _guards(settings)
    commands |= {role: [*command, "--role", role] for role in guards}
    note(f"tradewind {VERSION}  each a process: {', '.join(commands)}")
    worker = [] if arguments.without_gateway else [WORKER]
    for role in (SIGNAL_BRIDGE, *standing_by, *worker, *guards):
        note(f"  {role:<12} http://127.0.0.1:{role_port(settings, role)}/health")
    return _played(Supervisor(commands).run, arguments.seconds)


def _guards(settings: Settings) -> list[str]:
    """The guards of a live run that have keys of their own."""
    if settings[catalog.TRADING_MODE] != "live":
        return []
    keys = {WATCHDOG: guard_settings.WATCHDOG_KEY, DROP_COPY: guard_settings.DROP_COPY_KEY}
    return [role for role, key in keys.items() if settings[key]]


async def _has_the_port(
    gateway: GatewayProcess, settings: Settings, stop: asyncio.Event, patience_s: float
) -> bool:
    """Whether the port was free, at last or at once; False where told to stop before.

    The port is the lease of this role: whoever listens there has it.
    """
    loop = asyncio.get_running_loop()
    deadline_s, is_said = loop.time() + max(patience_s, PORT_DEADLINE_S), False
    while not stop.is_set():
        try:
            gateway.claim(settings[catalog.PORT], settings[catalog.HOST])
            return True
        except OutsideError:
            if loop.time() > deadline_s:
                raise
        if not is_said and gateway.is_loaded:
            is_said = True
            LOG.info("standing_by role=%s", API_GATEWAY)
        gateway.look_after(loop.time())
        await asyncio.sleep(LOCK_LOOK_S)
    return False


@contextlib.contextmanager
def _settling(settings: Settings) -> Iterator[Callable[..., None]]:
    """For a role between a price and its order: what to call with lines once it is there.

    Its priority begins then and not before: who recovers, or stands by, must not be in the way.
    """
    with contextlib.ExitStack() as held:

        def settle(*lines: str) -> None:
            held.enter_context(settled(settings))
            for line in lines:
                note(line)

        yield settle


def _played(play: Play, seconds: float | None) -> int:
    async def whole() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        if seconds is not None:
            loop.call_later(seconds, stop.set)
        await play(stop)

    asyncio.run(whole())
    return 0
