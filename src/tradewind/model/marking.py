"""Marking: the price that a position is worth its quantity times."""

from __future__ import annotations

from enum import IntEnum

from tradewind.model.errors import UserError


class Marking(IntEnum):
    """Which price values a position; where it is not there yet, the latest price does.

    LATEST: whatever came last, a trade, a bar's open or close, or the middle of a quote.
    LAST: the last trade or bar price. MID: the middle of best bid and best ask.
    BID_ASK: what closing would bring: a long position at the bid, a short one at the ask.
    """

    LATEST = 0
    LAST = 1
    MID = 2
    BID_ASK = 3


MARKINGS = {marking.name.lower(): marking for marking in Marking}
"""Markings by the words of options, settings and the journal."""


def parse_marking(text: str) -> Marking:
    """The marking of a word; `UserError` where there is none.

    >>> parse_marking("bid_ask").name
    'BID_ASK'
    """
    if text not in MARKINGS:
        raise UserError(f"mark={text!r}: choose one of {', '.join(MARKINGS)}")
    return MARKINGS[text]
