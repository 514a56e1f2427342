"""The cards of Binance say what the adapter does, and the document shows them as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.adapters.binance.card import binance_card
from tradewind.adapters.binance.hosts import MarketKind
from tradewind.model.orders import OrderType
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
