"""Market making: a quote on each side of the middle, leaning against the inventory."""

from __future__ import annotations

from tradewind.core.order_view import FillView
from tradewind.model.market import Quote
from tradewind.model.orders import OrderFlag
from tradewind.strategies.base import Strategy

SECOND_NS = 1_000_000_000


class MarketMaker(Strategy):
    """Keep one post-only order on each side; move them when the middle has moved.

    They move by at least `move_share` of price, and not more often than every `pause_ms`.

    `quantity` is the size of a quote (text, exact), `spread_share` the distance of each side
    from the middle as a share of price, `lean_share` how much of it one quote of inventory
    shifts both, `inventory_max` how many quotes of inventory stop a side.

    The skew is the linear form of M. Avellaneda, S. Stoikov, "High-frequency trading in a limit
    order book", Quantitative Finance 8 (2008), equation 29.
    """

    quantity: str = "0.01"
    spread_share: float = 0.0002
    lean_share: float = 0.00005
    inventory_max: int = 5
    move_share: float = 0.0001
    pause_ms: int = 250

    def on_start(self) -> None:
        """Ask for quotes."""
        self.middle = 0.0
        self.moved_ns = 0
        self.subscribe_quotes(self.instrument)

    def on_quote(self, quote: Quote) -> None:
        """Quote anew where the middle has moved by `move_share`, not more often than the pause."""
        if quote.bid <= 0.0 or quote.ask <= 0.0:
            return
        if self.time_ns - self.moved_ns < self.pause_ms * (SECOND_NS // 1000):
            return
        middle = quote.mid
        if self.middle and abs(middle / self.middle - 1.0) < self.move_share:
            return
        self.requote(middle)

    def on_fill(self, fill: FillView) -> None:
        """A fill changes the inventory, so the next quote moves both sides."""
        self.middle = 0.0

    def requote(self, middle: float) -> None:
        """Replace both orders around a middle."""
        self.middle = middle
        self.moved_ns = self.time_ns
        self.cancel_all()
        inventory = float(self.position.quantity) / float(self.quantity)
        center = middle * (1.0 - self.lean_share * inventory)
        if inventory < self.inventory_max:
            price = self.price_below(center * (1.0 - self.spread_share))
            self.buy(self.quantity, limit=price, flags=OrderFlag.POST_ONLY)
        if inventory > -self.inventory_max:
            price = self.price_above(center * (1.0 + self.spread_share))
            self.sell(self.quantity, limit=price, flags=OrderFlag.POST_ONLY)
