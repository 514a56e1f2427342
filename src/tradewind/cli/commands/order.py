"""`tradewind order`: places one order by hand, plain or worked by an algorithm."""

from __future__ import annotations

import argparse
import secrets
import time
from typing import Any

import msgspec

from tradewind.cli.engine import add_engine_options, home_of
from tradewind.cli.order_terms import add_terms, given_terms, written_order
from tradewind.cli.output import note, print_answer
from tradewind.cli.stored_journal import stored_denial
from tradewind.core.parent_checks import check_algorithm_terms
from tradewind.core.parent_terms import SLICES, AlgorithmTerms, algorithm_intent_of
from tradewind.model.algorithm_messages import Algorithm, AlgorithmIntended, AtEnd
from tradewind.model.errors import UserError
from tradewind.model.ids import PERSON
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import units_of
from tradewind.model.orders import OrderState, Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import InstrumentsRequest, OrdersRequest, PlaceRequest
from tradewind.runtime.person_orders import person_order_id
from tradewind.runtime.wanted_orders import WrittenOrder, wanted_exits, wanted_order
from tradewind.strategies.wishes import curve_of

EXAMPLE = "tradewind order buy 0.5 BTC/USDT.SIM --algorithm twap --seconds 600"
WORKED = ("seconds", "slices", "curve", "participation", "min_child", "at_end", "urgency")
"""Options that only an algorithm has."""
EXIT_DENIED = 1
TYPIST = "cli"
"""Whose groups (`--oco`) those of the command line are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `order`."""
    names = [each.name.lower() for each in Algorithm]
    parser.add_argument("side", choices=["buy", "sell"])
    parser.add_argument("quantity")
    parser.add_argument("instrument", help="as `tradewind status` shows it, or the name of a route")
    parser.add_argument("--limit", metavar="PRICE", help="no worse price; without it at market")
    parser.add_argument("--algorithm", choices=names, help="how the core works it with children")
    parser.add_argument("--display", metavar="QUANTITY", help="an iceberg that shows this much")
    parser.add_argument("--seconds", metavar="N", help="how long the algorithm's window is")
    parser.add_argument("--slices", metavar="N", type=int, help=f"its parts (default: {SLICES})")
    parser.add_argument("--curve", metavar="N,N,...", help="the weight of each slice, for vwap")
    parser.add_argument("--participation", metavar="SHARE", help="of the volume, as 0.1")
    parser.add_argument("--min-child", metavar="QUANTITY", help="smaller children wait")
    parser.add_argument(
        "--urgency", metavar="N", type=float, help="how much earlier, for shortfall"
    )
    parser.add_argument(
        "--at-end",
        choices=[each.name.lower() for each in AtEnd],
        help="what becomes of the rest when the window is over (default: cancel)",
    )
    add_terms(parser)
    parser.add_argument("--key", metavar="TEXT", help="the same key again places nothing twice")
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Place the order; 0 once it is durable, 1 where risk denied it, with rule, value and limit."""
    home = home_of(arguments)
    listing: dict[str, Any] = ask(home, InstrumentsRequest())
    listed = msgspec.convert(listing["instruments"], list[Instrument], strict=False)
    known = {one.id: one for one in listed}
    routes: dict[str, list[str]] = listing.get("routes", {})
    route = arguments.instrument if arguments.instrument in routes else ""
    instrument = known.get(routes[route][0] if route else arguments.instrument)
    if instrument is None:
        names = ", ".join([*known, *routes])
        raise UserError(f"there is no instrument {arguments.instrument!r}: known are {names}")
    wanted = request_of(arguments, listing["journal_id"], instrument, time.time_ns(), route=route)
    order_id = wanted.order.order_id
    done = ask(home, wanted)
    state = next((row["state"] for row in ask(home, OrdersRequest())
                  if row["order_id"] == order_id), "")  # fmt: skip
    exits = {"exit_ids": [each.order_id for each in wanted.exits]} if wanted.exits else {}
    told = {"order_id": order_id, **exits, **done} | ({"state": state} if state else {})
    print_answer(told, arguments)
    if state == OrderState.DENIED.name:
        reason = stored_denial(home, order_id, done["sequence"])
        note(f"tradewind: risk denied {order_id}: {reason}")
        return EXIT_DENIED
    return 0


def request_of(
    arguments: argparse.Namespace,
    journal_id: str,
    instrument: Instrument,
    time_ns: int,
    *,
    route: str = "",
) -> PlaceRequest:
    """What a command line asks for; a window begins at `time_ns`.

    An order by a route is counted in its first leg.
    """
    deed = f"{TYPIST}\n{arguments.key or secrets.token_hex(16)}"
    order_id = person_order_id(journal_id, deed)
    given = {name: getattr(arguments, name) for name in WORKED}
    given = {name: value for name, value in given.items() if value is not None}
    algorithm = arguments.algorithm or ("iceberg" if arguments.display else "")
    algorithm = algorithm or ("at_once" if route else "")
    if algorithm:
        given["algorithm"] = algorithm
        return PlaceRequest(_worked(arguments, given, order_id, instrument, time_ns, route))
    if given:
        name = min(given).replace("_", "-")
        raise UserError(f"--{name} is for an algorithm: name one with --algorithm")
    order = written_order(arguments)
    _check_numbers(order, arguments, instrument)

    def exit_id(name: str) -> str:
        return person_order_id(journal_id, f"{deed}\n{name}")

    exits = wanted_exits(order, order_id, instrument, exit_id)
    return PlaceRequest(wanted_order(order, order_id, instrument, TYPIST), exits)


def _worked(
    arguments: argparse.Namespace,
    given: dict[str, Any],
    order_id: str,
    instrument: Instrument,
    time_ns: int,
    route: str,
) -> AlgorithmIntended:
    """An order that the core works with children."""
    if plain := given_terms(arguments):
        raise UserError(f"{plain[0]}: an order that is worked with children has none")
    if "curve" in given:
        given["curve"] = _curve(given["curve"])
    given = curve_of(given)
    terms = AlgorithmTerms(
        side=Side[arguments.side.upper()],
        quantity=arguments.quantity,
        limit=arguments.limit,
        display=arguments.display,
        route=route,
        **given,
    )
    wanted = algorithm_intent_of(terms, time_ns, order_id, PERSON, instrument)
    check_algorithm_terms(wanted)
    return wanted


def _check_numbers(
    order: WrittenOrder, arguments: argparse.Namespace, instrument: Instrument
) -> None:
    units_above_zero("quantity", order.quantity, instrument.quantity_digits)
    for option in ("limit", "stop", "touch", "trail"):
        if (text := getattr(arguments, option)) is not None:
            units_above_zero(f"--{option}", text, instrument.price_digits)


def units_above_zero(option: str, text: str, digits: int) -> int:
    """A number of a command line in units; `UserError` where it is not above 0.

    >>> units_above_zero("--limit", "-1", 2)
    Traceback (most recent call last):
    tradewind.model.errors.UserError: --limit: -1 is not above 0
    """
    units = units_of(text, digits)
    if units <= 0:
        raise UserError(f"{option}: {text} is not above 0")
    return units


def _curve(text: str) -> tuple[int, ...]:
    try:
        return tuple(map(int, text.split(",")))
    except ValueError:
        raise UserError(f"--curve: {text!r} is no list of whole numbers like 1,2,1") from None
