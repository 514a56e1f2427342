"""Roles as processes over two venues: one role takes both markets, one core trades at both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.local_venue import local_venue
from tests.storm.engine import LIVE
from tests.wiring.split_run import SplitRun
from tests.wiring.test_two_venues import command, journaled, settings
from tradewind.model.algorithm_messages import ParentEnded
from tradewind.model.errors import TradewindError
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import StatusRequest


def is_trading(home: Path) -> bool:
    """Whether orders go to both venues, which have prices."""
    try:
        status = ask(home, StatusRequest())
    except TradewindError:
        return False
    states = {row["venue"]: row["state"] for row in status["venues"]}
    priced = all(row["last"] for row in status["market"])
    return states == {"BINANCE": "trading", "BINANCE-USDM": "trading"} and priced


def ended(home: Path) -> list[str]:
    """How the orders of a route ended."""
    return [one.reason for one in journaled(home) if isinstance(one, ParentEnded)]


def buy(home: Path) -> None:
    """Ask for an order by the route."""
    code, output = command(home, {}, "order", "buy", "0.05", "BTC", "--json")
    assert code == 0, output


@pytest.mark.long
def test_a_split_run_trades_at_two_venues_and_goes_on_behind_a_kill(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with (
        local_venue("binance") as spot,
        local_venue("binance-usdm") as coin,
        SplitRun(home) as split,
    ):
        split.strategies = 0
        split.environment = LIVE | settings((spot, coin))
        split.start("--role", "market-data", "--standby")
        split.start("--role", "execution-engine", "--mode", "live")
        for _ in range(2):
            split.start("--role", "risk-manager", "--mode", "live", "--standby")
        split.until(lambda: is_trading(home), "both venues are traded")
        split.until_standing_by("risk-manager")
        buy(home)
        split.until(lambda: ended(home) == ["filled"], "the order is filled")
        split.kill("risk-manager")
        split.until(lambda: is_trading(home), "both venues are traded again")
        buy(home)
        split.until(lambda: ended(home) == ["filled", "filled"], "the next one is filled")
        positions = ask(home, StatusRequest())["positions"]
        assert sum(float(row["quantity"]) for row in positions) == pytest.approx(0.1)
