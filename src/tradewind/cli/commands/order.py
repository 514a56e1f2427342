"""`tradewind order`: places one order by hand, plain or worked by an algorithm."""

from __future__ import annotations

import argparse
import secrets
import time
from typing import Any

import msgspec

from tradewind.cli.engine import add_engine_options, home_of
from tradewind.cli.output import print_answer
from tradewind.core.parent_checks import check_algorithm_terms
from tradewind.core.parent_terms import SLICES, AlgorithmTerms, algorithm_intent_of
from tradewind.model.algorithm_messages import Algorithm, AlgorithmIntended, AtEnd
from tradewind.model.errors import UserError
from tradewind.model.ids import PERSON
from tradewind.model.instruments import Instrument
from tradewind.model.messages import OrderIntended
from tradewind.model.numbers import units_of
from tradewind.model.orders import OrderType, Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import InstrumentsRequest, PlaceRequest
from tradewind.runtime.person_orders import person_order_id
from tradewind.strategies.wishes import curve_of

EXAMPLE = "tradewind order buy 0.5 BTC/USDT.SIM --algorithm twap --seconds 600"
WORKED = ("seconds", "slices", "curve", "participation", "min_child", "at_end", "urgency")
"""Options that only an algorithm has."""


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
    parser.add_argument("--key", metavar="TEXT", help="the same key again places nothing twice")
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Place the order; 0 once it is durable. Risk decides after that: see `tradewind orders`."""
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
    deed = f"cli\n{arguments.key or secrets.token_hex(16)}"
    order_id = person_order_id(listing["journal_id"], deed)
    wanted = order_of(arguments, order_id, instrument, time.time_ns(), route=route)
    done = ask(home, PlaceRequest(wanted))
    print_answer({"order_id": order_id, **done}, arguments)
    return 0


def order_of(
    arguments: argparse.Namespace,
    order_id: str,
    instrument: Instrument,
    time_ns: int,
    *,
    route: str = "",
) -> OrderIntended | AlgorithmIntended:
    """The intent of a command line; a window begins at `time_ns`.

    An order by a route is counted in its first leg.
    """
    side = Side[arguments.side.upper()]
    given = {name: getattr(arguments, name) for name in WORKED}
    given = {name: value for name, value in given.items() if value is not None}
    algorithm = arguments.algorithm or ("iceberg" if arguments.display else "")
    algorithm = algorithm or ("at_once" if route else "")
    if not algorithm:
        if given:
            name = min(given).replace("_", "-")
            raise UserError(f"--{name} is for an algorithm: name one with --algorithm")
        quantity = units_of(arguments.quantity, instrument.quantity_digits)
        price = units_of(arguments.limit or 0, instrument.price_digits)
        kind = OrderType.LIMIT if arguments.limit else OrderType.MARKET
        return OrderIntended(0, order_id, PERSON, instrument.id, side, quantity, kind, price)
    if "curve" in given:
        given["curve"] = _curve(given["curve"])
    given = curve_of({"algorithm": algorithm, **given})
    terms = AlgorithmTerms(
        side=side,
        quantity=arguments.quantity,
        limit=arguments.limit,
        display=arguments.display,
        route=route,
        **given,
    )
    wanted = algorithm_intent_of(terms, time_ns, order_id, PERSON, instrument)
    check_algorithm_terms(wanted)
    return wanted


def _curve(text: str) -> tuple[int, ...]:
    try:
        return tuple(map(int, text.split(",")))
    except ValueError:
        raise UserError(f"--curve: {text!r} is no list of whole numbers like 1,2,1") from None
