"""The cards of Binance say what the adapter does, and the document shows them as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.adapters.alpaca.card import alpaca_card
from tradewind.adapters.alpaca.orders import TIMES_IN_FORCE, TYPES
from tradewind.adapters.binance.card import binance_card
from tradewind.adapters.binance.hosts import MarketKind
from tradewind.adapters.ccxt.lookup import BY_OUR_ID
from tradewind.model.orders import OrderType
from tradewind.wiring.ccxt import TRADED
from tradewind.wiring.trading_venues import VENUES
from tradewind.wiring.venues import venue_cards, venues_markdown

ROOT = Path(__file__).parents[2]


def test_the_document_of_the_venues_is_current() -> None:
    path = ROOT / "docs" / "reference" / "venues.md"
    assert path.read_text() == venues_markdown(), "run scripts/docs"


@pytest.mark.parametrize("kind", ["spot", "usdm"])
def test_a_card_names_every_order_type_that_the_adapter_takes(kind: MarketKind) -> None:
    words = binance_card(kind).order_types
    assert set(words) <= {each.name for each in OrderType}
    assert {"MARKET", "LIMIT", "STOP", "STOP_LIMIT"} <= set(words)


def test_every_venue_has_one_card() -> None:
    names = [card.venue for card in venue_cards()]
    assert len(set(names)) == len(names)


def test_a_venue_that_a_run_may_trade_at_has_a_card() -> None:
    cards = {card.venue: card for card in venue_cards()}
    for entry in VENUES.values():
        assert entry.venue in cards
        assert bool(cards[entry.venue].order_types) != bool(entry.live_refusal)


def test_the_card_of_alpaca_names_what_an_order_may_be() -> None:
    card = alpaca_card()
    assert set(card.order_types) == {each.name for each in TYPES}
    assert set(card.times_in_force) == {each.name for each in TIMES_IN_FORCE}
    assert TRADED == BY_OUR_ID
