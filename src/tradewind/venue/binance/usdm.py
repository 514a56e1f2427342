"""The local Binance USD-M futures venue."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from aiohttp import web

from tradewind.venue.accounts import Account
from tradewind.venue.binance.countdowns import Countdowns
from tradewind.venue.binance.funding import Funding
from tradewind.venue.binance.limits import RateRules
from tradewind.venue.binance.listen_keys import ListenKeys
from tradewind.venue.binance.markets import USDM, USDM_DEPOSITS
from tradewind.venue.binance.usdm_dialect import UsdmDialect
from tradewind.venue.binance.usdm_endpoints import ENDPOINTS, NOT_SERVED
from tradewind.venue.binance.usdm_rows import account_update, order_update
from tradewind.venue.binance.user_events import EXECUTION_TYPES
from tradewind.venue.binance.venue import BinanceVenue
from tradewind.venue.chaos import Chaos, milliseconds
from tradewind.venue.events import Happened, OrderEvent
from tradewind.venue.listing import Listing
from tradewind.venue.margin import MarginClearing
from tradewind.venue.market_source import GeneratedMarket, MarketSource
from tradewind.venue.orders import ZERO

MAKER_FEE, TAKER_FEE = Decimal("0.0002"), Decimal("0.0005")


class BinanceUsdm(BinanceVenue):
    """Binance USD-M on the local venue; `VenueServer` serves it."""

    name = "binance-usdm"
    not_served = NOT_SERVED
    deposits = USDM_DEPOSITS
    rate_rules = RateRules(2400, (("MINUTE", 1, 1200, 60), ("SECOND", 10, 300, 10)))

    def __init__(
        self,
        chaos: Chaos,
        *,
        listings: Iterable[Listing] = USDM,
        market: MarketSource | None = None,
    ) -> None:
        listings = tuple(listings)
        self.clearing = MarginClearing("USDT", self.mark)
        self.listen_keys = ListenKeys()
        self.countdowns = Countdowns()
        super().__init__(
            chaos,
            listings=listings,
            market=market or GeneratedMarket(listings, seed=7, venue="BINANCE-USDM"),
            clearing=self.clearing,
            endpoints=ENDPOINTS,
        )
        self.funding = Funding(self.clearing, chaos.clock.now_ms())
        for account in self.exchange.accounts.values():
            account.maker_fee, account.taker_fee = MAKER_FEE, TAKER_FEE

    def add_routes(self, application: web.Application) -> None:
        """As spot's, and the operator's `POST /admin/funding {"symbol": "BTCUSDT"}`."""
        super().add_routes(application)
        application.router.add_post("/admin/funding", self._fund)

    async def _fund(self, request: web.Request) -> web.Response:
        try:
            symbol = json.loads(await request.read())["symbol"]
        except (ValueError, KeyError, TypeError):
            symbol = None
        if symbol not in self.exchange.books:
            return web.json_response({"error": "give a symbol, like BTCUSDT"}, status=400)
        self.charge_funding(symbol)
        return web.json_response({"symbol": symbol})

    def charge_funding(self, symbol: str) -> None:
        """Every holder of a contract pays or is paid now, and is told so."""
        now_ns = self.chaos.clock.now_ns()
        for account in self.exchange.accounts.values():
            if not self.funding.charge(account, symbol, now_ns):
                continue
            asset = self.clearing.asset
            self.exchange.log.note("funding", now_ns, account=account.name, asset=asset)
            update = account_update(
                account,
                self.clearing,
                [],
                "FUNDING_FEE",
                time_ms=milliseconds(now_ns),
                now_ms=self.chaos.clock.now_ms(),
            )
            self.tell(account.name, update)

    def new_dialect(self) -> UsdmDialect:
        """The messages of the futures streams."""
        return UsdmDialect(self)

    def mark(self, symbol: str) -> Decimal:
        """The mark price: here the last price."""
        return self.exchange.books[symbol].reference_price() or ZERO

    def listener_of(self, name: str) -> Account | None:
        """The account of a listen key."""
        account = self.listen_keys.account_of(name, self.chaos.clock.now_ns())
        return None if account is None else self.exchange.accounts[account]

    def report_of(self, event: OrderEvent) -> dict[str, Any] | None:
        """An order update; a bust has none."""
        if event.what not in EXECUTION_TYPES:
            return None
        listing = self.exchange.listing(event.order.symbol)
        return order_update(event, listing, self.chaos.clock.now_ms())

    def balances_of(
        self, account: Account, assets: tuple[str, ...], time_ns: int
    ) -> dict[str, Any] | None:
        """An account update where wallet or position moved; an order's margin moves neither."""
        names = [name.split("|") for name in assets if "|" in name]
        if not names:
            return None
        book = self.clearing.book(account.name)
        return account_update(
            account,
            self.clearing,
            [book.position(symbol, side) for symbol, side in names],
            "ORDER",
            time_ms=milliseconds(time_ns),
            now_ms=self.chaos.clock.now_ms(),
        )

    def on_order(self, event: OrderEvent) -> None:
        """As spot; and orders that only reduce end with the position they reduce."""
        super().on_order(event)
        if event.what is Happened.TRADE:
            self.exchange.afterwards(lambda: self._expire_idle(event))

    def _expire_idle(self, event: OrderEvent) -> None:
        order = event.order
        for each in self.exchange.open_of(order.account, order.symbol):
            is_idle = each.is_reduce_only and not self.clearing.closable(each)
            if is_idle and each.position_side == order.position_side and each.is_open:
                self.exchange.expire(each, event.time_ns)

    def on_tick(self, now_ns: int) -> None:
        """As spot; funding is charged when it is due, orders good till a date end with it.

        Countdowns that nobody renewed run out.
        """
        self.countdowns.run_out(self.exchange, now_ns)
        if self.funding.is_due(milliseconds(now_ns)):
            for symbol in self.exchange.books:
                self.charge_funding(symbol)
        for order in list(self.exchange.open.values()):
            if order.expire_ns and order.expire_ns <= now_ns and order.is_open:
                self.exchange.expire(order, now_ns)
        super().on_tick(now_ns)
