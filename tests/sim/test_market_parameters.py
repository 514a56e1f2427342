"""Market parameters: what lies outside their ranges is refused by name."""

from __future__ import annotations

import pytest

from tradewind.model.errors import UserError
from tradewind.sim.market_parameters import MarketParameters


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("branching", 0.9, 0.91),
        ("branching", 0.0, -0.01),
        ("depth_levels", 1, 0),
        ("depth_levels", 50, 51),
        ("annual_volatility", 5.0, 5.1),
        ("market_loading", -1.0, -1.1),
        ("start_price", 1e9, 2e9),
        ("halts_per_day", 1_000.0, 1_001.0),
    ],
)
def test_a_parameter_is_taken_at_its_limit_and_refused_one_step_past_it(
    name: str, inside: float, outside: float
) -> None:
    assert getattr(MarketParameters(**{name: inside}), name) == inside
    with pytest.raises(UserError, match=f"market parameter {name} must lie in"):
        MarketParameters(**{name: outside})


def test_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(UserError, match="branching"):
        MarketParameters(branching=float("nan"))
