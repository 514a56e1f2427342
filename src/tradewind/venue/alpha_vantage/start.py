"""Makes the local Alpha Vantage venue as the user chose it."""

from __future__ import annotations

from tradewind.venue.alpha_vantage.venue import AlphaVantageVenue
from tradewind.venue.chaos import Chaos
from tradewind.venue.equities.session_market import refuse_replay
from tradewind.venue.options import VenueOptions


def alpha_vantage(chaos: Chaos, options: VenueOptions) -> AlphaVantageVenue:
    """The venue over the generated market, or over one that does not move."""
    refuse_replay(options)
    return AlphaVantageVenue(chaos, seed=options.seed, speed=options.speed, still=options.still)
