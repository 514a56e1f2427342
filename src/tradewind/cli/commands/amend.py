"""`tradewind amend`: gives a working order another quantity, price, or distance to trail by."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from tradewind.cli.commands.order import units_above_zero
from tradewind.cli.engine import add_engine_options, home_of
from tradewind.cli.output import print_answer
from tradewind.core.held_terms import PERCENT_DIGITS
from tradewind.core.trails import check_trail
from tradewind.model.conditional_messages import Trigger
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import units_of
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import (
    AmendRequest,
    InstrumentsRequest,
    OpenOrdersRequest,
    OrdersRequest,
)

CHANGES = ("quantity", "limit", "stop", "trail", "trail_percent")
EXAMPLE = "tradewind amend j0-person-1 --quantity 0.4 --limit 59000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `amend`."""
    parser.add_argument("order_id", help="as `tradewind orders --open` shows it")
    parser.add_argument("--quantity", help="the new total, what is filled already included")
    parser.add_argument("--limit", metavar="PRICE", help="another limit price")
    parser.add_argument("--stop", metavar="PRICE", help="another stop price")
    parser.add_argument("--trail", metavar="PRICE", help="another distance of a trailing stop")
    parser.add_argument(
        "--trail-percent", metavar="PERCENT", help="the same in percent of the price"
    )
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask for the amendment; 0 once that is durable. Risk and the venue decide after that."""
    if not any(getattr(arguments, name) for name in CHANGES):
        raise UserError("nothing to change: give --quantity, --limit, --stop or --trail")
    home = home_of(arguments)
    row = _open_order(home, arguments.order_id)
    listing = ask(home, InstrumentsRequest())
    listed = msgspec.convert(listing["instruments"], list[Instrument], strict=False)
    instrument = next(one for one in listed if one.id == row["instrument"])
    done = ask(home, amendment_of(arguments, row, instrument))
    print_answer({"amend_requested": arguments.order_id, **done}, arguments)
    return 0


def amendment_of(
    arguments: argparse.Namespace, row: dict[str, Any], instrument: Instrument
) -> AmendRequest:
    """The request of a command line; what is not given stays as the order has it."""
    quantity = units_above_zero(
        "--quantity", arguments.quantity or row["quantity"], instrument.quantity_digits
    )
    filled = units_of(row["filled_quantity"], instrument.quantity_digits)
    if quantity <= filled:
        raise UserError(
            f"--quantity: {arguments.quantity} is not above the {row['filled_quantity']} that "
            f"{arguments.order_id} has filled: cancel it to have no more"
        )
    digits = instrument.price_digits
    limit = arguments.limit or row["limit_price"]
    return AmendRequest(
        arguments.order_id,
        quantity,
        units_above_zero("--limit", limit, digits) if limit else 0,
        units_above_zero("--stop", arguments.stop, digits) if arguments.stop else 0,
        *_trail(arguments, row, digits),
    )


def _trail(arguments: argparse.Namespace, row: dict[str, Any], digits: int) -> tuple[int, int]:
    """The distance of a command line, in price units and as a share; 0 where it is not given."""
    distance, percent = arguments.trail, arguments.trail_percent
    trail = units_above_zero("--trail", distance, digits) if distance else 0
    share = units_above_zero("--trail-percent", percent, PERCENT_DIGITS) if percent else 0
    check_trail(trail, share)
    if (trail or share) and row["type"] != Trigger.TRAIL.name:
        raise UserError(f"--trail: {arguments.order_id} is no stop that trails")
    return trail, share


def _open_order(home: Any, order_id: str) -> dict[str, Any]:
    """The row of an order that can be amended."""
    for row in ask(home, OpenOrdersRequest())["orders"]:
        if row["order_id"] == order_id:
            return dict(row)
    for row in ask(home, OrdersRequest()):
        if row["order_id"] == order_id:
            raise UserError(f"{order_id} is {row['state']}: only an open order can be amended")
    raise UserError(f"there is no open order {order_id!r}: see `tradewind orders --open`")
