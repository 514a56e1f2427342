"""Limits against what is held: those that get smaller, by a person or at the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.test_loop import GOOG
from tests.runtime.test_risk_monitor import Monitored, run
from tradewind.model.errors import UserError
from tradewind.model.limits import Limits
from tradewind.runtime.control_messages import ChangeLimitsRequest
from tradewind.runtime.kept_choices import CHOICES_NAME
from tradewind.runtime.scope_limits import check_begun

ACCOUNT = "account:main"


def holding(home: Path, story: Callable[[Monitored], Any]) -> None:
    """With 2,000 held that were worth 200,000, may be worth 205,000, and rose to 210,000."""

    async def whole() -> None:
        shell = Monitored(home)
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            await change(shell, position_notional="205000")
            await shell.price(105_00)
            await story(shell)

    run(whole())


async def change(shell: Monitored, **changes: Any) -> None:
    await shell.actions.perform(ChangeLimitsRequest(ACCOUNT, changes, "ann"))


def limits_of(shell: Monitored) -> Limits:
    return shell.engine.state.accounts[0].scope.limits


def test_a_price_that_carried_a_position_past_its_limit_holds_no_other_change_up(
    tmp_path: Path,
) -> None:
    async def story(shell: Monitored) -> None:
        await change(shell, leverage="3")
        await change(shell, position_notional="207000")
        assert limits_of(shell) == Limits(leverage="3", position_notional="207000")
        with pytest.raises(UserError, match="206999 is below what account:main holds, 2000 of"):
            await change(shell, position_notional="206999")
        assert limits_of(shell) == Limits(leverage="3", position_notional="207000")
        await change(shell, position_notional="0")
        assert limits_of(shell).position_notional == "0"

    holding(tmp_path, story)


def test_a_start_with_a_limit_below_what_is_held_is_refused_unless_it_stood_before(
    tmp_path: Path,
) -> None:
    async def story(shell: Monitored) -> None:
        state = shell.engine.state
        empty = tmp_path / "another"
        check_begun(state, {ACCOUNT: Limits(position_notional="205000")}, empty)
        with pytest.raises(UserError) as refusal:
            check_begun(state, {ACCOUNT: Limits(position_notional="204000")}, empty)
        assert str(refusal.value).startswith(
            "limits of account:main: position_notional 204000 is below what account:main holds"
        )
        assert CHOICES_NAME not in str(refusal.value)
        of_instrument = {f"instrument:{GOOG.id}": Limits(position_notional="204000")}
        with pytest.raises(UserError, match="position_notional 204000 is below"):
            check_begun(state, of_instrument, empty)

    holding(tmp_path, story)


def test_what_contradicts_a_choice_of_a_person_names_the_file_of_choices(tmp_path: Path) -> None:
    async def story(shell: Monitored) -> None:
        await change(shell, fills=3, fills_ns=10**9)
        await shell.change("levels", "drawdown", {"flatten": "0.1"})
        both = Limits(fills=3)
        with pytest.raises(UserError, match=r"fills and fills_ns go together.*choices\.json"):
            check_begun(shell.engine.state, {ACCOUNT: both}, tmp_path)
        with pytest.raises(UserError, match=r"turn them round.*choices\.json"):
            Monitored(tmp_path, '{"drawdown": {"block": 0.2}}')

    holding(tmp_path, story)
