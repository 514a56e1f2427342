"""What the market does to resting orders: prints go through them, new prices run into them."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING

from tradewind.venue.book import Book, Match
from tradewind.venue.events import PublicTrade
from tradewind.venue.ladder import visible_part
from tradewind.venue.orders import ZERO, Fill, Order

if TYPE_CHECKING:
    from tradewind.venue.exchange import Exchange


def fill_by_print(exchange: Exchange, book: Book, passive: int, trade: PublicTrade) -> Decimal:
    """Fill orders that the printed trade went through or reached; what it left over."""
    ladder, left = book.sides[passive], trade.quantity
    for price in ladder.order_prices():
        if left <= 0 or not ladder.reaches(price, trade.price):
            break
        # At the price itself the market that stood there first goes first.
        passed = left if price == trade.price else ZERO
        left -= _fill_queue(
            exchange, book, ladder.levels[price].orders, left, passed, trade.time_ns
        )
    return left


def _fill_queue(
    exchange: Exchange,
    book: Book,
    orders: list[Order],
    left: Decimal,
    passing: Decimal,
    time_ns: int,
) -> Decimal:
    """Fill the orders of a price with what is left; `passing` may go to the market before."""
    passed = filled = ZERO
    waiting = deque(orders)
    while waiting:
        order = waiting.popleft()
        if passing:
            passed += min(left - passed - filled, max(ZERO, order.queue_ahead - passed))
            order.queue_ahead -= min(passed, order.queue_ahead)
            if order.queue_ahead:
                continue
        quantity = min(left - passed - filled, visible_part(order))
        if quantity > 0:
            filled += quantity
            if fill_maker(exchange, book, order, quantity, time_ns):
                waiting.append(order)
    return filled


def meet_crossed(exchange: Exchange, book: Book, side: int, time_ns: int) -> None:
    """Orders that the market's new prices run into are filled at their own price."""
    ladder, opposite = book.sides[side], book.sides[-side]
    for price in ladder.order_prices():
        waiting = deque(ladder.levels[price].orders)
        while waiting:
            order = waiting.popleft()
            best = opposite.best_market()
            if best is None or not opposite.reaches(best, price):
                return
            available = opposite.levels[best].available
            quantity = min(visible_part(order), available)
            book.consume(-side, Match(best, quantity, None))
            opposite.tidy(best)
            if fill_maker(exchange, book, order, quantity, time_ns):
                waiting.append(order)


def fill_maker(
    exchange: Exchange, book: Book, order: Order, quantity: Decimal, time_ns: int
) -> bool:
    """Fill a resting order at its price against the market; True where it shows a further part."""
    assert order.price is not None
    trade_id = exchange.voice.trade_id(book)
    exchange.apply_fill(
        order, Fill(trade_id, order.id, order.price, quantity, time_ns, is_maker=True)
    )
    exchange.voice.own_trade(book, trade_id, order.price, quantity, time_ns, order.side)
    exchange.printed(book, order.price, time_ns)
    return book.filled(order, quantity)
