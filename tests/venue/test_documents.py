"""The guide of the local venue names every fault and every route of the operator."""

from __future__ import annotations

from pathlib import Path

from tradewind.venue.admin import ROUTES
from tradewind.venue.faults import FAULTS

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "local-venue.md").read_text()


def test_the_guide_names_every_fault() -> None:
    assert [name for name in FAULTS if f"`{name}`" not in GUIDE] == []


def test_the_guide_names_every_route_of_the_operator() -> None:
    assert [route for route in ROUTES if f"`{route}`" not in GUIDE] == []
