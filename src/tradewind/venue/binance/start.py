"""Makes the local Binance venues as the user chose them."""

from __future__ import annotations

from tradewind.model.errors import UserError
from tradewind.venue.binance.markets import SPOT
from tradewind.venue.binance.spot import BinanceSpot
from tradewind.venue.chaos import Chaos
from tradewind.venue.market_source import chosen_market
from tradewind.venue.options import VenueOptions


def spot(chaos: Chaos, options: VenueOptions) -> BinanceSpot:
    """Binance spot."""
    if options.replay is not None:
        raise UserError("--replay is not served by this venue yet: leave it out")
    return BinanceSpot(chaos, market=chosen_market(options, SPOT, "BINANCE"))
