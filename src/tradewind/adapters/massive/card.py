"""The card of Massive, made from the tables the adapter works by."""

from __future__ import annotations

from tradewind.adapters.massive.downloads import TIMEFRAMES
from tradewind.adapters.massive.market_data import CHANNELS
from tradewind.adapters.massive.rest import REQUESTS_PER_MINUTE
from tradewind.ports.venue_card import VenueCard


def massive_card() -> VenueCard:
    """What the adapter can.

    >>> massive_card().order_types
    {}
    """
    kinds = ", ".join(f"{kind} ({' '.join(names)})" for kind, names in CHANNELS.items())
    return VenueCard(
        venue="MASSIVE",
        title="Massive (Polygon), market data",
        data=(f"trades and quotes of {kinds}",),
        history=(f"bars of {', '.join(TIMEFRAMES)}", "trades", "quotes", "splits and dividends"),
        order_types={},
        times_in_force={},
        flags={},
        amend="no orders",
        beyond=(),
        keys=("one key, as Bearer",),
        limits=(f"{REQUESTS_PER_MINUTE} requests in 60 s on the free plan, a setting otherwise",),
        unknown="no orders",
        quality=(
            "passes the suite of market data, where it has what a case needs, at the local venue",
            "its own description of answers is held against ours (OpenAPI)",
            "what a lost connection missed does not come again: the venue replays nothing",
        ),
        not_tried=(
            "the real venue: every test runs against the local one",
            "options, indices, futures",
        ),
    )
