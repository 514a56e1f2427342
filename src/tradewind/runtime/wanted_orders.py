"""What an order that a person writes means: one for the venue, or one that the core holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tradewind.core.held_order import SHARE_ONE
from tradewind.core.held_terms import HeldTerms, intent_of
from tradewind.model.conditional_messages import ConditionalIntended
from tradewind.model.errors import UserError
from tradewind.model.ids import PERSON
from tradewind.model.instruments import Instrument
from tradewind.model.messages import OrderIntended
from tradewind.model.numbers import parse_units
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce

Wanted = OrderIntended | ConditionalIntended

TRIGGERS = ("touch_price", "trail", "trail_percent")
EXIT_STOPS = {
    "stop_loss": "stop",
    "trailing_loss": "trail",
    "trailing_loss_percent": "trail_percent",
}
PRICES = {
    "MARKET": frozenset[str](),
    "LIMIT": frozenset(("limit_price",)),
    "STOP": frozenset(("stop_price",)),
    "STOP_LIMIT": frozenset(("limit_price", "stop_price")),
    "TRAILING_STOP": frozenset(("limit_price", "stop_price", "trail", "trail_percent")),
    "IF_TOUCHED": frozenset(("limit_price", "touch_price")),
}
"""The prices that each type of order may have, when the core holds it."""
OPTIONAL = {
    "TRAILING_STOP": PRICES["TRAILING_STOP"],
    "IF_TOUCHED": frozenset(("limit_price",)),
}
"""Those of them that may be left out; of a trailing stop's two distances one is needed."""


class WrittenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order in words, over HTTP or at the command line; numbers as text.

    `side`, `type`, `time_in_force` and `leg` are names of the model's; `oco` is a word of the
    person's.
    """

    side: str
    quantity: str
    type: str = "MARKET"
    limit_price: str | None = None
    stop_price: str | None = None
    touch_price: str | None = None
    trail: str | None = None
    trail_percent: str | None = None
    take_profit: str | None = None
    stop_loss: str | None = None
    trailing_loss: str | None = None
    trailing_loss_percent: str | None = None
    after: str = ""
    oco: str = ""
    time_in_force: str = "GTC"
    expire_time_ns: int = 0
    post_only: bool = False
    reduce_only: bool = False
    extended_hours: bool = False
    leg: str = "NET"


def wanted_order(order: WrittenOrder, order_id: str, instrument: Instrument, owner: str) -> Wanted:
    """Its intent. A group (`oco`) is the `owner`'s, so that two persons' never meet.

    >>> btc = Instrument("BTC/USDT.SIM", tick="0.01", lot="0.001", currency="USDT")
    >>> order = WrittenOrder(side="SELL", quantity="1", type="IF_TOUCHED", touch_price="61000")
    >>> wanted = wanted_order(order, "j0-person-1", btc, "ann")
    >>> type(wanted).__name__, wanted.trigger.name, wanted.trigger_price
    ('ConditionalIntended', 'TOUCH', 6100000)
    """
    if parse_units(order.quantity, instrument.quantity_digits) == 0:
        raise UserError("quantity: give one above 0")
    if order.type in OPTIONAL or order.after or order.oco:
        return _held(order, order_id, instrument, owner)
    for name in TRIGGERS:
        if getattr(order, name) is not None:
            raise UserError(f"{name}: an order of type {order.type} has none")
    return _plain(order, order_id, instrument)


def wanted_exits(
    order: WrittenOrder, order_id: str, instrument: Instrument, id_of: Callable[[str], str]
) -> tuple[ConditionalIntended, ...]:
    """What closes the position once the order has filled; `id_of` makes the id of each exit."""
    stops = [name for name in EXIT_STOPS if getattr(order, name) is not None]
    if len(stops) > 1:
        raise UserError(f"{stops[1]}: a bracket has one stop, and {stops[0]} is given too")
    kinds = dict.fromkeys(stops, "") | {name: EXIT_STOPS[name] for name in stops}
    if order.take_profit is not None:
        kinds = {"take_profit": "limit", **kinds}
    if kinds and order.reduce_only:
        raise UserError("reduce_only: a bracket is for an order that opens a position")
    closing = Side(-Side[order.side])
    common: dict[str, Any] = {"after": order_id, "oco": order_id, "leg": Leg[order.leg]}
    exits = []
    for name, kind in kinds.items():
        price = getattr(order, name)
        terms = HeldTerms(closing, order.quantity, **{kind: price}, **common)
        exits.append(_intent(terms, id_of(name), instrument))
        _check_exit(name, exits[-1], instrument)
    _check_apart(order, exits)
    return tuple(exits)


def _plain(order: WrittenOrder, order_id: str, instrument: Instrument) -> OrderIntended:
    def price(text: str | None) -> int:
        return parse_units(text, instrument.price_digits) if text else 0

    return OrderIntended(
        0,
        order_id,
        PERSON,
        instrument.id,
        Side[order.side],
        parse_units(order.quantity, instrument.quantity_digits),
        OrderType[order.type],
        price(order.limit_price),
        price(order.stop_price),
        TimeInForce[order.time_in_force],
        flags_of(order),
        order.expire_time_ns,
        Leg[order.leg],
    )


def _held(order: WrittenOrder, order_id: str, instrument: Instrument, owner: str) -> Wanted:
    _check_prices(order)
    terms = HeldTerms(
        Side[order.side],
        order.quantity,
        limit=order.limit_price,
        stop=order.stop_price,
        touch=order.touch_price,
        trail=order.trail,
        trail_percent=order.trail_percent,
        after=order.after,
        oco=f"{owner}:{order.oco}" if order.oco else "",
        time_in_force=TimeInForce[order.time_in_force],
        flags=flags_of(order),
        leg=Leg[order.leg],
        expire_time_ns=order.expire_time_ns,
    )
    return _intent(terms, order_id, instrument)


def _intent(terms: HeldTerms, order_id: str, instrument: Instrument) -> ConditionalIntended:
    intent = intent_of(terms, 0, order_id, PERSON, instrument)
    if intent.trail_share >= SHARE_ONE:
        raise UserError("a stop trails by less than 100 percent of the price")
    return intent


def flags_of(order: WrittenOrder) -> OrderFlag:
    """Its flags."""
    flags = OrderFlag.POST_ONLY if order.post_only else OrderFlag.NONE
    flags |= OrderFlag.REDUCE_ONLY if order.reduce_only else OrderFlag.NONE
    return flags | (OrderFlag.EXTENDED_HOURS if order.extended_hours else OrderFlag.NONE)


def _check_prices(order: WrittenOrder) -> None:
    """An order that the core holds has the prices of its type, and no other."""
    given = {
        name
        for name in ("limit_price", "stop_price", *TRIGGERS)
        if getattr(order, name) is not None
    }
    for name in sorted(given - PRICES[order.type]):
        raise UserError(f"{name}: an order of type {order.type} has none")
    for name in sorted(PRICES[order.type] - OPTIONAL.get(order.type, frozenset()) - given):
        raise UserError(f"{name}: an order of type {order.type} needs one")
    if order.type == "TRAILING_STOP" and len(given & {"trail", "trail_percent"}) != 1:
        raise UserError("trail: a trailing stop needs either this distance or trail_percent")


def _check_exit(name: str, exit_: ConditionalIntended, instrument: Instrument) -> None:
    """An exit that would be denied must not leave its entry alone."""
    prices = (exit_.limit_price, exit_.trigger_price, exit_.trail)
    if not any(prices) and not exit_.trail_share:
        raise UserError(f"{name}: give one above 0")
    if any(price % instrument.tick_units for price in prices[:2]):
        raise UserError(f"{name}: prices of {instrument.id} are multiples of {instrument.tick}")


def _check_apart(order: WrittenOrder, exits: list[ConditionalIntended]) -> None:
    """Profit and loss lie on the two sides of the price."""
    if order.take_profit is None or order.stop_loss is None:
        return
    profit, loss = exits[0].limit_price, exits[1].trigger_price
    if (profit - loss) * Side[order.side] <= 0:
        where = "above" if Side[order.side] > 0 else "below"
        raise UserError(f"take_profit: of a {order.side} order it is {where} its stop_loss")
