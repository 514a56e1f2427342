"""`tradewind venue`: a local venue that speaks a real venue's protocol, until stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tradewind.cli.output import add_json_option, note
from tradewind.model.errors import UserError
from tradewind.venue.catalog import VENUES, make_protocol
from tradewind.venue.chaos import Chaos
from tradewind.venue.clock import VenueClock, clock_from
from tradewind.venue.equities.times import parse_time
from tradewind.venue.faults import FAULTS, Faults, parse_fault
from tradewind.venue.options import VenueOptions
from tradewind.venue.server import HOST, VenueServer

EXAMPLE = "tradewind venue binance --port 8080 --chaos reply-lost:probability=0.1"
SPEED_MAX = 10_000.0
RATES_MAX = 1_000
TRADING_VENUES = ("alpaca", "binance", "binance-usdm")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `venue`."""
    parser.add_argument("name", metavar="VENUE", help=f"one of {', '.join(VENUES)}")
    parser.add_argument("--port", type=int, default=0, help="default: a free one, printed")
    parser.add_argument("--host", default=HOST, help=f"interface to listen on; default: {HOST}")
    parser.add_argument("--seed", type=int, default=7, help="of the generated market; default: 7")
    parser.add_argument("--speed", type=float, default=1.0, help="of the market; default: 1")
    parser.add_argument("--still", action="store_true", help="a market that does not move")
    parser.add_argument(
        "--clock", metavar="TIME", help="the venue's time at its start, as 2026-11-20T15:00:00Z"
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="a recorded capture as market")
    parser.add_argument(
        "--chaos",
        action="append",
        nargs="+",
        default=[],
        metavar="NAME",
        help="faults, as reply-lost:probability=0.1,count=3; `--chaos list` shows them",
    )
    parser.add_argument(
        "--rates", type=int, default=1, metavar="N", help="N times the venue's rate limits"
    )
    parser.add_argument("--for", dest="seconds", type=float, help="end by itself after seconds")
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped, or for the seconds asked for; 0."""
    names = [name for group in arguments.chaos for name in group]
    if names == ["list"]:
        print("\n".join(f"{name:<18} {what}" for name, what in FAULTS.items()))
        return 0
    server = VenueServer(_protocol(arguments, names), host=arguments.host, port=arguments.port)
    return asyncio.run(_serve(server, arguments))


def _protocol(arguments: argparse.Namespace, names: list[str]) -> Any:
    if not 0 < arguments.speed <= SPEED_MAX:
        raise UserError(f"--speed {arguments.speed:g}: give more than 0, at most {SPEED_MAX:g}")
    if not 0 <= arguments.port < 1 << 16:
        raise UserError(f"--port {arguments.port}: give a port in 0 .. 65535")
    faults = Faults(seed=arguments.seed)
    for text in names:
        name, strength = parse_fault(text)
        faults.switch_on(name, **strength)
    options = VenueOptions(arguments.seed, arguments.speed, arguments.replay, still=arguments.still)
    rates = _rates(arguments.rates, arguments.name)
    chaos = Chaos(faults, _clock(arguments.clock, faults), rates=rates)
    return make_protocol(arguments.name, chaos, options)


def _rates(rates: int, name: str) -> int:
    """How many times the venue's own limits; venues of data keep theirs."""
    if not 1 <= rates <= RATES_MAX:
        raise UserError(f"--rates {rates}: give a number in 1 .. {RATES_MAX}")
    if rates > 1 and name not in TRADING_VENUES:
        raise UserError(f"--rates is for venues that trade: {', '.join(TRADING_VENUES)}")
    return rates


def _clock(text: str | None, faults: Faults) -> VenueClock:
    """The machine's clock, or one that begins at another time."""
    if text is None:
        return VenueClock(faults)
    try:
        return VenueClock(faults, clock_from(parse_time(text)))
    except ValueError:
        raise UserError(f"--clock {text!r} is not a time: use 2026-11-20T15:00:00Z") from None


async def _serve(server: VenueServer, arguments: argparse.Namespace) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with server:
        _print_start(server, arguments)
        if arguments.seconds is not None:
            loop.call_later(arguments.seconds, stop.set)
        stopped = asyncio.create_task(stop.wait())
        failed = asyncio.create_task(server.run_until_failed())
        await asyncio.wait({stopped, failed}, return_when=asyncio.FIRST_COMPLETED)
        failed.cancel()
        stopped.cancel()
        if failed.done() and not failed.cancelled():
            await failed
    return 0


def _print_start(server: VenueServer, arguments: argparse.Namespace) -> None:
    """Say where it is and what to begin with; the keys are of play money."""
    about = server.protocol.describe()
    if arguments.json:
        where = {"url": server.url, "ws_url": server.ws_url, "admin": f"{server.url}/admin"}
        print(json.dumps({**where, **about}), flush=True)
        return
    for line in _lines(server, about):
        note(line)


def _lines(server: VenueServer, about: dict[str, Any]) -> Iterator[str]:
    yield f"local venue {about['venue']}: play money, the venue's own protocol"
    yield f"  REST       {server.url}"
    yield f"  WebSocket  {server.ws_url}"
    yield f"  operator   {server.url}/admin  (log, accounts, faults)"
    yield f"  symbols    {' '.join(about['symbols'])}"
    for account in about["accounts"]:
        yield f"  account    {account['name']}: key {account['key']}"
        if account["secret"]:
            yield f"             secret {account['secret']}"
    faults = server.protocol.chaos.faults.rows()
    if faults:
        yield f"  faults     {', '.join(fault['name'] for fault in faults)}"
