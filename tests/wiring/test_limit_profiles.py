"""The demo's limits take the two that settings name and say each that is set."""

from __future__ import annotations

from pathlib import Path

from tradewind.model.limits import Limits
from tradewind.wiring.limit_profiles import DEMO, demo_limits, limit_lines
from tradewind.wiring.settings import load_settings


def test_settings_name_two_of_the_limits(tmp_path: Path) -> None:
    environment = {"MAX_POSITION_SIZE": "2500", "RISK_PER_TRADE": "0.01"}
    limits = demo_limits(load_settings(environment=environment, folder=tmp_path))
    assert (limits.position_notional, limits.risk_per_trade) == ("2500", "0.01")
    assert limits.gross_exposure == DEMO.gross_exposure


def test_a_limit_that_is_not_set_is_not_printed() -> None:
    assert list(limit_lines(Limits())) == []
    assert list(limit_lines(Limits(restricted_instruments=("A.SIM", "B.SIM")))) == [
        "restricted_instruments A.SIM B.SIM"
    ]
    assert list(limit_lines(Limits(short_sale=False))) == ["short_sale False"]
