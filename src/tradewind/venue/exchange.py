"""The exchange: accounts whose orders meet each other and the market; a pure state machine.

Time and chance come in as arguments: the same calls give the same orders, fills and events.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from tradewind.venue.accounts import Account, Clearing
from tradewind.venue.book import Book, Match
from tradewind.venue.events import Happened, PublicTrade
from tradewind.venue.listing import Listing
from tradewind.venue.market_meeting import fill_by_print, fill_maker, meet_crossed
from tradewind.venue.order_log import OrderLog
from tradewind.venue.orders import BUY, ZERO, Fill, Lifetime, Order, Status
from tradewind.venue.stops import Stops
from tradewind.venue.voice import Voice


class Exchange:
    """Takes orders of accounts and market data of listings; tells its listeners what happens."""

    def __init__(self, listings: Iterable[Listing], clearing: Clearing) -> None:
        self.clearing = clearing
        self.books = {listing.symbol: Book(listing) for listing in listings}
        self.accounts: dict[str, Account] = {}
        self.orders: dict[int, Order] = {}
        self.open: dict[int, Order] = {}
        self.log = OrderLog()
        self.voice = Voice(self.log)
        self.stops = {symbol: Stops() for symbol in self.books}
        self.halts: dict[str, str] = {}
        self._next_order_id = 1
        self._afterwards: deque[Callable[[], None]] = deque()

    def afterwards(self, action: Callable[[], None]) -> None:
        """Do something when the running step is through: listeners may not act within it."""
        self._afterwards.append(action)

    def _finish(self) -> None:
        """Do what the step set off: triggered stops, the other legs of lists."""
        while self._afterwards:
            self._afterwards.popleft()()

    def listing(self, symbol: str) -> Listing:
        """The listing of a symbol; KeyError where there is none."""
        return self.books[symbol].listing

    def next_order_id(self) -> int:
        """A new order's number."""
        self._next_order_id += 1
        return self._next_order_id - 1

    # --- orders ------------------------------------------------------------------------------

    def submit(self, order: Order, time_ns: int) -> Order:
        """Take an order: it comes back REJECTED with a reason, or with what became of it."""
        order.created_ns = order.updated_ns = time_ns
        self.log.note_order("received", time_ns, order)
        reason = self._refusal(order)
        if reason:
            return self._reject(order, reason, time_ns)
        self.orders[order.id] = self.open[order.id] = order
        self._admit(order, time_ns)
        return order

    def _admit(self, order: Order, time_ns: int) -> None:
        """Tell of an order that is paid for, and let it begin."""
        if order.stop_price is None and order.trailing_share is None:
            order.working_ns = time_ns
        self.voice.order(Happened.NEW, order, time_ns)
        self._balances_changed(order, time_ns)
        self._begin(order, time_ns)
        self._finish()

    def wait(self, order: Order, time_ns: int) -> None:
        """Take a leg that waits for another; it is paid for when `release_leg` calls it."""
        order.created_ns = order.updated_ns = time_ns
        order.status = Status.PENDING_NEW
        self.orders[order.id] = self.open[order.id] = order
        self.log.note_order("waiting", time_ns, order)
        self.voice.order(Happened.NEW, order, time_ns)

    def release_leg(self, order: Order, time_ns: int) -> None:
        """The leg that an order waited for is done: it begins, or expires where unpaid."""
        order.status = Status.NEW
        if self._refusal(order):
            self._end(order, Status.EXPIRED, Happened.EXPIRED, time_ns)
            self._finish()
            return
        order.updated_ns = time_ns
        self._admit(order, time_ns)

    def cancel(self, order: Order, time_ns: int, client_id: str = "") -> None:
        """Cancel an open order; `client_id` is the cancel's own."""
        assert order.is_open
        self._end(order, Status.CANCELED, Happened.CANCELED, time_ns, client_id)
        self._finish()

    def expire(self, order: Order, time_ns: int) -> None:
        """End an open order by time or by the venue."""
        assert order.is_open
        self._end(order, Status.EXPIRED, Happened.EXPIRED, time_ns)
        self._finish()

    def reduce(self, order: Order, quantity: Decimal, time_ns: int, client_id: str) -> None:
        """Lower an order's quantity; its place in the queue stays."""
        assert order.filled < quantity < order.quantity
        account, listing = self.accounts[order.account], self.listing(order.symbol)
        self.clearing.release(account, order, listing)
        order.quantity, order.updated_ns = quantity, time_ns
        if order.visible is not None:
            order.visible = min(order.visible, quantity)
        refused = self.clearing.reserve(account, order, listing, self._cost(order))
        assert not refused, refused
        if order.is_resting and order.price is not None:
            self.books[order.symbol].touch(order.side, order.price)
        self.voice.order(Happened.REPLACED, order, time_ns, client_id=client_id)
        self._balances_changed(order, time_ns)
        self.voice.book(order.symbol, time_ns)

    def modify(self, order: Order, quantity: Decimal, price: Decimal, time_ns: int) -> str:
        """Give an order another quantity and price, at the end of the queue; "" or why not."""
        assert order.is_open
        account, listing = self.accounts[order.account], self.listing(order.symbol)
        before = order.quantity, order.price
        self.clearing.release(account, order, listing)
        if order.is_resting:
            self.books[order.symbol].leave(order)
        order.quantity, order.price = quantity, price
        reason = self.clearing.reserve(account, order, listing, self._cost(order))
        if reason:
            order.quantity, order.price = before
            self.clearing.reserve(account, order, listing, self._cost(order))
        else:
            order.updated_ns = time_ns
            self.voice.order(Happened.REPLACED, order, time_ns)
        if not order.is_held:
            self._work(order, time_ns)
        self._finish()
        return reason

    def fill(self, order: Order, quantity: Decimal, time_ns: int) -> None:
        """Fill a part of a resting order at its price, as if the market had come there."""
        assert order.is_resting
        assert 0 < quantity <= order.leaves
        fill_maker(self, self.books[order.symbol], order, quantity, time_ns)
        self._finish()

    def bust(self, order: Order, fill: Fill, time_ns: int) -> None:
        """Take a fill back, as if it never was; the order's quantity is not worked again."""
        assert not fill.is_busted
        fill.is_busted = True
        account, listing = self.accounts[order.account], self.listing(order.symbol)
        assets = self.clearing.reverse(account, order, listing, fill)
        order.filled -= fill.quantity
        order.value -= fill.value
        order.updated_ns = time_ns
        self.voice.order(Happened.BUSTED, order, time_ns, fill)
        self.voice.balances(account, assets, time_ns)

    def open_of(self, account: str, symbol: str | None = None) -> list[Order]:
        """An account's open orders, the oldest first."""
        return [
            order
            for order in self.open.values()
            if order.account == account and symbol in (None, order.symbol)
        ]

    # --- the market --------------------------------------------------------------------------

    def on_depth(
        self, symbol: str, levels: Iterable[tuple[int, Decimal, Decimal]], time_ns: int
    ) -> None:
        """Levels of the market changed: (side, price, absolute size), one event's together."""
        book = self.books[symbol]
        for side, price, size in levels:
            book.set_market(side, price, size)
        for side in book.sides:
            meet_crossed(self, book, side, time_ns)
        self.voice.book(symbol, time_ns)
        self._finish()

    def on_trade(self, trade: PublicTrade) -> None:
        """The market traded: it may fill resting orders, and triggers stops."""
        book = self.books[trade.symbol]
        passive = BUY if trade.is_buyer_maker else -BUY
        left = fill_by_print(self, book, passive, trade)
        if trade.is_replayed:
            self.voice.trade(trade)
        elif left:
            self.voice.trade(trade._replace(id=self.voice.trade_id(book), quantity=left))
        self.printed(book, trade.price, trade.time_ns)
        self._finish()

    def printed(self, book: Book, price: Decimal, time_ns: int) -> None:
        """A new last price; the stops it sets off come when the step is through."""
        book.last_price = price
        self.afterwards(lambda: self._trigger(book.listing.symbol, price, time_ns))

    # --- an order's way ----------------------------------------------------------------------

    def _refusal(self, order: Order) -> str:
        """Why an order cannot be taken, and what it needs set aside where it can."""
        book = self.books[order.symbol]
        if self.log.is_full:
            return "log_full"
        if order.symbol in self.halts:
            return "market_closed"
        if order.quote_quantity is not None:
            order.quantity = self._quantity_for(order, order.quote_quantity)
        if order.is_post_only and order.stop_price is None and book.would_match(order):
            return "would_match"
        if order.quote_quantity is not None and not order.quantity:
            return "no_liquidity"
        if order.stop_price is not None and self._is_reached(order):
            return "would_trigger"
        if order.is_unpaid:
            return ""
        account = self.accounts[order.account]
        return self.clearing.reserve(account, order, book.listing, self._cost(order))

    def _is_reached(self, order: Order) -> bool:
        last = self.books[order.symbol].reference_price()
        if last is None or order.stop_price is None:
            return False
        return last >= order.stop_price if order.stops_above else last <= order.stop_price

    def _cost(self, order: Order) -> Decimal:
        """The money an order would take: by its limit, its stop, or what the book asks now."""
        price = order.price if order.price is not None else order.stop_price
        if price is not None and not (order.price is None and order.working_ns):
            return price * order.leaves
        book = self.books[order.symbol]
        matches = book.matches(order, order.leaves)
        return sum((match.price * match.quantity for match in matches), ZERO)

    def _quantity_for(self, order: Order, money: Decimal) -> Decimal:
        """How much a sum buys or must be sold for, in whole lots, at what the book asks now."""
        lot = self.listing(order.symbol).lot
        quantity = ZERO
        for match in self.books[order.symbol].matches(order, Decimal("Infinity")):
            part = min(match.quantity, money / match.price)
            quantity += part
            money -= part * match.price
            if money <= 0:
                break
        return (quantity / lot).to_integral_value("ROUND_FLOOR") * lot

    def _begin(self, order: Order, time_ns: int) -> None:
        """Hold an order back for its stop price, or let it into the book."""
        if order.stop_price is not None or order.trailing_share is not None:
            self.stops[order.symbol].hold(order, self.books[order.symbol].reference_price())
        else:
            self._work(order, time_ns)

    def _trigger(self, symbol: str, last: Decimal, time_ns: int) -> None:
        for order in self.stops[symbol].due(last):
            if not order.is_open:
                continue
            if order.before_work is not None:
                order.before_work(time_ns)
            order.working_ns = order.updated_ns = time_ns
            self.voice.order(Happened.TRIGGERED, order, time_ns)
            if (order.price is None or order.is_unpaid) and not self._can_pay_now(order):
                self._end(order, Status.EXPIRED, Happened.EXPIRED, time_ns)
            else:
                self._work(order, time_ns)

    def _can_pay_now(self, order: Order) -> bool:
        """Reserve anew what a triggered market order costs at today's book."""
        account, listing = self.accounts[order.account], self.listing(order.symbol)
        self.clearing.release(account, order, listing)
        return not self.clearing.reserve(account, order, listing, self._cost(order))

    def _work(self, order: Order, time_ns: int) -> None:
        """Match an order, then let its rest go into the book or end."""
        order.working_ns = time_ns
        book = self.books[order.symbol]
        if order.is_post_only and book.would_match(order):
            self._end(order, Status.EXPIRED, Happened.EXPIRED, time_ns)
            return
        if order.lifetime is not Lifetime.FOK or book.available(order) >= order.leaves:
            while order.is_open and order.leaves > 0 and self._match_once(book, order, time_ns):
                pass
        if not order.is_open:
            return
        if order.price is None or order.lifetime in (Lifetime.IOC, Lifetime.FOK):
            self._end(order, Status.EXPIRED, Happened.EXPIRED, time_ns)
        else:
            book.rest(order)
            self.voice.book(order.symbol, time_ns)

    def _match_once(self, book: Book, order: Order, time_ns: int) -> bool:
        """Carry out the matches the book offers; False when there were none to carry out."""
        has_matched = False
        for match in list(book.matches(order, order.leaves)):
            maker = match.maker
            if maker is not None and maker.account == order.account and order.self_trade != "NONE":
                self._prevent_self_trade(order, maker, time_ns)
                return True
            self._execute(book, order, match, time_ns)
            has_matched = True
        return has_matched

    def _prevent_self_trade(self, order: Order, maker: Order, time_ns: int) -> None:
        """The account would trade with itself: end the maker, the taker or both."""
        if order.self_trade in ("EXPIRE_MAKER", "EXPIRE_BOTH"):
            self._end(maker, Status.EXPIRED_IN_MATCH, Happened.EXPIRED, time_ns)
        if order.self_trade in ("EXPIRE_TAKER", "EXPIRE_BOTH"):
            self._end(order, Status.EXPIRED_IN_MATCH, Happened.EXPIRED, time_ns)

    def _execute(self, book: Book, order: Order, match: Match, time_ns: int) -> None:
        trade_id = self.voice.trade_id(book)
        maker = match.maker
        book.consume(-order.side, match)
        fill = Fill(trade_id, order.id, match.price, match.quantity, time_ns)
        if maker is not None:
            fill.counterparty = maker.id
            theirs = replace(fill, order_id=maker.id, is_maker=True, counterparty=order.id)
            self.apply_fill(maker, theirs)
            book.filled(maker, match.quantity)
        self.apply_fill(order, fill)
        self.voice.own_trade(book, trade_id, match.price, match.quantity, time_ns, -order.side)
        book.sides[-order.side].tidy(match.price)
        self.printed(book, match.price, time_ns)

    def apply_fill(self, order: Order, fill: Fill) -> None:
        """Book a fill of an order; who calls takes care of the book."""
        account, listing = self.accounts[order.account], self.listing(order.symbol)
        assets = self.clearing.settle(account, order, listing, fill)
        order.filled += fill.quantity
        order.value += fill.value
        order.fills.append(fill)
        order.updated_ns = fill.time_ns
        order.status = Status.PARTIALLY_FILLED if order.leaves > 0 else Status.FILLED
        if not order.is_open:
            del self.open[order.id]
            self.clearing.release(account, order, listing)
        self.voice.order(Happened.TRADE, order, fill.time_ns, fill)
        self.voice.balances(account, assets, fill.time_ns)

    def _end(
        self, order: Order, status: Status, what: Happened, time_ns: int, client_id: str = ""
    ) -> None:
        book = self.books[order.symbol]
        if order.is_resting:
            book.leave(order)
        self.stops[order.symbol].drop(order)
        self.clearing.release(self.accounts[order.account], order, book.listing)
        order.status, order.updated_ns = status, time_ns
        self.open.pop(order.id, None)
        self.voice.order(what, order, time_ns, client_id=client_id)
        self._balances_changed(order, time_ns)
        self.voice.book(order.symbol, time_ns)

    def _reject(self, order: Order, reason: str, time_ns: int) -> Order:
        order.status, order.reason = Status.REJECTED, reason
        self.log.note_order("rejected", time_ns, order, reason=reason)
        return order

    def _balances_changed(self, order: Order, time_ns: int) -> None:
        """What is locked for an order has changed."""
        listing = self.listing(order.symbol)
        asset = listing.quote if order.side == BUY else listing.base
        self.voice.balances(self.accounts[order.account], (asset,), time_ns)
