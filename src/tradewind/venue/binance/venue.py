"""What Binance's spot and futures venues have in common: the exchange behind REST and sockets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from aiohttp import web

from tradewind.venue.accounts import Account, Clearing
from tradewind.venue.binance.calls import Call, Endpoint
from tradewind.venue.binance.errors import UNKNOWN_STATUS, ApiError
from tradewind.venue.binance.keys import ApiKey, key_text
from tradewind.venue.binance.limits import Limits, RateRules, banned, too_much_weight
from tradewind.venue.binance.operator_routes import add_operator_routes
from tradewind.venue.binance.order_lists import OrderLists
from tradewind.venue.binance.rest import error_response, rest_handler
from tradewind.venue.binance.stream_messages import SpotDialect
from tradewind.venue.binance.stream_names import StreamName
from tradewind.venue.binance.streams import Streams
from tradewind.venue.binance.ws_api import serve_api
from tradewind.venue.chaos import Chaos, milliseconds
from tradewind.venue.events import Happened, OrderEvent, PublicTrade
from tradewind.venue.exchange import Exchange
from tradewind.venue.history import MINUTE_MS, TradeHistory
from tradewind.venue.listing import Listing
from tradewind.venue.market_source import MarketSource
from tradewind.venue.orders import Order
from tradewind.venue.sockets import Socket, Sockets

ACCOUNTS = ("demo", "second")
AVERAGE_MINUTES = 5


class UserSession(Protocol):
    """A connection that gets events of accounts."""

    socket: Socket

    @property
    def subscriptions(self) -> Mapping[Any, Account]:
        """The accounts, by how the subscription is named."""

    def event(self, account: Account, payload: dict[str, Any]) -> None:
        """Send an event of an account."""


class BinanceVenue:
    """A venue of Binance's; spot and futures say which calls, messages and events are theirs."""

    name = ""
    not_served: tuple[str, ...] = ()
    deposits: Mapping[str, str] = {}
    rate_rules = RateRules()

    def __init__(
        self,
        chaos: Chaos,
        *,
        listings: Iterable[Listing],
        market: MarketSource,
        clearing: Clearing,
        endpoints: tuple[Endpoint, ...],
    ) -> None:
        listings = tuple(listings)
        self.chaos = chaos
        chaos.goodbye = self.say_goodbye
        self.exchange = Exchange(listings, clearing)
        self.exchange.voice.listeners.append(self)
        self.market = market
        self.endpoints = endpoints
        self.sockets = Sockets()
        self.history = {listing.symbol: TradeHistory() for listing in listings}
        self.limits = Limits(self.rate_rules.times(chaos.rates))
        self.keys: dict[str, ApiKey] = {}
        self.sessions: dict[int, UserSession] = {}
        self.dialect = self.new_dialect()
        self.streams = Streams(self)
        self.lists = OrderLists(self)
        self.delisted: set[str] = set()
        self.amendments: dict[int, list[dict[str, Any]]] = {}
        self.methods = {each.method: each for each in endpoints if each.method}
        self._changing = {each.rest for each in endpoints if each.changes_orders}
        self._noted: set[int] = set()
        self._orders: dict[tuple[str, str], list[Order]] = {}
        self._hold: list[tuple[Account, dict[str, Any]]] | None = None
        for number, name in enumerate(ACCOUNTS, 1):
            self.open_account(name, number, self.deposits)

    def new_dialect(self) -> SpotDialect:
        """The messages of the market streams."""
        return SpotDialect(self)

    # --- accounts ----------------------------------------------------------------------------

    def open_account(self, name: str, number: int, deposits: Mapping[str, str]) -> Account:
        """Open an account with an HMAC key of its own; key and secret follow from the name."""
        account = Account(name, number, updated_ns=self.chaos.clock.now_ns())
        for asset in self.assets():
            account.balance(asset).free = Decimal(deposits.get(asset, 0))
        self.exchange.accounts[name] = account
        self.add_key(ApiKey(key_text(name, "key"), account, secret=key_text(name, "secret")))
        return account

    def add_key(self, key: ApiKey) -> None:
        """Let a key in."""
        self.keys[key.key] = key

    def key_of_account(self, name: str) -> ApiKey:
        """The first key of an account."""
        return next(key for key in self.keys.values() if key.account.name == name)

    def assets(self) -> list[str]:
        """Every asset that is traded."""
        listings = [book.listing for book in self.exchange.books.values()]
        return list(dict.fromkeys(asset for each in listings for asset in (each.base, each.quote)))

    def orders_of(self, account: Account, symbol: str) -> list[Order]:
        """Every order of an account in a symbol, the oldest first."""
        return self._orders.get((account.name, symbol), [])

    def average_price(self, symbol: str) -> Decimal | None:
        """The mean price by volume of the last minutes, else the last price."""
        now_ms = self.market_ms()
        bar = self.history[symbol].window(now_ms - AVERAGE_MINUTES * MINUTE_MS, now_ms + MINUTE_MS)
        if bar is not None and bar.volume:
            return bar.value / bar.volume
        return self.exchange.books[symbol].reference_price()

    def market_ms(self) -> int:
        """What time it is in the market: in a replay that of the recording."""
        return milliseconds(self.market.time_ns(self.chaos.clock.market_ns()))

    # --- calls -------------------------------------------------------------------------------

    def perform(self, endpoint: Endpoint, call: Call) -> Any:
        """Carry out a call whose caller is proven."""
        if endpoint.orders:
            self.limits.count_orders(call.owner.name, endpoint.orders, call.now_ns)
        return endpoint.handler(call)

    def cancel(self, order: Order, now_ns: int, client_id: str) -> None:
        """Cancel an order, perhaps just behind a fill that is reported after the cancel."""
        late: list[tuple[Account, dict[str, Any]]] = []
        if order.is_resting and self.chaos.faults.strikes("fill-after-cancel"):
            late = self._fill_silently(order, now_ns)
        if order.is_open:
            self.exchange.cancel(order, now_ns, client_id)
        for account, payload in late:
            self._send(account, payload, self.chaos.report)

    def _fill_silently(self, order: Order, now_ns: int) -> list[tuple[Account, dict[str, Any]]]:
        """Fill a part of a resting order; its reports are handed back instead of sent."""
        held: list[tuple[Account, dict[str, Any]]] = []
        self._hold = held
        lot = self.exchange.listing(order.symbol).lot
        part = (order.leaves / 2 / lot).to_integral_value("ROUND_FLOOR") * lot
        if part:
            self.exchange.fill(order, part, now_ns)
        self._hold = None
        return held

    def amend(self, order: Order, quantity: Decimal, now_ns: int, client_id: str) -> None:
        """Lower an order's quantity and note it."""
        row = {
            "symbol": order.symbol,
            "orderId": order.id,
            "executionId": 0,
            "origClientOrderId": order.client_id,
            "newClientOrderId": client_id,
            "origQty": f"{order.quantity:.8f}",
            "newQty": f"{quantity:.8f}",
            "time": now_ns // 1_000_000,
        }
        self.amendments.setdefault(order.id, []).append(row)
        self.exchange.reduce(order, quantity, now_ns, client_id)
        order.client_id = client_id

    # --- the server --------------------------------------------------------------------------

    def add_routes(self, application: web.Application) -> None:
        """REST, streams and WebSocket API on one port."""

        async def api(request: web.Request) -> web.StreamResponse:
            return await serve_api(self, request)

        for endpoint in self.endpoints:
            method, path = endpoint.rest.split(" ")
            application.router.add_route(method, path, rest_handler(self, endpoint))
        # Futures have streams of three kinds, by path; each of them serves all here.
        for kind in ("", "/public", "/market", "/private"):
            application.router.add_get(f"{kind}/ws", self.streams.serve)
            application.router.add_get(kind + "/ws/{names:.*}", self.streams.serve)
            application.router.add_get(f"{kind}/stream", self.streams.serve)
        application.router.add_get("/ws-api/v3", api)
        add_operator_routes(application, self)

    async def burst(self, channel: str, count: int) -> int:
        """Send a stream's subscribers so many best prices as fast as they read."""
        return await self.streams.burst(channel, count)

    def on_tick(self, now_ns: int) -> None:
        """Send the streams what is due."""
        now_ms = now_ns // 1_000_000 + self.market_ms() - self.chaos.clock.market_ns() // 1_000_000
        for symbol, history in self.history.items():
            ended = history.end_aggregate()
            if ended is not None:
                self.streams.on_aggregate(symbol, ended, now_ms)
        self.streams.on_tick(now_ms)

    def failure(self, status: int, what: str, retry_s: float) -> web.Response:
        """The answer to a request that the faults let fail."""
        return error_response(self.failure_error(status, what, retry_s))

    def failure_error(self, status: int, what: str, retry_s: float) -> ApiError:
        """The error of a request that the faults let fail."""
        now_ns = self.chaos.clock.now_ns()
        if status == 418:
            return banned(now_ns + int(retry_s * 1e9), now_ns)
        if status == 429:
            return too_much_weight(self.limits.rules.weight, retry_s)
        codes = {"maintenance": -1016, "server-error": -1001, "request-lost": -1008}
        if what in codes:
            return ApiError(codes[what], status=status)
        return ApiError(-1007, UNKNOWN_STATUS, status=status)

    def changes_orders(self, request: web.Request) -> bool:
        """True for new orders, cancels and amendments."""
        return f"{request.method} {request.path}" in self._changing

    def say_goodbye(self) -> None:
        """Send serverShutdown to every stream and session."""
        shutdown = {"e": "serverShutdown", "E": self.chaos.clock.now_ms()}
        self.streams.say_goodbye(shutdown)
        for session in list(self.sessions.values()):
            session.socket.send_json({"event": shutdown})

    def describe(self) -> dict[str, Any]:
        """What a user needs to begin."""
        return {
            "venue": self.name,
            "symbols": list(self.exchange.books),
            "accounts": [
                {"name": key.account.name, "key": key.key, "secret": key.secret}
                for key in self.keys.values()
                if key.secret
            ],
            "not_served": list(self.not_served),
        }

    def listener_of(self, name: str) -> Account | None:
        """The account whose events are streamed under a name: a listen key; spot has none."""
        del name
        return None

    def on_subscribed(self, name: StreamName) -> None:
        """A client listens to a stream: a replay begins with the first."""
        self.market.begin(self.chaos.clock.market_ns())

    # --- what the exchange says --------------------------------------------------------------

    def on_order(self, event: OrderEvent) -> None:
        """Note a new order; report."""
        order = event.order
        if event.what is Happened.NEW and order.id not in self._noted:
            self._noted.add(order.id)
            self._orders.setdefault((order.account, order.symbol), []).append(order)
        if event.what is Happened.REPLACED and order.id in self.amendments:
            self.amendments[order.id][-1]["executionId"] = event.execution_id
        if event.what is Happened.TRADE:
            self._on_fill(event)
        self._report(event)
        self.lists.on_order(event)

    def _on_fill(self, event: OrderEvent) -> None:
        order, fill = event.order, event.fill
        assert fill is not None
        self.limits.filled(order.account, event.time_ns)
        faults = self.chaos.faults
        if faults.strikes("trade-bust"):
            self.chaos.later(
                faults.value("trade-bust"),
                lambda: self.exchange.bust(order, fill, self.chaos.clock.now_ns()),
            )
        if faults.strikes("drop-in-mid-fill"):
            for session in self._sessions_of(order.account):
                session.socket.cut()

    def _report(self, event: OrderEvent) -> None:
        """Send an order's event to who listens to the account."""
        payload = self.report_of(event)
        if payload is None:
            return
        account = self.exchange.accounts[event.order.account]
        if self._hold is not None:
            self._hold.append((account, payload))
        else:
            self._send(account, payload, self.chaos.report)

    def on_balances(self, account: Account, assets: tuple[str, ...], time_ns: int) -> None:
        """Tell the account of its balances."""
        sessions = list(self._sessions_of(account.name))
        payload = self.balances_of(account, assets, time_ns) if sessions else None
        if payload is not None:
            for session in sessions:
                session.event(account, payload)

    def tell(self, account: str, payload: dict[str, Any]) -> None:
        """Send an event to who listens to an account."""
        owner = self.exchange.accounts[account]
        for session in list(self._sessions_of(account)):
            session.event(owner, payload)

    def report_of(self, event: OrderEvent) -> dict[str, Any] | None:
        """An order's event as the user data stream sends it, or None."""
        raise NotImplementedError

    def balances_of(
        self, account: Account, assets: tuple[str, ...], time_ns: int
    ) -> dict[str, Any] | None:
        """Changed balances as the user data stream sends them, or None."""
        raise NotImplementedError

    def _send(self, account: Account, payload: dict[str, Any], through: Any) -> None:
        for session in list(self._sessions_of(account.name)):
            channel = f"reports {session.socket.number}"
            through(channel, payload, lambda each, to=session: to.event(account, each))

    def _sessions_of(self, account: str) -> Iterable[UserSession]:
        for session in list(self.sessions.values()):
            if any(each.name == account for each in session.subscriptions.values()):
                yield session

    def on_trade(self, trade: PublicTrade) -> None:
        """Keep a trade and tell the public."""
        aggregate = self.history[trade.symbol].add(trade)
        self.streams.on_trade(trade, aggregate, self.market_ms())

    def on_book(self, symbol: str, time_ns: int) -> None:
        """A book changed."""
        self.streams.on_book(symbol)
