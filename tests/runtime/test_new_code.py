"""Limits of new code as they are written, and what approves code: its own hash."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.runtime.test_risk_monitor import Monitored
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.limits import Limits
from tradewind.runtime.new_code import NewCode, parse_small_limits, tightest


def test_no_text_means_no_limits_for_new_code() -> None:
    assert parse_small_limits("  ") is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "write an object of limits"),
        ('{"short_sale": false}', "there is no 'short_sale'"),
        ('{"order_notional": "-1"}', "new code limits"),
    ],
)
def test_what_is_no_limit_of_new_code_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        parse_small_limits(text)


def test_the_smaller_limit_of_two_stays_and_one_alone_is_taken() -> None:
    usual = Limits(leverage="2", open_orders=5)
    small = Limits(leverage="0.5", open_orders=9, order_notional="100")
    found = tightest(usual, small)
    assert (found.leverage, found.open_orders, found.order_notional) == ("0.5", 5, "100")


def test_code_that_nobody_approved_starts_with_the_small_limits(tmp_path: Path) -> None:
    usual = {"strategy:manual": Limits(leverage="2")}
    code = NewCode(tmp_path, small=Limits(leverage="0.5"), limits=lambda: usual)
    state = Monitored(tmp_path).loop.engine.state
    assert code.limits_of(state, "manual", "abc") == Limits(leverage="0.5")


def test_code_that_does_not_run_is_not_approved_and_levels_need_changes(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            for code in ("", "another"):
                with pytest.raises(UserError, match=r"manual runs code \(none\), not"):
                    await shell.change("code", "manual", {"code": code})
            with pytest.raises(UserError, match="name the levels of leverage to change"):
                await shell.change("levels", "leverage", None)
            with pytest.raises(UserError, match=r"NOPE\.SIM"):
                await shell.change("scenarios", "crash", {"NOPE.SIM": "-0.1"})
            with pytest.raises(UserError, match="there is no scenario 'gone'"):
                await shell.change("scenarios", "gone", None)

    asyncio.run(story())


def test_code_that_needs_no_approval_is_not_approved(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            await shell.give(m.StrategyRegistered(0, "coded", "main", "abc", {}))
            with pytest.raises(UserError, match="abc of coded is approved, or needs no approval"):
                await shell.change("code", "coded", {"code": "abc"})
            assert shell.records(m.RiskRuleChanged) == []
            assert not (tmp_path / "choices.json").exists()

    asyncio.run(story())
