"""The local Binance spot venue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewind.venue.accounts import Account, SpotClearing
from tradewind.venue.binance import user_events
from tradewind.venue.binance.endpoints import ENDPOINTS, NOT_SERVED
from tradewind.venue.binance.markets import DEPOSITS, SPOT
from tradewind.venue.binance.venue import BinanceVenue
from tradewind.venue.chaos import Chaos
from tradewind.venue.events import OrderEvent
from tradewind.venue.listing import Listing
from tradewind.venue.market_source import GeneratedMarket, MarketSource


class BinanceSpot(BinanceVenue):
    """Binance spot on the local venue; `VenueServer` serves it."""

    name = "binance"
    not_served = NOT_SERVED
    deposits = DEPOSITS

    def __init__(
        self,
        chaos: Chaos,
        *,
        listings: Iterable[Listing] = SPOT,
        market: MarketSource | None = None,
    ) -> None:
        listings = tuple(listings)
        super().__init__(
            chaos,
            listings=listings,
            market=market or GeneratedMarket(listings, seed=7, venue="BINANCE"),
            clearing=SpotClearing(),
            endpoints=ENDPOINTS,
        )

    def report_of(self, event: OrderEvent) -> dict[str, Any] | None:
        """An execution report; a bust has none."""
        if event.what not in user_events.EXECUTION_TYPES:
            return None
        return user_events.execution_report(event, self.chaos.clock.now_ms())

    def balances_of(
        self, account: Account, assets: tuple[str, ...], time_ns: int
    ) -> dict[str, Any] | None:
        """The balances that changed."""
        return user_events.account_position(account, assets, time_ns, self.chaos.clock.now_ms())
