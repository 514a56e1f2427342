"""Makes the local Massive venue as the user chose it."""

from __future__ import annotations

from tradewind.venue.chaos import Chaos
from tradewind.venue.equities.session_market import refuse_replay
from tradewind.venue.massive.venue import MassiveVenue
from tradewind.venue.options import VenueOptions


def massive(chaos: Chaos, options: VenueOptions) -> MassiveVenue:
    """The venue over the generated market, or over one that does not move."""
    refuse_replay(options)
    return MassiveVenue(chaos, seed=options.seed, speed=options.speed, still=options.still)
