"""The card of Alpha Vantage, made from the tables the adapter works by."""

from __future__ import annotations

from tradewind.adapters.alpha_vantage.downloads import TIMEFRAMES
from tradewind.ports.venue_card import VenueCard


def alpha_vantage_card() -> VenueCard:
    """What the adapter can.

    >>> alpha_vantage_card().data
    ()
    """
    return VenueCard(
        venue="ALPHAVANTAGE",
        title="Alpha Vantage, history",
        data=(),
        history=(f"bars of {', '.join(TIMEFRAMES)}", "splits and dividends"),
        order_types={},
        times_in_force={},
        flags={},
        amend="no orders",
        beyond=(),
        keys=("one key, in the query",),
        limits=("5 requests in 60 s and 25 a day on the free plan, settings otherwise",),
        unknown="no orders",
        quality=(
            "every answer is 200: what it is is told from its body, a quota's words too",
            "quotas are counted across restarts and processes; answers are kept",
            (
                "no live data: a quote has no bid, no ask and no time of day, and 25 requests a "
                "day are one an hour, while the risk list refuses prices older than ten seconds"
            ),
        ),
        not_tried=(
            "the real venue: every test runs against the local one",
            "premium functions",
        ),
    )
