"""Makes the local Alpaca venue as the user chose it."""

from __future__ import annotations

from tradewind.venue.alpaca.venue import AlpacaVenue
from tradewind.venue.chaos import Chaos
from tradewind.venue.equities.session_market import refuse_replay
from tradewind.venue.options import VenueOptions


def alpaca(chaos: Chaos, options: VenueOptions) -> AlpacaVenue:
    """The venue over the generated market, or over one that does not move."""
    refuse_replay(options)
    return AlpacaVenue(chaos, seed=options.seed, speed=options.speed, still=options.still)
