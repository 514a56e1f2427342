"""New prices: marks, and what waited for a price (targets, held orders)."""

from __future__ import annotations

from tradewind.core.held_orders import due_at, due_in_bar
from tradewind.core.market import Market
from tradewind.core.parent_orders import volume_traded
from tradewind.core.stepper import Stepper
from tradewind.core.targets import due_targets, size_target


class Pricer(Stepper):
    """A `Stepper` that takes prices: what `Engine` does with every market row."""

    __slots__ = ()

    def _price(self, market: Market, time_ns: int, mark: int, buy: int, sell: int) -> None:
        """A new mark; targets that waited for a price are sized at what each side would pay."""
        market.mark = mark
        market.mark_time_ns = time_ns
        if not market.is_repriced and market.holders:
            self.state.reprice(market)
        if market.target_count > 0:
            self._size_targets(market, buy, sell)

    def _reprice(self, market: Market) -> None:
        """A side that went may be what a position was valued at."""
        if not market.is_repriced and market.holders:
            self.state.reprice(market)

    def _size_targets(self, market: Market, buy: int, sell: int) -> None:
        for target in due_targets(self.state, market):
            self._sized(size_target(self.state, target, buy if target.value >= 0 else sell))
        self._drain()

    def _watch(self, market: Market, buy: int, sell: int) -> None:
        """Let go what the core holds for a price; once trades come, quotes say nothing."""
        if buy != sell and market.last > 0:
            return
        for decision in due_at(self.state, market, buy, sell):
            self._decide(decision)
        self._drain()

    def _watch_trade(self, market: Market, price: int, size: int) -> None:
        """Let go what the core holds for a price, and tell parents what has traded."""
        self._watch(market, price, price)
        self._count_volume(market, size, 0)

    def _watch_bar(self, market: Market, high: int, low: int, close: int, volume: int) -> None:
        """Let go what the core holds for a price inside a bar, and tell parents its volume."""
        for decision in due_in_bar(self.state, market, high, low, close):
            self._decide(decision)
        self._drain()
        self._count_volume(market, volume, 1)

    def _count_volume(self, market: Market, size: int, of_bar: int) -> None:
        if self.state.parents:
            for decision in volume_traded(self.state, market, size, of_bar=of_bar):
                self._decide(decision)
            self.next_due_ns = 0  # one that was denied a child rests until a time
            self._drain()
