"""Makes the local Binance venues as the user chose them."""

from __future__ import annotations

from tradewind.venue.binance.markets import SPOT, USDM
from tradewind.venue.binance.replay import ReplayMarket
from tradewind.venue.binance.spot import BinanceSpot
from tradewind.venue.binance.usdm import BinanceUsdm
from tradewind.venue.binance.venue import BinanceVenue
from tradewind.venue.chaos import Chaos
from tradewind.venue.market_source import chosen_market
from tradewind.venue.options import VenueOptions


def spot(chaos: Chaos, options: VenueOptions) -> BinanceVenue:
    """Binance spot."""
    if options.replay is not None:
        replay = ReplayMarket(options.replay, speed=options.speed)
        return playing(BinanceSpot(chaos, listings=[replay.listing], market=replay), replay)
    return BinanceSpot(chaos, market=chosen_market(options, SPOT, "BINANCE"))


def usdm(chaos: Chaos, options: VenueOptions) -> BinanceVenue:
    """Binance USD-M futures."""
    if options.replay is not None:
        replay = ReplayMarket(options.replay, speed=options.speed)
        return playing(BinanceUsdm(chaos, listings=[replay.listing], market=replay), replay)
    return BinanceUsdm(chaos, market=chosen_market(options, USDM, "BINANCE-USDM"))


def playing(venue: BinanceVenue, replay: ReplayMarket) -> BinanceVenue:
    """A venue whose streams send the frames of a replay."""
    venue.streams.is_replay = True
    replay.send_raw = venue.streams.send_recorded
    return venue
