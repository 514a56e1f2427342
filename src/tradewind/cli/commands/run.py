"""`tradewind run`: the platform on paper or live, with the gateway, until stopped."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import math
import os
import signal
import sys
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewind.cli.engine import home_of
from tradewind.cli.live_view import LiveView
from tradewind.cli.output import add_json_option, note
from tradewind.cli.platform_options import make_home, options_of
from tradewind.cli.roles import (
    play_bridge,
    play_core,
    play_data,
    play_drop_copy,
    play_execution,
    play_gateway,
    play_market_data,
    play_watchdog,
    play_worker,
    supervise,
)
from tradewind.gateway.process import GatewayProcess, claim_port, missing_modules
from tradewind.model.errors import OutsideError, UserError
from tradewind.model.limits import Limits
from tradewind.model.marking import MARKINGS
from tradewind.runtime.desk import Desk
from tradewind.version import VERSION
from tradewind.wiring import catalog
from tradewind.wiring.execution_role import is_apart
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.limit_profiles import limit_lines
from tradewind.wiring.notify_settings import WANTED
from tradewind.wiring.plans import plan_of
from tradewind.wiring.platform import Platform, PlatformOptions
from tradewind.wiring.priority import check_priority, settled
from tradewind.wiring.role_place import (
    API_GATEWAY,
    DATA_PROCESSOR,
    DROP_COPY,
    EXECUTION_ENGINE,
    MARKET_DATA,
    RISK_MANAGER,
    ROLES,
    SIGNAL_BRIDGE,
    WATCHDOG,
    WORKER,
)
from tradewind.wiring.settings import Settings, load_settings
from tradewind.wiring.stage_plan import (
    to_hold_none,
    to_trade,
)
from tradewind.wiring.trading_venues import SIM, VENUES

EXAMPLE = "tradewind run --for 60"
if TYPE_CHECKING:
    from tradewind.wiring.gateway import GatewayGuest

    Gateway = GatewayProcess | GatewayGuest

VIEW_INTERVAL_S = 0.5
LOG_NAME = "engine.log"
LOG_BYTES_MAX = 10 << 20
LOGS_KEPT = 3
PLAYED = {
    DATA_PROCESSOR: play_data,
    SIGNAL_BRIDGE: play_bridge,
    WORKER: play_worker,
    WATCHDOG: play_watchdog,
    DROP_COPY: play_drop_copy,
}
"""Roles that need nothing but settings."""
STOOD_BY = {MARKET_DATA: play_market_data, EXECUTION_ENGINE: play_execution}
"""Those of them for which another process may stand by."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.add_argument(
        "--for",
        dest="seconds",
        type=float,
        metavar="SECONDS",
        help="end by itself, with a summary and exit code 0",
    )
    parser.add_argument("--home", metavar="FOLDER", help="default: TRADEWIND_HOME")
    parser.add_argument("--port", metavar="PORT", help="of the gateway; default: PORT")
    parser.add_argument("--seed", metavar="SEED", help="of the generated market")
    parser.add_argument(
        "--venue", metavar="VENUE", help=f"{SIM} (the default), {', '.join(VENUES)}"
    )
    parser.add_argument(
        "--mode", choices=("paper", "live"), help="simulated fills, or the venue's own"
    )
    parser.add_argument("--instruments", metavar="SYMBOLS", help="like BTC/USDT,ETH/USDT")
    parser.add_argument("--mark", choices=MARKINGS, help="what positions are valued at")
    gateway = parser.add_mutually_exclusive_group()
    gateway.add_argument(
        "--without-gateway", action="store_true", help="only the engine, nothing on HTTP"
    )
    gateway.add_argument(
        "--single", action="store_true", help="engine and gateway in one process, to debug both"
    )
    several = parser.add_mutually_exclusive_group()
    several.add_argument("--role", choices=ROLES, help="play one role of several processes")
    parser.add_argument(
        "--standby", action="store_true", help="with --role: take over when who plays it dies"
    )
    several.add_argument(
        "--topology", choices=("split",), help="start every role as a process of this computer"
    )
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run until stopped, or for the seconds asked for; 0 when it ended in order."""
    settings = _settings(arguments)
    check_priority(settings)
    may_stand_by = (*STOOD_BY, RISK_MANAGER, API_GATEWAY)
    if arguments.standby and arguments.role not in may_stand_by:
        raise UserError(f"--standby goes with --role {', '.join(may_stand_by)}")
    if arguments.role or arguments.topology:
        return _run_roles(settings, arguments)
    options = options_of(settings)
    gateway = None if arguments.without_gateway else _gateway(settings, arguments)
    try:
        with _logging(options.home / LOG_NAME, settings[catalog.LOG_LEVEL]), _notifying(settings):
            return asyncio.run(_run(settings, options, arguments, gateway))
    finally:
        if gateway is not None:
            gateway.stop()


def _run_roles(settings: Settings, arguments: argparse.Namespace) -> int:
    """Play one role, or see to it that all are played."""
    if arguments.single:
        raise UserError("--single is one process: leave it out, or leave --role and --topology out")
    home, role, seconds = settings[catalog.HOME], arguments.role, arguments.seconds
    make_home(home)
    patience_s = math.inf if arguments.standby else 0.0
    with _logging(home / f"{role or 'supervisor'}.log", settings[catalog.LOG_LEVEL]):
        if role is None:
            options_of(settings)  # what is wrong with them is said once, and here
            return supervise(settings, arguments)
        if role in STOOD_BY:
            return STOOD_BY[role](settings, seconds, patience_s=patience_s)
        if role == API_GATEWAY:
            _check_gateway(settings)
            return play_gateway(settings, seconds, patience_s=patience_s)
        if role in PLAYED:
            return PLAYED[role](settings, seconds)
        options = options_of(settings, to_hold_none if is_apart(settings) else to_trade)
        with _notifying(settings):
            return play_core(
                settings, options, seconds, lambda core: _banner(core, None), patience_s=patience_s
            )


def _notifying(settings: Settings) -> contextlib.AbstractContextManager[None]:
    """What tells people, where a channel is set; else its libraries are not even loaded."""
    if not any(settings[one] for one in WANTED):
        return contextlib.nullcontext()
    from tradewind.wiring.notifications import notifying

    return notifying(settings)


async def _run(
    settings: Settings,
    options: PlatformOptions,
    arguments: argparse.Namespace,
    gateway: Gateway | None,
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    ready: asyncio.Future[Desk] = loop.create_future()
    platform = Platform(options)
    running = asyncio.create_task(platform.run(stop=stop, on_ready=ready.set_result))
    running.add_done_callback(lambda _: ready.done() or ready.cancel())
    try:
        desk = await ready
    except asyncio.CancelledError:
        await running
        raise
    for line in [*_banner(platform, gateway), *_login_lines(gateway)]:
        note(line)
    started_s = loop.time()
    if gateway is not None:
        gateway.start(started_s)
        loop.add_signal_handler(signal.SIGUSR2, lambda: gateway.restart(loop.time()))
    if arguments.seconds is not None:
        loop.call_later(arguments.seconds, stop.set)
    try:
        with settled(settings):
            await _watch(running, desk, gateway, stop, arguments)
            await running
    finally:
        if gateway is not None:
            await gateway.end()
    _summary(desk, loop.time() - started_s, arguments)
    return 0


async def _watch(
    running: asyncio.Task[None],
    desk: Desk,
    gateway: Gateway | None,
    stop: asyncio.Event,
    arguments: argparse.Namespace,
) -> None:
    """Draw the view and look after the gateway until the platform ends."""
    view = LiveView(sys.stderr if arguments.json else sys.stdout, os.environ)
    loop = asyncio.get_running_loop()
    try:
        while not running.done() and not stop.is_set():
            view.show(desk.status())
            if gateway is not None:
                gateway.look_after(loop.time())
            await asyncio.wait([running], timeout=VIEW_INTERVAL_S)
    finally:
        view.close()


class _LogFile(RotatingFileHandler):
    """A log that goes without the lines that its disk does not take; the journal says why."""

    def handleError(self, _record: logging.LogRecord) -> None:
        """Leave a line out: on the terminal it would be a traceback each."""

    def close(self) -> None:
        """Close the file; what a full disk did not take is gone."""
        with contextlib.suppress(OSError):
            super().close()


@contextlib.contextmanager
def _logging(path: Path, level: str) -> Iterator[None]:
    """Log to a file that begins anew when it is long; the terminal belongs to the view."""
    try:
        handler = _LogFile(path, maxBytes=LOG_BYTES_MAX, backupCount=LOGS_KEPT)
    except OSError as error:
        raise OutsideError(
            f"cannot write {path} ({error.strerror}): make room on the disk, or let this user "
            "write there",
            fault="ours",
            retry=True,
        ) from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def _settings(arguments: argparse.Namespace) -> Settings:
    flags: dict[str, str] = {catalog.HOME.name: str(home_of(arguments))}
    for setting, given in (
        (catalog.PORT, arguments.port),
        (catalog.MARKET_SEED, arguments.seed),
        (catalog.VENUE, arguments.venue),
        (catalog.TRADING_MODE, arguments.mode),
        (catalog.INSTRUMENTS, arguments.instruments),
        (catalog.MARK, arguments.mark),
    ):
        if given is not None:
            flags[setting.name] = given
    if arguments.seconds is not None and not arguments.seconds > 0:
        raise UserError(f"--for {arguments.seconds:g}: give seconds greater than 0")
    return load_settings(flags)


def _gateway(settings: Settings, arguments: argparse.Namespace) -> Gateway:
    _check_gateway(settings)
    listening = claim_port(settings[catalog.PORT], settings[catalog.HOST])
    if not arguments.single:
        return GatewayProcess(settings[catalog.HOME], listening, settings[catalog.WORKERS])
    # Here and not above: a run in two processes needs none of the libraries in this one.
    from tradewind.wiring.gateway import GatewayGuest

    return GatewayGuest(settings[catalog.HOME], listening)


def _check_gateway(settings: Settings) -> None:
    """Refuse a gateway that may not or cannot be run."""
    is_live = settings[catalog.TRADING_MODE] == "live"
    if is_live and settings[catalog.AUTHENTICATION] == "local":
        raise UserError(
            "live trading with the gateway needs a login: set TRADEWIND_AUTHENTICATION=required, "
            "or run --without-gateway"
        )
    missing = missing_modules()
    if missing:
        raise OutsideError(
            f"the gateway needs {', '.join(missing)}: install tradewind[gateway], or run "
            "--without-gateway",
            fault="ours",
            retry=False,
        )


def _banner(platform: Platform, gateway: Gateway | None) -> Iterator[str]:
    """Say mode, venue, strategies, limits and where to look."""
    options, plan = platform.options, platform.plan
    state = platform.engine.state
    yield from _mode_lines(platform)
    traded = plan_of(options.strategies, options.symbols, plan.venue)
    plans = [f"{name} on {instrument_id}" for name, (instrument_id, _) in traded.items()]
    yield f"  strategies  {', '.join(plans) or 'none: orders of persons only'}"
    yield from _limit_lines(platform)
    recovered = f"epoch {platform.epoch}, sequence {state.sequence}"
    place = options.journal or JournalPlace(options.home)
    yield f"  journal     {place.shown} ({recovered})"
    if gateway is not None:
        scheme = "https" if load_settings()[catalog.TLS_CERTIFICATE] else "http"
        address = f"{scheme}://127.0.0.1:{gateway.port}"
        yield f"  gateway     {address}  {address}/health  {address}/metrics"
    for scope, (reason, by) in state.halts.items():
        yield f"  HALTED      {scope}: {reason} (by {by}); `tradewind resume` lifts it"


def _limit_lines(platform: Platform) -> Iterator[str]:
    """Say the limits in force: of the account, then of every other scope that has some."""
    account = f"account:{platform.plan.account}"
    in_force = {one.name: one.limits for one in platform.engine.state.scopes()}
    is_demo = platform.plan.mode == "paper" and in_force[account] == platform.options.limits
    for scope, limits in sorted(in_force.items(), key=lambda each: each[0] != account):
        if limits != Limits():
            profile = "demo profile on" if is_demo and scope == account else "on"
            named = scope.replace(":", " ", 1)
            yield f"  limits      {profile} {named}: {', '.join(limit_lines(limits))}"


def _login_lines(gateway: Gateway | None) -> Iterator[str]:
    """Say who may use the gateway, and how the first administrator is made."""
    if gateway is None:
        return
    # Here, since without the extra [gateway] this module cannot be loaded.
    from tradewind.wiring.gateway_app import invitation, needs_login

    settings = load_settings()
    if not needs_login(settings):
        yield "  login       none: whoever sits at this computer may do everything"
        return
    token = invitation(settings)
    yield "  login       required"
    if token:
        yield f"  first administrator: `tradewind users setup --token {token}` within a day"


def _mode_lines(platform: Platform) -> Iterator[str]:
    plan = platform.plan
    if plan.mode == "live":
        yield f"tradewind {VERSION}  LIVE trading: real orders, real money"
        for one in platform.plans:
            yield f"  venue       {one.venue} {one.place.host}, account {one.confirmed}".rstrip()
        return
    has_keys = any(one.keys is not None for one in platform.plans)
    keys = "the key is for market data only" if has_keys else "no keys"
    yield f"tradewind {VERSION}  PAPER trading: no real orders, no account, {keys}"
    if plan.entry is None:
        yield f"  venue       SIM, generated market, seed {plan.seed}"
        return
    for one in platform.plans:
        yield f"  venue       {one.venue} {one.place.host}, real market data, simulated fills"


def _summary(desk: Desk, seconds: float, arguments: argparse.Namespace) -> None:
    """Say what the run did."""
    status = desk.status()
    if arguments.json:
        summary: dict[str, Any] = {"seconds": round(seconds, 3), **status}
        print(json.dumps(summary))
        return
    counts = status["counts"]
    account = status["accounts"][0]
    print(
        f"ran {seconds:.1f} s to sequence {status['sequence']}: "
        f"{counts['market_rows']} market rows, {counts['orders_submitted']} orders, "
        f"{counts['fills']} fills, {counts['orders_denied']} denied; "
        f"equity {account['equity']} {account['currency']}"
    )
