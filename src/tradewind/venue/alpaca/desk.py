"""The desk: everything of the Alpaca venue that its routes and streams work with."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tradewind.venue.accounts import Account
from tradewind.venue.alpaca.broker import Broker
from tradewind.venue.alpaca.buying_power import balances_of
from tradewind.venue.alpaca.clearing import MarginClearing
from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.news import Update
from tradewind.venue.alpaca.refusal import TOO_MANY, UNAUTHORIZED, Refusal
from tradewind.venue.chaos import Chaos
from tradewind.venue.equities.actions import Actions
from tradewind.venue.equities.session_market import SessionMarket, listings
from tradewind.venue.equities.universe import SECURITIES
from tradewind.venue.events import Happened, OrderEvent, PublicTrade
from tradewind.venue.exchange import Exchange
from tradewind.venue.sockets import Sockets
from tradewind.venue.windows import Window

REQUESTS_PER_MINUTE = 200
EQUITY_POINTS_MAX = 50_000
DATA_REQUESTS_PER_MINUTE = {"free": 200, "paid": 10_000}


class Desk:
    """Exchange, broker, market and accounts of one venue; `hear` takes news of orders."""

    def __init__(self, chaos: Chaos, market: SessionMarket, *, requests_per_minute: int) -> None:
        self.chaos = chaos
        self.market = market
        self.sockets = Sockets()
        self.exchange = Exchange(listings(), MarginClearing(self.customer_named))
        self.requests_per_minute = requests_per_minute
        self.by_key: dict[str, Customer] = {}
        self.listeners: list[Callable[[Customer, Update], None]] = []
        self._held: list[tuple[Customer, Update]] | None = None
        self._windows: dict[tuple[str, str], Window] = {}
        now_ns = chaos.clock.market_ns()
        self.broker = Broker(self.exchange, self._hear, now_ns)
        self.exchange.voice.listeners.append(self)
        self.actions = Actions(now_ns, market.close_before)

    def customer_named(self, name: str) -> Customer:
        """A customer by name."""
        return self.broker.customers[name]

    def admit(self, customer: Customer) -> None:
        """Open an account."""
        self.by_key[customer.key] = customer
        self.broker.admit(customer)

    def authenticate(self, key: str, secret: str) -> Customer:
        """The customer of a pair of keys, or a `Refusal`."""
        customer = self.by_key.get(key)
        if customer is None or customer.secret != secret or customer.is_revoked:
            raise Refusal(UNAUTHORIZED, "request is not authorized")
        return customer

    def window(self, customer: Customer, budget: str) -> Window:
        """What a customer has used of a budget: of trading, or of data."""
        limit = self.requests_per_minute
        if budget == "data":
            limit = DATA_REQUESTS_PER_MINUTE[customer.plan]
        limit *= self.chaos.rates
        return self._windows.setdefault((customer.name, budget), Window(limit, 60))

    def count(self, customer: Customer, budget: str) -> dict[str, str]:
        """Count a request: the headers that tell what is left, or a `Refusal`."""
        now_ns = self.chaos.clock.now_ns()
        window = self.window(customer, budget)
        is_within = window.add(1, now_ns)
        headers = {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(max(0, window.limit - window.count)),
            "X-RateLimit-Reset": str(int(now_ns / 1e9 + window.left_s(now_ns))),
        }
        if not is_within:
            refusal = Refusal(TOO_MANY, "too many requests")
            refusal.headers = headers
            raise refusal
        return headers

    def note_equities(self, now_ns: int) -> None:
        """Write down what every account is worth, for its history."""
        for customer in self.broker.customers.values():
            equity = balances_of(customer, self.broker.price).equity
            customer.equity_curve.append((now_ns, equity))
            del customer.equity_curve[:-EQUITY_POINTS_MAX]

    # --- news of orders, and the faults that change what happens -----------------------------

    def _hear(self, customer: Customer, update: Update) -> None:
        if self._held is not None:
            self._held.append((customer, update))
            return
        for listener in self.listeners:
            listener(customer, update)

    def cancel(self, customer: Customer, order_id: str, now_ns: int) -> None:
        """Cancel an order, perhaps just behind a fill that is reported after the cancel."""
        held: list[tuple[Customer, Update]] = []
        order = self.broker.order(customer, order_id)
        resting = self.broker.router.resting(order)
        if resting is not None and self.chaos.faults.strikes("fill-after-cancel"):
            lot = self.exchange.listing(resting.symbol).lot
            part = (resting.leaves / 2 / lot).to_integral_value("ROUND_FLOOR") * lot
            self._held = held
            if part:
                self.exchange.fill(resting, part, now_ns)
            self._held = None
        self.broker.cancel(customer, order_id, now_ns)
        for late in held:
            self._hear(*late)

    def on_order(self, event: OrderEvent) -> None:
        """A fill may be taken back a little later."""
        fill = event.fill
        if event.what is not Happened.TRADE or fill is None:
            return
        if self.chaos.faults.strikes("trade-bust"):
            self.chaos.later(
                self.chaos.faults.value("trade-bust"),
                lambda: self.exchange.bust(event.order, fill, self.chaos.clock.now_ns()),
            )

    def on_balances(self, account: Account, assets: tuple[str, ...], time_ns: int) -> None:
        """The operator may have given an account something, or taken it away."""
        customer = self.broker.customers[account.name]
        for asset in assets:
            amount = account.balance(asset).free
            if asset == "USD":
                customer.cash = amount
            elif asset in SECURITIES:
                self._give(customer, asset, amount - customer.held(asset))

    def _give(self, customer: Customer, symbol: str, quantity: Decimal) -> None:
        """Shares for nothing, at the price of now."""
        if quantity:
            customer.position(SECURITIES[symbol]).add(quantity, self.broker.price(symbol))

    def on_trade(self, trade: PublicTrade) -> None:
        """Nothing."""

    def on_book(self, symbol: str, time_ns: int) -> None:
        """Nothing."""
