"""The catalogue of venues: the cards that the documents show."""

from __future__ import annotations

from tradewind.adapters.binance.card import binance_card
from tradewind.ports.venue_card import VenueCard, card_markdown

INTRODUCTION = """\
# Venues

What each adapter can do, made from its own tables by `tradewind config reference --format venues`.
A word of ours stands with the venue's own behind it. How to run one on your machine:
docs/guides/local-venue.md.
"""


def venue_cards() -> list[VenueCard]:
    """The cards of all venues.

    >>> [card.venue for card in venue_cards()][:2]
    ['BINANCE', 'BINANCE-USDM']
    """
    return [binance_card("spot"), binance_card("usdm")]


def venues_markdown() -> str:
    """Return `docs/reference/venues.md`."""
    return "\n".join([INTRODUCTION, *map(card_markdown, venue_cards())])
