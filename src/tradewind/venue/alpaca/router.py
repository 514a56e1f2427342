"""The way of orders into the market and back: working, waiting for a session, reported."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from tradewind.venue.accounts import Account
from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.exits import after_end, after_fill
from tradewind.venue.alpaca.hours import can_work
from tradewind.venue.alpaca.news import Tell, Update, fill_activity, update_of
from tradewind.venue.alpaca.order import Order
from tradewind.venue.alpaca.trailing import Trailing
from tradewind.venue.events import Happened, OrderEvent, PublicTrade
from tradewind.venue.exchange import Exchange
from tradewind.venue.orders import Lifetime, Status
from tradewind.venue.orders import Order as ExchangeOrder

LIFETIMES = {"ioc": Lifetime.IOC, "fok": Lifetime.FOK, "opg": Lifetime.IOC, "cls": Lifetime.IOC}
QUIETLY = "quietly"
"""An order leaves the exchange, and nobody is told: it waits for the next session."""


class Router:
    """Between orders as customers see them and orders as the exchange works them.

    An order goes to the exchange when its market is open, comes back when it closes, and goes
    again: each time with what is left of it, as a new order of the exchange.
    """

    def __init__(self, exchange: Exchange, tell: Tell) -> None:
        self.exchange = exchange
        self.tell = tell
        self.customers: dict[str, Customer] = {}
        self.trailing = Trailing()
        self.waiting: dict[str, Order] = {}
        self._orders: dict[int, Order] = {}
        self._numbers: dict[str, int] = {}
        self._ends: dict[int, str] = {}
        self._later: deque[Callable[[], None]] = deque()
        exchange.voice.listeners.append(self)

    def later(self, action: Callable[[], None]) -> None:
        """Do something when the exchange's running step is through, or at `settle`."""
        self._later.append(action)
        self.exchange.afterwards(self.settle)

    def settle(self) -> None:
        """Do what the last step set off; called again and again outside of steps."""
        while self._later:
            self._later.popleft()()

    # --- into the market ---------------------------------------------------------------------

    def enter(self, order: Order, time_ns: int) -> None:
        """Let an order work, or wait until it may; a trailing stop is watched from here."""
        if not can_work(order, time_ns):
            self._wait(order, time_ns)
            return
        if order.type == "trailing_stop":
            self.trailing.watch(order, self.last_price(order.security.symbol))
            self._now_new(order, time_ns)
            return
        self.work(order, time_ns)

    def work(self, order: Order, time_ns: int) -> None:
        """Hand an order to the exchange."""
        if order.quantity is None or order.leaves <= 0:
            order.quantity = self.quantity_for(order)
            if not order.quantity:
                self._wait(order, time_ns)
                return
        sent = self._exchange_order(order)
        self._orders[sent.id] = order
        self._numbers[order.id] = sent.id
        order.is_working = True
        self.waiting.pop(order.id, None)
        if self.exchange.submit(sent, time_ns).status is Status.REJECTED:
            self._not_taken(order, sent, time_ns)

    def _not_taken(self, order: Order, sent: ExchangeOrder, time_ns: int) -> None:
        """Without a counterparty a market order waits for one; all else is rejected."""
        order.is_working = False
        if sent.reason == "no_liquidity":
            if order.time_in_force in ("ioc", "fok", "opg", "cls"):
                self._end(order, "canceled", time_ns)
            else:
                self._wait(order, time_ns)
                self._now_new(order, time_ns)
            return
        order.failed_ns = time_ns
        self._end(order, "rejected", time_ns)

    def _exchange_order(self, order: Order) -> ExchangeOrder:
        """The exchange's order for what is left."""
        symbol = order.security.symbol
        stop = order.stop_price if order.type in ("stop", "stop_limit") else None
        last = self.last_price(symbol)
        if stop is not None and last and (last - stop) * order.side >= 0:
            stop = None  # the price is there already
        return ExchangeOrder(
            id=self.exchange.next_order_id(),
            client_id=order.client_order_id,
            account=order.account,
            symbol=symbol,
            side=order.side,
            quantity=order.leaves,
            price=order.limit_price,
            lifetime=LIFETIMES.get(order.time_in_force, Lifetime.GTC),
            stop_price=stop,
            stops_above=order.side > 0,
        )

    def quantity_for(self, order: Order) -> Decimal:
        """The shares that a dollar amount buys at the limit, or at the opposite price."""
        price = order.limit_price or self.opposite_price(order)
        if order.notional is None or not price:
            return Decimal(0)
        lot = Decimal(order.security.lot)
        return (order.notional / price).quantize(lot, ROUND_DOWN)

    def _wait(self, order: Order, time_ns: int) -> None:
        """Keep an order until its market opens, or somebody takes the other side."""
        self.waiting[order.id] = order
        if order.status == "pending_new":
            order.status, order.updated_ns = "accepted", time_ns
            self.tell_of("accepted", order, time_ns)

    def _now_new(self, order: Order, time_ns: int) -> None:
        """The market has the order for the first time."""
        if order.status in ("pending_new", "accepted"):
            order.status, order.updated_ns = "new", time_ns
            self.tell_of("new", order, time_ns)

    # --- out of the market -------------------------------------------------------------------

    def withdraw(self, order: Order, end: str, time_ns: int) -> None:
        """Take an order out of the market and end it so: canceled, expired, replaced, quietly."""
        self.trailing.drop(order)
        self.waiting.pop(order.id, None)
        number = self._numbers.get(order.id)
        found = self.exchange.open.get(number) if number is not None else None
        if found is None:
            if end != QUIETLY:
                self._end(order, end, time_ns)
            return
        self._ends[found.id] = end
        self.exchange.cancel(found, time_ns)

    def reduce(self, order: Order, quantity: Decimal, time_ns: int) -> None:
        """Lower what is left of an order, since a part of its purpose was filled elsewhere."""
        if order.quantity is None or order.leaves <= quantity:
            self.withdraw(order, "canceled", time_ns)
            return
        order.quantity -= quantity
        order.updated_ns = time_ns
        number = self._numbers.get(order.id)
        found = self.exchange.open.get(number) if number is not None else None
        if found is not None:
            self.exchange.reduce(found, found.quantity - quantity, time_ns, order.client_order_id)

    def resting(self, order: Order) -> ExchangeOrder | None:
        """The exchange's order where it rests in the book."""
        number = self._numbers.get(order.id)
        found = self.exchange.open.get(number) if number is not None else None
        return found if found is not None and found.is_resting else None

    def park(self, order: Order, time_ns: int) -> None:
        """Take an order out until the next session."""
        self.withdraw(order, QUIETLY, time_ns)
        order.is_working = False
        self.waiting[order.id] = order

    def _end(self, order: Order, status: str, time_ns: int) -> None:
        """The order is done without being filled."""
        if not order.is_open:
            return
        order.status, order.updated_ns, order.is_working = status, time_ns, False
        if status == "canceled":
            order.canceled_ns = time_ns
        elif status == "expired":
            order.expired_ns = time_ns
        elif status == "replaced":
            order.replaced_ns = time_ns
        self.waiting.pop(order.id, None)
        self.customers[order.account].open_orders.pop(order.id, None)
        self.tell_of(status, order, time_ns)
        if status != "replaced":
            self.later(lambda: after_end(self, order, time_ns))

    # --- what the exchange tells -------------------------------------------------------------

    def on_order(self, event: OrderEvent) -> None:
        """Something happened to an order of the exchange."""
        order = self._orders.get(event.order.id)
        if order is None:
            return
        if event.what is Happened.NEW:
            self._now_new(order, event.time_ns)
        elif event.what is Happened.TRADE:
            self._filled(order, event)
        elif event.what is Happened.CANCELED:
            self._left(order, self._ends.pop(event.order.id, "canceled"), event.time_ns)
        elif event.what is Happened.EXPIRED:
            self._left(order, "", event.time_ns)
        elif event.what is Happened.BUSTED:
            self._busted(order, event)

    def _left(self, order: Order, end: str, time_ns: int) -> None:
        """The exchange works the order no more."""
        order.is_working = False
        if end == QUIETLY:
            return
        if not end and order.time_in_force not in ("ioc", "fok", "opg", "cls"):
            # A market order has taken all that was offered: its rest waits for more.
            self.waiting[order.id] = order
            return
        self._end(order, end or "canceled", time_ns)

    def _filled(self, order: Order, event: OrderEvent) -> None:
        """An execution: the order, the account's activities and the stream learn of it."""
        fill = event.fill
        assert fill is not None
        customer = self.customers[order.account]
        order.filled_quantity += fill.quantity
        order.filled_value += fill.value
        order.updated_ns = fill.time_ns
        is_done = order.leaves <= 0
        order.status = "filled" if is_done else "partially_filled"
        if is_done:
            order.filled_ns, order.is_working = fill.time_ns, False
            customer.open_orders.pop(order.id, None)
        held = customer.held(order.security.symbol)
        update = Update(
            event="fill" if is_done else "partial_fill",
            order={},
            time_ns=fill.time_ns,
            execution_id=self.execution_id(order, event.execution_id),
            price=fill.price,
            quantity=fill.quantity,
            position=held,
        )
        customer.activities.append(fill_activity(order, update))
        self.tell_of(update.event, order, fill.time_ns, update)
        self.later(lambda: after_fill(self, order, fill.quantity, fill.time_ns))

    def _busted(self, order: Order, event: OrderEvent) -> None:
        """A fill was taken back: the order says so, and its shares are not worked again."""
        fill = event.fill
        assert fill is not None
        order.filled_quantity -= fill.quantity
        order.filled_value -= fill.value
        order.updated_ns = event.time_ns
        self.tell_of("restated", order, event.time_ns)

    @staticmethod
    def execution_id(order: Order, number: int) -> str:
        """The id of an execution: the same for the same run."""
        return str(uuid5(NAMESPACE_URL, f"{order.id}:{number}"))

    def tell_of(self, event: str, order: Order, time_ns: int, update: Update | None = None) -> None:
        """Tell news of an order, as it is now."""
        fresh = update_of(event, order, time_ns)
        if update is not None:
            fresh = Update(
                event, fresh.order, time_ns,
                update.execution_id, update.price, update.quantity, update.position,
            )  # fmt: skip
        self.tell(self.customers[order.account], fresh)

    # --- the rest of what a listener hears, and prices ---------------------------------------

    def on_balances(self, account: Account, assets: tuple[str, ...], time_ns: int) -> None:
        """Nothing: balances are reckoned when they are asked for."""

    def on_trade(self, trade: PublicTrade) -> None:
        """A price: trailing stops follow it."""
        for order in self.trailing.due(trade.symbol, trade.price):
            self.later(partial(self.work, order, trade.time_ns))

    def on_book(self, symbol: str, time_ns: int) -> None:
        """Nothing: orders that wait for the other side are tried with the next tick."""

    def try_waiting(self, time_ns: int) -> None:
        """Let orders go on that had no other side: once a tick, whatever they set off."""
        for order in list(self.waiting.values()):
            is_stuck = order.is_open and order.status in ("new", "partially_filled")
            if order.id not in self.waiting or not is_stuck or not can_work(order, time_ns):
                continue
            book = self.exchange.books[order.security.symbol]
            if order.limit_price is not None or book.best(-order.side) is not None:
                self.work(order, time_ns)
                self.settle()

    def last_price(self, symbol: str) -> Decimal:
        """The last price of a symbol; 0 where there is none."""
        return self.exchange.books[symbol].reference_price() or Decimal(0)

    def opposite_price(self, order: Order) -> Decimal:
        """What a taker of the order's side would see."""
        best = self.exchange.books[order.security.symbol].best(-order.side)
        return best[0] if best is not None else self.last_price(order.security.symbol)
