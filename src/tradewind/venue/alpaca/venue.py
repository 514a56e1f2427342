"""The Alpaca venue: trading API, account stream, market data and its streams on one port."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from aiohttp import web

from tradewind.venue.alpaca.account_routes import add_account_routes
from tradewind.venue.alpaca.asset_routes import add_asset_routes
from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.data_routes import add_data_routes
from tradewind.venue.alpaca.desk import REQUESTS_PER_MINUTE, Desk
from tradewind.venue.alpaca.endpoint import json_response
from tradewind.venue.alpaca.operator_routes import add_operator_routes
from tradewind.venue.alpaca.order_routes import add_order_routes
from tradewind.venue.alpaca.refusal import Refusal
from tradewind.venue.alpaca.ticker import Ticker
from tradewind.venue.alpaca.trade_stream import TradeStream
from tradewind.venue.chaos import Chaos
from tradewind.venue.equities.calendar import MINUTE_NS
from tradewind.venue.equities.session_market import SessionMarket
from tradewind.venue.equities.universe import SECURITIES

HISTORY_DAYS = 250
FUNDS = Decimal(100_000)
PLANS = {"free": "free"}
"""The account of this name has the free plan for data; all others have the paid one."""


class AlpacaVenue:
    """A venue that speaks like Alpaca; see `VenueServer` for how it is served.

    Every name in `accounts` is an account with keys of its own and 100,000 dollars.
    """

    name = "alpaca"

    def __init__(
        self,
        chaos: Chaos,
        *,
        seed: int = 7,
        accounts: Iterable[str] = ("demo", "second", "free"),
        history_days: int = HISTORY_DAYS,
        speed: float = 1.0,
        still: bool = False,
        requests_per_minute: int = REQUESTS_PER_MINUTE,
    ) -> None:
        self.chaos = chaos
        self.market = SessionMarket(
            seed=seed, venue="ALPACA", days=history_days, speed=speed, still=still
        )
        self.desk = Desk(chaos, self.market, requests_per_minute=requests_per_minute)
        self.exchange = self.desk.exchange
        self.sockets = self.desk.sockets
        for name in accounts:
            self.desk.admit(new_customer(name, chaos.clock.market_ns()))
        self._ticker = Ticker(self.desk)
        self._trades = TradeStream(self.desk)
        self._minute_ns = 0

    def add_routes(self, application: web.Application) -> None:
        """Add the venue's REST and WebSocket routes."""
        add_order_routes(application, self.desk)
        add_account_routes(application, self.desk)
        add_asset_routes(application, self.desk)
        add_operator_routes(application, self.desk)
        router = application.router
        router.add_get("/stream", self._trades.handle)
        router.add_get("/v1beta3/crypto/{feed}", self._ticker.crypto.handle)
        add_data_routes(application, self.desk)
        router.add_get("/v2/{feed}", self._ticker.stocks.handle)

    def changes_orders(self, request: web.Request) -> bool:
        """True for requests that place, replace or cancel orders, or close positions."""
        return request.method != "GET" and request.path.startswith(("/v2/orders", "/v2/positions"))

    def on_tick(self, now_ns: int) -> None:
        """Sessions begin and end, and what came together is sent."""
        self.desk.broker.turn(self.chaos.clock.market_ns())
        self._ticker.tick(now_ns)
        minute_ns = now_ns // MINUTE_NS * MINUTE_NS
        if minute_ns != self._minute_ns:
            self._minute_ns = minute_ns
            self.desk.note_equities(minute_ns)

    def failure(self, status: int, what: str, retry_s: float) -> web.Response:
        """An answer of the faults, in the venue's form."""
        body = Refusal((status, status * 100_000), f"the venue failed on purpose: {what}").body()
        headers = {"Retry-After": f"{retry_s:.0f}"} if retry_s else {}
        return json_response(body, status, headers)

    def describe(self) -> dict[str, Any]:
        """Accounts with their keys, and symbols."""
        return {
            "venue": self.name,
            "accounts": [
                {"name": each.name, "key": each.key, "secret": each.secret, "plan": each.plan}
                for each in self.desk.broker.customers.values()
            ],
            "symbols": list(SECURITIES),
        }


def new_customer(name: str, now_ns: int) -> Customer:
    """An account with keys made of its name."""
    stem = "".join(filter(str.isalnum, name)).upper()
    return Customer(
        name=name,
        key=f"PK{stem}".ljust(20, "0"),
        secret=f"secret-of-{name}".ljust(40, "0"),
        cash=FUNDS,
        created_ns=now_ns,
        plan=PLANS.get(name, "paid"),
    )
