"""One order that the core holds: its terms, and when a price lets it go."""

from __future__ import annotations

from typing import Any

import msgspec

from tradewind.model.conditional_messages import ConditionalIntended, Trigger

SHARE_ONE = 10**9


class HeldOrder:
    """The terms of a `ConditionalIntended`, with numbers, and what has become of them.

    `is_waiting`: its parent has not filled yet. `is_due`: its price came, but another order must
    end first. `trigger_price` of a trailing stop moves; `sent_quantity` is what its group's
    working order has filled already.

    >>> terms = ConditionalIntended(5, "j0-x-1", "x", "GOOG.SIM", -1, 3, Trigger.TRAIL, trail=100)
    >>> held = HeldOrder(terms, 0, 0, 1)
    >>> held.follow(5000), held.trigger_price, held.is_reached_by(4900)
    (None, 4900, True)
    """

    __slots__ = (
        "instrument",
        "is_due",
        "is_waiting",
        "quantity",
        "strategy",
        "terms",
        "tick",
        "trigger_price",
    )

    def __init__(
        self, terms: ConditionalIntended, strategy: int, instrument: int, tick: int
    ) -> None:
        self.terms = terms
        self.strategy = strategy
        self.instrument = instrument
        self.tick = tick
        self.quantity = terms.quantity
        self.trigger_price = terms.trigger_price
        self.is_waiting = bool(terms.parent)
        self.is_due = False

    @property
    def order_id(self) -> str:
        """The id it was wanted with, and will be sent with."""
        return self.terms.order_id

    @property
    def is_stop(self) -> bool:
        """Whether it is sent as a stop order: nothing else that is sent at once has a price."""
        return self.terms.trigger == Trigger.AT_ONCE and self.terms.trigger_price > 0

    def is_reached_by(self, price: int) -> bool:
        """Whether a price lets it go."""
        trigger = self.terms.trigger
        if trigger == Trigger.AT_ONCE:
            return True
        if self.trigger_price <= 0:
            return False
        direction = -self.terms.side if trigger == Trigger.TOUCH else self.terms.side
        return (price - self.trigger_price) * direction >= 0

    def is_reached_in(self, high: int, low: int, close: int) -> bool:
        """Whether a bar lets it go; a trailing stop is moved by the bar if it survives it.

        The worst for it comes first: a stop that trails is judged by the bar's far end, then
        moved by the near end, then judged by the close.
        """
        trigger, side = self.terms.trigger, self.terms.side
        rising = side < 0 if trigger == Trigger.TOUCH else side > 0
        if self.is_reached_by(high if rising else low):
            return True
        if trigger != Trigger.TRAIL:
            return False
        self.follow(low if rising else high)
        return self.is_reached_by(close)

    def follow(self, price: int) -> None:
        """Let a trailing stop come nearer behind a price; it never goes away from it."""
        terms = self.terms
        if terms.trigger != Trigger.TRAIL or price <= 0:
            return
        side, tick = terms.side, self.tick
        away = terms.trail or -(-price * terms.trail_share // SHARE_ONE)
        stop = price + side * away
        # off the grid it goes away from the price, to the next tick
        stop = -(-stop // tick) * tick if side > 0 else stop // tick * tick
        if stop > 0 and (self.trigger_price <= 0 or (self.trigger_price - stop) * side > 0):
            self.trigger_price = stop

    def become(self, **terms: object) -> None:
        """Have other terms."""
        self.terms = msgspec.structs.replace(self.terms, **terms)

    def snapshot(self) -> list[object]:
        """Its terms and what moves."""
        return [self.terms, self.quantity, self.trigger_price, self.is_waiting, self.is_due]


def held_from(
    terms: ConditionalIntended, strategy: int, instrument: int, tick: int, stored: list[Any]
) -> HeldOrder:
    """The order that `snapshot` gave, with the numbers of its strategy and instrument."""
    held = HeldOrder(terms, strategy, instrument, tick)
    _, held.quantity, held.trigger_price, held.is_waiting, held.is_due = stored
    return held
