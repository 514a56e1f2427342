"""What a run says of itself when it begins: the limits that are in force."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from tradewind.cli.commands.run import _limit_lines
from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.limits import Limits

DEMO = Limits(order_notional="10000", open_orders=100)


def lines(mode: str, *changes: m.LimitsChanged) -> list[str]:
    engine = Engine(State())
    engine.step(m.RunStarted(1, "j0", 1, ""))
    engine.step(m.AccountOpened(1, "paper", "USDT"))
    for change in (m.LimitsChanged(1, "account:paper", DEMO, "settings"), *changes):
        engine.step(change)
    platform = SimpleNamespace(
        engine=engine,
        plan=SimpleNamespace(mode=mode, account="paper"),
        options=SimpleNamespace(limits=DEMO),
    )
    return list(_limit_lines(cast(Any, platform)))


def test_the_profile_of_the_demo_is_named_where_it_is_in_force() -> None:
    told = "account paper: order_notional 10000, open_orders 100"
    assert lines("paper") == [f"  limits      demo profile on {told}"]
    assert lines("live") == [f"  limits      on {told}"]


def test_limits_that_settings_or_persons_changed_are_shown_as_they_are() -> None:
    other = Limits(order_notional="5")
    firm = Limits(leverage="3")
    assert lines(
        "paper",
        m.LimitsChanged(2, "account:paper", other, "ann"),
        m.LimitsChanged(2, "firm", firm, "ann"),
    ) == ["  limits      on account paper: order_notional 5", "  limits      on firm: leverage 3"]
