"""Accumulating: a fixed quantity at intervals until a total is held, by a route where one is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradewind.strategies.base import Strategy

SECOND_NS = 1_000_000_000


class Accumulator(Strategy):
    """Buy `quantity` every `every_s` seconds until the position is `total` (text, exact).

    With the name of a `route` each order is divided among its venues, and the positions of its legs
    count together. An order that works is waited for; what was denied or came back unfilled is
    tried again at the next time.
    """

    quantity: str = "0.01"
    total: str = "0.1"
    every_s: int = 60
    route: str = ""

    def on_start(self) -> None:
        """Look at the route, and be called at intervals."""
        if self.route:
            self.legs_of(self.route)
        interval_ns = self.every_s * SECOND_NS
        self.set_timer("buy", self.time_ns + interval_ns, interval_ns)

    def on_timer(self, name: str) -> None:
        """Buy what is left, at most the quantity of one time."""
        legs = self.legs_of(self.route) if self.route else [self.instrument]
        held = sum((self.position_in(leg).quantity for leg in legs), Decimal(0))
        left = min(Decimal(self.quantity), Decimal(self.total) - held)
        if left <= 0 or self.open_orders or self.parent_orders:
            return
        terms: dict[str, Any] = {"route": self.route} if self.route else {}
        self.buy(left, **terms)
