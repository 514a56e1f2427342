"""The broker: what customers ask for is checked here, kept, and sent on its way."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

import msgspec

from tradewind.venue.accounts import Account
from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.entry_checks import check_order
from tradewind.venue.alpaca.exits import begin_legs
from tradewind.venue.alpaca.hours import check_auction
from tradewind.venue.alpaca.news import Tell, payment_activity
from tradewind.venue.alpaca.order import NOT_REPLACEABLE, Order, order_payload
from tradewind.venue.alpaca.order_request import OrderRequest
from tradewind.venue.alpaca.refusal import FORBIDDEN, NOT_UNIQUE, Refusal, not_found, unprocessable
from tradewind.venue.alpaca.replacement import Replacement, replacement_of
from tradewind.venue.alpaca.router import Router
from tradewind.venue.alpaca.session_roll import SessionRoll
from tradewind.venue.equities.calendar import new_york_time
from tradewind.venue.exchange import Exchange

Payload = dict[str, object]
OPEN_ORDERS_MAX = 10_000
"""Open orders of an account, beyond which new ones are refused; the log bounds all of them."""


class Broker:
    """Orders of customers, from the request to the last state; time comes in as an argument."""

    def __init__(self, exchange: Exchange, tell: Tell, start_ns: int) -> None:
        self.exchange = exchange
        self.router = Router(exchange, tell)
        self.roll = SessionRoll(self.router, start_ns)
        self._count = 0

    @property
    def customers(self) -> dict[str, Customer]:
        """The customers by name."""
        return self.router.customers

    def admit(self, customer: Customer) -> None:
        """Open an account."""
        self.customers[customer.name] = customer
        account = Account(customer.name, len(self.exchange.accounts) + 1)
        account.balance("USD").free = customer.cash
        self.exchange.accounts[customer.name] = account

    def turn(self, time_ns: int) -> None:
        """Do what the clock brings: sessions that begin and end."""
        if self.roll.turn(time_ns):
            for customer in self.customers.values():
                self._new_day(customer)
        self.router.settle()
        self.router.try_waiting(time_ns)

    def _new_day(self, customer: Customer) -> None:
        """Yesterday's equity is remembered, and nothing was opened today yet."""
        values = (
            position.quantity * self.price(symbol)
            for symbol, position in customer.positions.items()
        )
        customer.last_equity = customer.cash + sum(values, Decimal(0))
        for position in customer.positions.values():
            position.opened_today = Decimal(0)

    def pay(
        self, customer: Customer, amount: Decimal, time_ns: int, *, kind: str, symbol: str = ""
    ) -> Payload:
        """Move cash without an execution; the row that the account's activities show of it."""
        customer.cash += amount
        self.exchange.accounts[customer.name].balance("USD").free = customer.cash
        self._count += 1
        row = payment_activity(kind, amount, time_ns, number=self._count, symbol=symbol)
        customer.activities.append(row)
        self._note("activity", customer, str(row["id"]), time_ns)
        return row

    def price(self, symbol: str) -> Decimal:
        """The last price of a symbol; 0 where there is none."""
        return self.router.last_price(symbol) if symbol in self.exchange.books else Decimal(0)

    # --- new orders --------------------------------------------------------------------------

    def submit(self, customer: Customer, request: OrderRequest, time_ns: int) -> Payload:
        """Take an order; the answer shows it as it was when it came, before it was worked."""
        if self.exchange.log.is_full or len(customer.open_orders) >= OPEN_ORDERS_MAX:
            raise Refusal(FORBIDDEN, "the venue takes no more orders of this account")
        self._note("request", customer, request.client_order_id, time_ns)
        order = self._new_order(customer, request, time_ns)
        self._check_unique(customer, order.client_order_id)
        check_auction(order, time_ns)
        today = new_york_time(time_ns).date()
        check_order(customer, order, price_of=self.price, today=today)
        order.legs = [self._new_leg(order, request, name) for name in exits_of(request)]
        self._register(customer, order)
        answer = order_payload(order)
        self.router.enter(order, time_ns)
        if order.order_class == "oco":
            begin_legs(self.router, order, time_ns)
        self.router.settle()
        # Outside market hours the order has been put aside already.
        return {**answer, "status": "accepted"} if order.status == "accepted" else answer

    def _check_unique(self, customer: Customer, client_order_id: str) -> None:
        if client_order_id in customer.client_order_ids:
            raise Refusal(NOT_UNIQUE, "client_order_id must be unique")

    def _note(self, what: str, customer: Customer, client_id: str, time_ns: int) -> None:
        """Write into the venue's own log what was asked for."""
        self.exchange.log.note(what, time_ns, account=customer.name, client_id=client_id)

    def _new_id(self) -> str:
        """The next id; the same run gives the same ids."""
        self._count += 1
        return str(uuid5(NAMESPACE_URL, f"tradewind:order:{self._count}"))

    def _new_order(self, customer: Customer, request: OrderRequest, time_ns: int) -> Order:
        order_id = self._new_id()
        limit_price = request.limit_price
        if request.order_class == "oco" and limit_price is None:
            limit_price = request.take_profit
        return Order(
            id=order_id,
            client_order_id=request.client_order_id or str(uuid5(NAMESPACE_URL, order_id)),
            account=customer.name,
            security=request.security,
            created_ns=time_ns,
            updated_ns=time_ns,
            submitted_ns=time_ns,
            side=request.side,
            type=request.type,
            time_in_force=request.time_in_force,
            order_class="" if request.order_class == "simple" else request.order_class,
            quantity=request.quantity,
            notional=request.notional,
            limit_price=limit_price,
            stop_price=request.stop_price,
            trail_price=request.trail_price,
            trail_percent=request.trail_percent,
            has_extended_hours=request.has_extended_hours,
            position_intent=request.position_intent,
        )

    def _new_leg(self, order: Order, request: OrderRequest, name: str) -> Order:
        """A held child of an order: its profit or its stop."""
        is_profit = name == "take_profit"
        kind = "limit" if is_profit else "stop_limit" if request.stop_loss_limit else "stop"
        order_id = self._new_id()
        side = order.side if order.order_class == "oco" else -order.side
        return Order(
            id=order_id,
            client_order_id=str(uuid5(NAMESPACE_URL, order_id)),
            account=order.account,
            security=order.security,
            created_ns=order.created_ns,
            updated_ns=order.created_ns,
            submitted_ns=order.created_ns,
            side=side,
            type=kind,
            time_in_force=order.time_in_force,
            order_class=order.order_class,
            quantity=order.quantity,
            limit_price=request.take_profit if is_profit else request.stop_loss_limit,
            stop_price=None if is_profit else request.stop_loss,
            position_intent="sell_to_close" if side < 0 else "buy_to_close",
            status="held",
            parent=order,
        )

    def _register(self, customer: Customer, order: Order) -> None:
        """Keep an order and its legs; their client order ids are used up for good."""
        for each in (order, *order.legs):
            customer.orders[each.id] = each
            if each.is_open:
                customer.open_orders[each.id] = each
            customer.client_order_ids[each.client_order_id] = each.id

    # --- orders that are there ---------------------------------------------------------------

    def order(self, customer: Customer, order_id: str) -> Order:
        """An order of a customer by its id."""
        order = customer.orders.get(order_id)
        if order is None:
            raise not_found(f"order not found for {order_id}")
        return order

    def cancel(self, customer: Customer, order_id: str, time_ns: int) -> None:
        """Cancel an open order, and those that hang on it."""
        order = self.order(customer, order_id)
        if not order.is_open:
            raise unprocessable(f'order is already in "{order.status}" state')
        self._note("cancel", customer, order.client_order_id, time_ns)
        self.router.withdraw(order, "canceled", time_ns)
        self.router.settle()

    def cancel_all(self, customer: Customer, time_ns: int) -> list[Payload]:
        """Cancel every open order; how it went for each."""
        answers: list[Payload] = []
        for order in list(customer.open_orders.values()):
            # Those that hang on an order that was canceled before are gone with it.
            if order.is_open:
                self.cancel(customer, order.id, time_ns)
                answers.append({"id": order.id, "status": 200, "body": order_payload(order)})
        return answers

    def replace(
        self, customer: Customer, order_id: str, body: Mapping[str, object], time_ns: int
    ) -> Payload:
        """Put a new order in the place of an open one; the answer shows the new one."""
        old = self.order(customer, order_id)
        if old.status in NOT_REPLACEABLE or not old.is_open or old.status == "held":
            raise unprocessable(f'order in "{old.status}" state cannot be replaced')
        wanted = replacement_of(old, body)
        self._check_unique(customer, wanted.client_order_id)
        new = self._successor(old, wanted, time_ns)
        self._check_successor(customer, old, new, time_ns)
        self._note("replace", customer, new.client_order_id, time_ns)
        old.replaced_by = new.id
        self.router.withdraw(old, "replaced", time_ns)
        self._register(customer, new)
        if old.parent is not None:
            old.parent.legs = [new if leg is old else leg for leg in old.parent.legs]
        for leg in new.legs:
            leg.parent = new
        answer = order_payload(new)
        self.router.enter(new, time_ns)
        self.router.settle()
        return answer

    def _successor(self, old: Order, wanted: Replacement, time_ns: int) -> Order:
        """The new order: what was filled of the old one counts on."""
        order_id = self._new_id()
        return msgspec.structs.replace(
            old,
            id=order_id,
            client_order_id=wanted.client_order_id or str(uuid5(NAMESPACE_URL, order_id)),
            created_ns=time_ns,
            updated_ns=time_ns,
            submitted_ns=time_ns,
            status="pending_new",
            replaces=old.id,
            is_working=False,
            quantity=wanted.quantity,
            limit_price=wanted.limit_price,
            stop_price=wanted.stop_price,
            trail_price=wanted.trail_price,
            trail_percent=wanted.trail_percent,
            time_in_force=wanted.time_in_force,
        )

    def _check_successor(self, customer: Customer, old: Order, new: Order, time_ns: int) -> None:
        """Hold the new order to the account as it would be without the old one."""
        if new.parent is not None:
            return
        del customer.open_orders[old.id]
        try:
            today = new_york_time(time_ns).date()
            check_order(customer, new, price_of=self.price, today=today)
        finally:
            customer.open_orders[old.id] = old


def exits_of(request: OrderRequest) -> list[str]:
    """Which children an order gets; the profit of an OCO is the order itself."""
    if request.order_class == "oco":
        return ["stop_loss"]
    if request.order_class not in ("bracket", "oto"):
        return []
    return [name for name in ("take_profit", "stop_loss") if getattr(request, name) is not None]
