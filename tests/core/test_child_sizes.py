"""A parent of which no child could pass a limit of single orders is denied where it is wanted."""

from __future__ import annotations

from typing import Any

import pytest

from tradewind.core.engine import Engine
from tradewind.core.parent_terms import AlgorithmTerms, algorithm_intent_of
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.market import trade_of
from tradewind.model.orders import Side

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
TWAP: dict[str, Any] = {"algorithm": "twap", "seconds": 40, "slices": 4}
CURVE: dict[str, Any] = {"algorithm": "vwap", "seconds": 40, "curve": (0, 1, 3, 4)}
ICEBERG: dict[str, Any] = {"algorithm": "iceberg", "display": 10, "limit": "90"}
POV: dict[str, Any] = {"algorithm": "pov", "participation": "0.5"}


def denials(
    terms: dict[str, Any], limits: Limits, *, scope: str = "account:main"
) -> list[m.OrderDenied]:
    """What is denied at once of a parent of 40, wanted at a price of 100."""
    engine = Engine(State())
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, GOOG),
        m.AccountOpened(1, "main", "USD"),
        m.CashDeposited(1, "main", "USD", 10**12),
        m.StrategyRegistered(1, "manual", "main", "", {}),
        m.LimitsChanged(1, scope, limits, "ann"),
    ):
        engine.step(event)
    engine.step(trade_of(GOOG, 2, 10_000, 5, 0))
    wanted = algorithm_intent_of(
        AlgorithmTerms(side=Side.BUY, quantity=40, **terms), 3, "j0-manual-1", "manual", GOOG
    )
    engine.take_records()
    engine.step(wanted)
    _, records = engine.take_records()
    return [one for one in records if isinstance(one, m.OrderDenied)]


@pytest.mark.parametrize(
    ("terms", "at_limit", "past"),
    [
        (TWAP, Limits(order_quantity="10"), Limits(order_quantity="9")),
        (TWAP, Limits(order_notional="1000"), Limits(order_notional="999.99")),
        (CURVE, Limits(order_quantity="5"), Limits(order_quantity="4")),
        (ICEBERG, Limits(order_quantity="10"), Limits(order_quantity="9")),
        (ICEBERG, Limits(order_notional="900"), Limits(order_notional="899")),
        ({"algorithm": "twap", "seconds": 40, "slices": 4, "min_child": 12},
         Limits(order_quantity="12"), Limits(order_quantity="11")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scope", ["firm", "account:main", "strategy:manual"])
def test_children_at_a_limit_are_worked_and_past_it_the_parent_is_denied(
    terms: dict[str, Any], at_limit: Limits, past: Limits, scope: str
) -> None:
    assert [one.rule for one in denials(terms, at_limit, scope=scope)] == []
    (denied,) = denials(terms, past, scope=scope)
    assert (denied.rule, denied.order_id) == ("child_size", "j0-manual-1")
    assert denied.limit.endswith(f" of {scope}")


def test_the_reason_names_the_size_of_the_children_and_the_limit() -> None:
    (denied,) = denials(TWAP, Limits(order_notional="500"))
    assert denied.value == "children of 10 at 100.00"
    assert denied.limit == "order_notional 500 of account:main"


def test_a_share_of_the_volume_has_children_of_any_size() -> None:
    assert denials(POV, Limits(order_quantity="1")) == []
    assert denials(TWAP | {"participation": "0.5"}, Limits(order_quantity="1")) == []
