"""The terms of an order that is not worked by an algorithm, as the command line gives them."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from tradewind.model.errors import UserError
from tradewind.model.orders import TimeInForce
from tradewind.runtime.wanted_orders import WrittenOrder

PRICES = {
    "stop": "stop_price",
    "touch": "touch_price",
    "trail": "trail",
    "trail_percent": "trail_percent",
    "take_profit": "take_profit",
    "stop_loss": "stop_loss",
    "trailing_loss": "trailing_loss",
    "trailing_loss_percent": "trailing_loss_percent",
}
"""Options with a number, by what an order calls it."""
OTHERS = ("after", "oco", "time_in_force", "until", "post_only", "reduce_only", "extended_hours")


def add_terms(parser: argparse.ArgumentParser) -> None:
    """Add the options that an algorithm has not."""
    terms = parser.add_argument_group("terms of an order that no algorithm works")
    terms.add_argument("--stop", metavar="PRICE", help="it becomes an order at this price")
    terms.add_argument("--touch", metavar="PRICE", help="the same, from the better side")
    terms.add_argument("--trail", metavar="DISTANCE", help="a stop that follows the price")
    terms.add_argument("--trail-percent", metavar="N", help="its distance as percent of the price")
    terms.add_argument("--take-profit", metavar="PRICE", help="closes what was filled at a profit")
    terms.add_argument("--stop-loss", metavar="PRICE", help="closes what was filled at a loss")
    terms.add_argument("--trailing-loss", metavar="DISTANCE", help="the same by a trailing stop")
    terms.add_argument("--trailing-loss-percent", metavar="N", help="its distance in percent")
    terms.add_argument("--after", metavar="ID", help="waits for the fills of this order")
    terms.add_argument("--oco", metavar="WORD", help="one of the orders with this word works")
    terms.add_argument(
        "--time-in-force",
        choices=[each.name.lower() for each in TimeInForce],
        help="how long it works (default: gtc, until it is canceled)",
    )
    terms.add_argument("--until", metavar="TIME", help="the end of gtd, as 2026-01-05T14:30Z")
    terms.add_argument("--post-only", action="store_true", help="never takes from the book")
    terms.add_argument("--reduce-only", action="store_true", help="never opens a position")
    terms.add_argument("--extended-hours", action="store_true", help="works outside the session")


def given_terms(arguments: argparse.Namespace) -> list[str]:
    """The options of `add_terms` that were given, as they are written.

    >>> parser = argparse.ArgumentParser()
    >>> add_terms(parser)
    >>> given_terms(parser.parse_args(["--stop-loss", "9", "--post-only"]))
    ['--post-only', '--stop-loss']
    """
    names = [name for name in (*PRICES, *OTHERS) if getattr(arguments, name)]
    return sorted(f"--{name.replace('_', '-')}" for name in names)


def written_order(arguments: argparse.Namespace) -> WrittenOrder:
    """The order of a command line; its type follows from the prices that are given."""
    in_force = (arguments.time_in_force or "gtc").upper()
    if (in_force == TimeInForce.GTD.name) != (arguments.until is not None):
        raise UserError("--time-in-force gtd and --until go together: give both or none")
    return WrittenOrder(
        side=arguments.side.upper(),
        quantity=arguments.quantity,
        type=_type_of(arguments),
        limit_price=arguments.limit,
        after=arguments.after or "",
        oco=arguments.oco or "",
        time_in_force=in_force,
        expire_time_ns=_time_ns(arguments.until) if arguments.until else 0,
        post_only=arguments.post_only,
        reduce_only=arguments.reduce_only,
        extended_hours=arguments.extended_hours,
        **{name: getattr(arguments, option) for option, name in PRICES.items()},
    )


def _type_of(arguments: argparse.Namespace) -> str:
    if arguments.touch is not None:
        return "IF_TOUCHED"
    if arguments.trail is not None or arguments.trail_percent is not None:
        return "TRAILING_STOP"
    kind = "MARKET" if arguments.limit is None else "LIMIT"
    if arguments.stop is None:
        return kind
    return "STOP" if arguments.limit is None else "STOP_LIMIT"


def _time_ns(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"--until: {text!r} is no time: write 2026-01-05T14:30Z") from None
    whole = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(whole.timestamp()) * 10**9
