"""The card of Alpaca, made from the tables the adapter works by."""

from __future__ import annotations

from tradewind.adapters.alpaca.downloads import TIMEFRAMES
from tradewind.adapters.alpaca.orders import FLAGS, TIMES_IN_FORCE, TYPES
from tradewind.adapters.alpaca.rest import REQUESTS_PER_MINUTE
from tradewind.adapters.alpaca.trading import SILENCE_S
from tradewind.ports.venue_card import VenueCard


def alpaca_card() -> VenueCard:
    """What the adapter can.

    >>> alpaca_card().order_types["STOP_LIMIT"]
    'stop_limit'
    """
    return VenueCard(
        venue="ALPACA",
        title="Alpaca, US equities and crypto",
        data=("trades", "quotes", "depth (crypto)"),
        history=(f"bars of {', '.join(TIMEFRAMES)}", "trades", "quotes", "splits and dividends"),
        order_types={ours.name: theirs for ours, theirs in TYPES.items()},
        times_in_force={ours.name: theirs for ours, theirs in TIMES_IN_FORCE.items()},
        flags={flag.name or "": theirs for flag, theirs in FLAGS.items()},
        amend="limit and stop price, quantity while nothing is filled; a new order at the venue",
        amended_stops=("STOP", "STOP_LIMIT"),
        beyond=(
            "bracket, OCO, OTO",
            "trailing stops",
            "amounts of money",
        ),
        keys=("key id and secret in headers, of the paper account or of a live one",),
        limits=(f"{REQUESTS_PER_MINUTE} requests in 60 s, or what its headers say",),
        unknown=(
            "a 5xx, no answer, an answer that cannot be read, an id that is there already; it may "
            f"arrive for {SILENCE_S:g} s"
        ),
        quality=(
            (
                "passes the suites of market data and trading against the local venue: lost "
                "answers, late, doubled and reordered reports, cuts, amendments answered by number"
            ),
            (
                "a storm of 200 faults with kills of the process in each test run, 1,000 in the "
                "long one: no order twice, none lost, positions and money as the venue says"
            ),
            "its own descriptions of requests and answers are held against ours (OpenAPI)",
            (
                "sums of executions name fills, since no number of the venue stands on all ways; "
                "a fee is 0, since it is charged by the day"
            ),
        ),
        not_tried=(
            "the real venue: every test runs against the local one",
            "options, multi-leg orders, OAuth, the broker interface",
            "a replacement that is filled while it is asked for",
        ),
    )
