"""What a strategy says of an order that the core holds, and how it sees one."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from tradewind.core.held_order import HeldOrder
from tradewind.core.market import Market
from tradewind.model.conditional_messages import ConditionalIntended, Trigger
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import money_of, to_decimal, units_of
from tradewind.model.orders import Leg, OrderFlag, Side, TimeInForce

Number = Decimal | str | int | float
PERCENT_DIGITS = 7
"""Digits of a percentage: a share of 10^-9."""


class HeldTerms(NamedTuple):
    """An order to hold; prices as people give them. `after` is an order's id, `oco` a name.

    `stop`, `touch`, `trail` (a distance) and `trail_percent` say which price lets it go, at most
    one of them; a `stop` beside a trail is where the trail begins.
    """

    side: Side
    quantity: Number
    limit: Number | None = None
    stop: Number | None = None
    touch: Number | None = None
    trail: Number | None = None
    trail_percent: Number | None = None
    after: str = ""
    oco: str = ""
    time_in_force: TimeInForce = TimeInForce.GTC
    flags: OrderFlag = OrderFlag.NONE
    leg: Leg = Leg.NET
    expire_time_ns: int = 0


def intent_of(
    terms: HeldTerms, time_ns: int, order_id: str, strategy: str, instrument: Instrument
) -> ConditionalIntended:
    """The intent of some terms, exact.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> terms = HeldTerms(Side.SELL, 10, trail_percent="1.5")
    >>> intent_of(terms, 5, "j0-x-1", "x", goog).trail_share
    15000000
    """
    digits = instrument.price_digits
    prices = [
        _units(price, digits) for price in (terms.limit, terms.stop, terms.touch, terms.trail)
    ]
    limit, stop, touch, trail = prices
    return ConditionalIntended(
        time_ns,
        order_id,
        strategy,
        instrument.id,
        Side(terms.side),
        units_of(terms.quantity, instrument.quantity_digits),
        _trigger_of(terms),
        limit_price=limit,
        trigger_price=stop or touch,
        trail=trail,
        trail_share=_units(terms.trail_percent, PERCENT_DIGITS),
        time_in_force=TimeInForce(terms.time_in_force),
        flags=OrderFlag(terms.flags),
        expire_time_ns=int(terms.expire_time_ns),
        leg=Leg(terms.leg),
        parent=terms.after,
        group=terms.oco,
    )


def _units(number: Number | None, digits: int) -> int:
    return 0 if number is None else units_of(number, digits)


def _trigger_of(terms: HeldTerms) -> Trigger:
    is_trail = terms.trail is not None or terms.trail_percent is not None
    if terms.touch is not None and (is_trail or terms.stop is not None):
        raise UserError("an order is let go by touch= or by a stop, not by both")
    if terms.trail is not None and terms.trail_percent is not None:
        raise UserError("a stop trails by trail= or by trail_percent=, not by both")
    if is_trail:
        return Trigger.TRAIL
    if terms.touch is not None:
        return Trigger.TOUCH
    return Trigger.AT_ONCE if terms.stop is None else Trigger.STOP


def lots_for(market: Market, side: int, value: Number) -> int:
    """The most whole lots, in units, that an amount of the instrument's currency is worth.

    A buyer reckons with the ask, a seller with the bid, both with the latest price where there
    is no quote.
    """
    quoted = market.ask if side > 0 else market.bid
    price = quoted or market.mark
    if price <= 0:
        raise UserError(f"{market.id} has no price yet: an amount cannot become a quantity")
    money = money_of(value, market.instrument.money_digits)
    units = money * market.money_divisor // (price * market.money_factor)
    return int(units // market.lot * market.lot)


class HeldView:
    """One order that the core holds, as of now."""

    __slots__ = ("_held", "_market")

    def __init__(self, held: HeldOrder, market: Market) -> None:
        self._held = held
        self._market = market

    @property
    def order_id(self) -> str:
        """The id it will be sent with."""
        return self._held.order_id

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return Side(self._held.terms.side)

    @property
    def quantity(self) -> Decimal:
        """What would be sent now."""
        return to_decimal(self._held.quantity, self._market.instrument.quantity_digits)

    @property
    def trigger_price(self) -> Decimal | None:
        """The price that lets it go; of a stop that trails, as of now."""
        units = self._held.trigger_price
        return to_decimal(units, self._market.instrument.price_digits) if units else None

    @property
    def waits_for(self) -> str:
        """The id of the order it waits for, if any."""
        return self._held.terms.parent if self._held.is_waiting else ""
