"""The Massive venue: REST and WebSocket market data on one port."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tradewind.venue.chaos import Chaos
from tradewind.venue.equities.session_market import SessionMarket
from tradewind.venue.massive.aggregates import add_aggregate_routes
from tradewind.venue.massive.answers import Failure, answer, not_found
from tradewind.venue.massive.desk import TICKERS, Desk
from tradewind.venue.massive.reference import add_reference_routes
from tradewind.venue.massive.stream import MARKETS, Streams
from tradewind.venue.massive.ticks import add_tick_routes

HISTORY_DAYS = 250
ACCOUNTS = {"demo": "paid", "free": "free"}


class MassiveVenue:
    """A venue that speaks like Massive; `accounts` maps names to the plan of their key."""

    name = "massive"

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
        self.market = SessionMarket(
            seed=seed, venue="MASSIVE", days=history_days, speed=speed, still=still
        )
        self.desk = Desk(chaos, self.market, accounts)
        self.exchange = self.desk.exchange
        self.sockets = self.desk.sockets
        self._streams = Streams(self.desk)

    def add_routes(self, application: web.Application) -> None:
        """Add the venue's REST and WebSocket routes."""
        add_aggregate_routes(application, self.desk)
        add_tick_routes(application, self.desk)
        add_reference_routes(application, self.desk)
        markets = "|".join(MARKETS)
        application.router.add_get(f"/{{market:{markets}}}", self._streams.handle)
        application.router.add_get("/{rest:(?!admin).*}", self._unknown)

    async def _unknown(self, _: web.Request) -> web.Response:
        failure = not_found("The requested resource was not found.")
        return answer(failure.payload(self.desk.next_request_id()), failure.status)

    def changes_orders(self, request: web.Request) -> bool:
        """False: there are no orders here."""
        return False

    def on_tick(self, now_ns: int) -> None:
        """Send what came together."""
        self._streams.tick(now_ns)

    def failure(self, status: int, what: str, retry_s: float) -> web.Response:
        """An answer of the faults, in the venue's form."""
        failed = Failure(status, "ERROR", f"the venue failed on purpose: {what}")
        response = answer(failed.payload(self.desk.next_request_id()), status)
        if retry_s:
            response.headers["Retry-After"] = f"{retry_s:.0f}"
        return response

    def describe(self) -> dict[str, Any]:
        """Keys and tickers."""
        return {
            "venue": self.name,
            "accounts": [
                {"name": each.name, "key": each.key, "secret": "", "plan": each.plan}
                for each in self.desk.keys.values()
            ],
            "symbols": list(TICKERS),
        }
