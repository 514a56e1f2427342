"""Hundreds of random orders, cancels, replacements and prices: the books of the broker add up."""

from __future__ import annotations

import random
from contextlib import suppress
from decimal import Decimal

import pytest

from tests.venue.alpaca.alpaca_client import FRIDAY_MORNING, HandClock
from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.news import Update
from tradewind.venue.alpaca.order_request import parse_order
from tradewind.venue.alpaca.refusal import Refusal
from tradewind.venue.alpaca.venue import AlpacaVenue
from tradewind.venue.chaos import Chaos
from tradewind.venue.clock import VenueClock
from tradewind.venue.events import PublicTrade
from tradewind.venue.faults import Faults
from tradewind.venue.orders import BUY, SELL

STEPS = 400
TYPES = ("market", "limit", "limit", "stop", "stop_limit", "trailing_stop")
HOUR_NS = 3_600 * 10**9


class Soak:
    """A venue under random use, with what the account stream told."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = HandClock(FRIDAY_MORNING)
        faults = Faults(seed=seed)
        self.venue = AlpacaVenue(Chaos(faults, VenueClock(faults, self.clock)), still=True)
        self.venue.market.start(self.venue.exchange, self.clock())
        self.broker = self.venue.desk.broker
        self.told: list[tuple[Customer, Update]] = []
        self.venue.desk.listeners.append(
            lambda customer, update: self.told.append((customer, update))
        )
        self.price = Decimal(220)

    def hear(self, customer: Customer, update: Update) -> None:
        self.told.append((customer, update))

    def step(self) -> None:
        """One random thing; what is refused is fine."""
        self.clock.now_ns += self.chance.choices([1, 10**9, 60 * 10**9, HOUR_NS], [4, 4, 4, 0.2])[0]
        customer = self.broker.customers[self.chance.choice(["demo", "second"])]
        action = self.chance.choices(
            [self.order, self.cancel, self.replace, self.trade, self.refill], [4, 2, 2, 5, 2]
        )[0]
        with suppress(Refusal):
            action(customer)
        self.broker.turn(self.clock())

    def near(self) -> str:
        """A price around the market's."""
        return f"{self.price * (1 + Decimal(self.chance.randint(-300, 300)) / 10_000):.2f}"

    def order(self, customer: Customer) -> None:
        kind = self.chance.choice(TYPES)
        body: dict[str, object] = {
            "symbol": "AAPL",
            "side": self.chance.choice(["buy", "sell"]),
            "type": kind,
            "qty": str(self.chance.randint(1, 40)),
            "time_in_force": self.chance.choice(["day", "gtc"]),
        }
        if kind in ("limit", "stop_limit"):
            body["limit_price"] = self.near()
        if kind in ("stop", "stop_limit"):
            body["stop_price"] = self.near()
        if kind == "trailing_stop":
            body["trail_percent"] = "0.5"
        if kind in ("market", "limit") and self.chance.random() < 0.4:
            body["order_class"] = "bracket"
            low, high = f"{self.price * 98 / 100:.2f}", f"{self.price * 102 / 100:.2f}"
            is_buy = body["side"] == "buy"
            body["take_profit"] = {"limit_price": high if is_buy else low}
            body["stop_loss"] = {"stop_price": low if is_buy else high}
        self.broker.submit(customer, parse_order(body), self.clock())

    def cancel(self, customer: Customer) -> None:
        if customer.open_orders:
            order_id = self.chance.choice(list(customer.open_orders))
            self.broker.cancel(customer, order_id, self.clock())

    def replace(self, customer: Customer) -> None:
        if customer.open_orders:
            order_id = self.chance.choice(list(customer.open_orders))
            body = {"qty": str(self.chance.randint(1, 60))}
            if customer.orders[order_id].limit_price is not None:
                body["limit_price"] = self.near()
            self.broker.replace(customer, order_id, body, self.clock())

    def trade(self, _: Customer) -> None:
        self.price = Decimal(self.near())
        self.venue.exchange.on_trade(
            PublicTrade(
                0, "AAPL", self.price, Decimal(self.chance.randint(1, 60)), self.clock(),
                is_buyer_maker=self.chance.random() < 0.5,
            )
        )  # fmt: skip

    def refill(self, _: Customer) -> None:
        """The market's levels are stated anew around the price."""
        cent = Decimal("0.01")
        levels = [
            (side, self.price - side * cent * step, Decimal(20))
            for side in (BUY, SELL)
            for step in range(1, 6)
        ]
        ladders = self.venue.exchange.books["AAPL"].sides.items()
        gone = [(side, price, Decimal(0)) for side, ladder in ladders for price in ladder.prices()]
        self.venue.exchange.on_depth("AAPL", gone + levels, self.clock())


@pytest.mark.parametrize("seed", range(6))
def test_cash_shares_and_orders_add_up_after_anything(seed: int) -> None:
    soak = Soak(seed)
    for _ in range(STEPS):
        soak.step()
    fills = [(customer, update) for customer, update in soak.told if update.is_fill]
    assert len(fills) > 20
    for customer in soak.broker.customers.values():
        check_account(soak, customer)


def check_account(soak: Soak, customer: Customer) -> None:
    """Compare an account with what the stream told of it."""
    fills = [update for whose, update in soak.told if whose is customer and update.is_fill]
    shares = cash = Decimal(0)
    by_order: dict[str, Decimal] = {}
    for fill in fills:
        assert fill.quantity is not None
        assert fill.price is not None
        sign = 1 if fill.order["side"] == "buy" else -1
        shares += sign * fill.quantity
        cash -= sign * fill.quantity * fill.price
        order_id = str(fill.order["id"])
        by_order[order_id] = by_order.get(order_id, Decimal(0)) + fill.quantity
    assert customer.held("AAPL") == shares
    assert customer.cash == 100_000 + cash
    ids = [update.execution_id for update in fills]
    assert len(ids) == len(set(ids))
    for order in customer.orders.values():
        carried = customer.orders[order.replaces].filled_quantity if order.replaces else Decimal(0)
        assert order.filled_quantity == carried + by_order.get(order.id, Decimal(0))
        assert order.quantity is not None
        assert order.filled_quantity <= order.quantity
        assert (order.id in customer.open_orders) == order.is_open
    working = [
        order for order in soak.venue.exchange.open.values() if order.account == customer.name
    ]
    known = {order.client_order_id for order in customer.open_orders.values() if order.is_working}
    assert {order.client_id for order in working} == known
