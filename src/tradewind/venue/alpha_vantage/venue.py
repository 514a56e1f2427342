"""The Alpha Vantage venue: one route, /query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tradewind.venue.accounts import SpotClearing
from tradewind.venue.alpha_vantage.query import Key, Query, key_of
from tradewind.venue.alpha_vantage.quotes import FUNCTIONS
from tradewind.venue.alpha_vantage.replies import Trouble, json_reply, unknown_function
from tradewind.venue.alpha_vantage.series import SERIES, series_reply
from tradewind.venue.chaos import Chaos
from tradewind.venue.equities.actions import Actions
from tradewind.venue.equities.session_market import SessionMarket, listings
from tradewind.venue.equities.universe import CURRENCIES, SECURITIES
from tradewind.venue.exchange import Exchange
from tradewind.venue.sockets import Sockets

HISTORY_DAYS = 250
ACCOUNTS = {"demo": "premium", "free": "free"}
NOTES = {418: "Information", 429: "Note"}


class AlphaVantageVenue:
    """A venue that speaks like Alpha Vantage; `accounts` maps names to the plan of their key."""

    name = "alpha-vantage"

    def __init__(
        self,
        chaos: Chaos,
        *,
        seed: int = 7,
        accounts: Mapping[str, str] = ACCOUNTS,
        history_days: int = HISTORY_DAYS,
        speed: float = 1.0,
        still: bool = False,
    ) -> None:
        self.chaos = chaos
        securities = {**SECURITIES, **CURRENCIES}
        self.market = SessionMarket(
            seed=seed,
            venue="AV",
            days=history_days,
            speed=speed,
            securities=securities,
            still=still,
        )
        self.exchange = Exchange(listings(securities), SpotClearing())
        self.sockets = Sockets()
        self.keys = {
            key.key: key
            for key in (
                Key(name, f"AVKEY{name.upper()}".ljust(16, "0"), plan)
                for name, plan in accounts.items()
            )
        }
        self._actions = Actions(chaos.clock.market_ns(), self.market.close_before)

    def add_routes(self, application: web.Application) -> None:
        """Add the venue's route."""
        application.router.add_get("/query", self._query)

    async def _query(self, request: web.Request) -> web.Response:
        now_ns = self.chaos.clock.now_ns()
        try:
            key = key_of(self.keys, request.query.get("apikey", ""))
            key.count(now_ns)
            query = Query(
                request.query,
                key=key,
                tapes=self.market.tapes,
                actions=self._actions,
                now_ns=now_ns,
            )
            return self._reply(query)
        except Trouble as trouble:
            return json_reply(trouble.payload())

    def _reply(self, query: Query) -> web.Response:
        if query.function in SERIES:
            return series_reply(query)
        if query.function not in FUNCTIONS:
            raise unknown_function(query.function)
        return FUNCTIONS[query.function](query)

    def changes_orders(self, request: web.Request) -> bool:
        """False: there are no orders here."""
        return False

    def on_tick(self, now_ns: int) -> None:
        """Nothing is sent here."""

    def failure(self, status: int, what: str, retry_s: float) -> web.Response:
        """Limits are told in the body of a 200; a server that fails has no body of its own."""
        if status in NOTES:
            return json_reply({NOTES[status]: f"the venue failed on purpose: {what}"})
        return web.Response(status=status, text=f"<html><body>{what}</body></html>",
                            content_type="text/html")  # fmt: skip

    def describe(self) -> dict[str, Any]:
        """Keys and symbols."""
        return {
            "venue": self.name,
            "accounts": [
                {"name": each.name, "key": each.key, "secret": "", "plan": each.plan}
                for each in self.keys.values()
            ],
            "symbols": list(self.exchange.books),
        }
