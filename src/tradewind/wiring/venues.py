"""The catalogue of venues: the cards that the documents show."""

from __future__ import annotations

from tradewind.adapters.alpaca.card import alpaca_card
from tradewind.adapters.alpha_vantage.card import alpha_vantage_card
from tradewind.adapters.binance.card import binance_card
from tradewind.adapters.ccxt.card import ccxt_card
from tradewind.adapters.massive.card import massive_card
from tradewind.core.emulation import EMULATED
from tradewind.model.orders import OrderType
from tradewind.ports.venue_card import VenueCard, card_markdown
from tradewind.wiring.venue_entry import VenueEntry

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
    data = [massive_card(), alpha_vantage_card(), ccxt_card()]
    return [binance_card("spot"), binance_card("usdm"), alpaca_card(), *data]


def lacks_of(entry: VenueEntry) -> tuple[OrderType, ...]:
    """The order types that the core does in a venue's place, by the card of its adapter.

    >>> from tradewind.wiring.trading_venues import venue_entry
    >>> [each.name for each in lacks_of(venue_entry("ccxt:kraken"))]
    ['STOP', 'STOP_LIMIT']
    >>> lacks_of(venue_entry("binance"))
    ()
    """
    return tuple(each for each in EMULATED if each.name not in _card_of(entry).order_types)


def amends_of(entry: VenueEntry) -> tuple[OrderType, ...]:
    """The order types whose stop price a venue changes, by the card of its adapter.

    >>> from tradewind.wiring.trading_venues import venue_entry
    >>> [each.name for each in amends_of(venue_entry("alpaca"))]
    ['STOP', 'STOP_LIMIT']
    >>> amends_of(venue_entry("binance"))
    ()
    """
    return tuple(each for each in EMULATED if each.name in _card_of(entry).amended_stops)


def has_icebergs(entry: VenueEntry) -> bool:
    """Whether a venue shows a part of an order itself, by the card of its adapter.

    >>> from tradewind.wiring.trading_venues import venue_entry
    >>> [has_icebergs(venue_entry(name)) for name in ("binance", "binance-usdm", "alpaca")]
    [True, False, False]
    """
    return bool(_card_of(entry).iceberg)


def _card_of(entry: VenueEntry) -> VenueCard:
    cards = {card.venue: card for card in venue_cards()}
    return cards.get(entry.venue) or ccxt_card()


def venues_markdown() -> str:
    """Return `docs/reference/venues.md`."""
    return "\n".join([INTRODUCTION, *map(card_markdown, venue_cards())])
