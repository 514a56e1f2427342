"""Strategies and limits changed while a platform runs, and what a restart keeps of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.wiring.test_paper_hour import VirtualPlatform, check_recovery
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.limits import Limits
from tradewind.ports.journal import numbered
from tradewind.runtime.control_messages import (
    ChangeLimitsRequest,
    ChangeRiskRuleRequest,
    ExposuresRequest,
    LimitsRequest,
    ReconcileRequest,
    RiskRulesRequest,
    StartStrategyRequest,
    StopStrategyRequest,
)
from tradewind.runtime.desk import Desk
from tradewind.runtime.kept_choices import load_choices, save_choices
from tradewind.testing.virtual_time import VirtualClock, run_virtually
from tradewind.wiring.limit_profiles import DEMO
from tradewind.wiring.plans import PLANS
from tradewind.wiring.platform import PlatformOptions

Talk = Callable[[Desk], Awaitable[None]]


async def trading(home: Path, talk: Talk, small: Limits | None = None) -> None:
    """Run the demo, let somebody talk to its desk, and stop it."""
    options = PlatformOptions(
        home=home,
        strategies=tuple(PLANS),
        cash="100000",
        seed=7,
        limits=DEMO,
        snapshot_interval_s=300,
        new_code=small,
    )
    stop = asyncio.Event()
    ready: list[Desk] = []
    platform = VirtualPlatform(options, VirtualClock())
    running = asyncio.create_task(platform.run(stop=stop, on_ready=ready.append))
    await asyncio.sleep(20)
    try:
        await talk(ready[0])
    finally:
        stop.set()
        await running


def test_new_code_trades_with_small_limits_until_its_hash_is_approved(tmp_path: Path) -> None:
    small = Limits(order_notional="50", open_orders=1)

    def limits(desk: Desk) -> Limits:
        return desk.state.strategy("ma_cross").scope.limits

    async def first(desk: Desk) -> None:
        assert (limits(desk).order_notional, limits(desk).open_orders) == ("50", 1)
        code = desk.state.strategy("ma_cross").code
        shown = await desk.perform(RiskRulesRequest())
        assert shown["code"]["ma_cross"] == {"code": code, "is_new": True}
        with pytest.raises(UserError, match="ma_cross runs code"):
            await desk.perform(approved("0123456789abcdef"))
        assert limits(desk).order_notional == "50"
        await desk.perform(approved(code))
        assert limits(desk) == Limits()
        with pytest.raises(UserError, match="is approved"):
            await desk.perform(approved(code))

    async def again(desk: Desk) -> None:
        assert limits(desk) == Limits()
        assert desk.state.strategy("maker").scope.limits.order_notional == "50"

    async def changed(desk: Desk) -> None:
        assert limits(desk).order_notional == "50"  # another hash than the approved one

    async def without(desk: Desk) -> None:
        assert limits(desk) == Limits()

    run_virtually(trading(tmp_path, first, small))
    run_virtually(trading(tmp_path, again, small))
    choices = load_choices(tmp_path)
    codes = {**choices.codes, "ma_cross": "0123456789abcdef"}
    save_choices(tmp_path, msgspec.structs.replace(choices, codes=codes))
    run_virtually(trading(tmp_path, changed, small))
    run_virtually(trading(tmp_path, without))


def approved(code: str) -> ChangeRiskRuleRequest:
    return ChangeRiskRuleRequest("code", "ma_cross", {"code": code}, "ann")


def orders_of(desk: Desk, strategy: str) -> int:
    return desk.state.strategy(strategy).intents


def test_a_stopped_strategy_trades_no_more_until_it_is_started_again(tmp_path: Path) -> None:
    desks: list[Desk] = []

    async def talk(desk: Desk) -> None:
        desks.append(desk)
        done = await desk.perform(StopStrategyRequest("ma_crossover", "ann"))
        book = desk.state.strategy("ma_cross")
        assert (book.is_stopped, book.stop_reason) == (True, "stopped by ann")
        assert done["sequence"] <= desk.state.sequence
        before = orders_of(desk, "ma_cross")
        await asyncio.sleep(60)
        assert orders_of(desk, "ma_cross") == before
        with pytest.raises(UserError, match="does not run"):
            await desk.perform(StopStrategyRequest("ma_cross", "ann"))
        wanted = {"fast": "2", "slow": "5"}
        await desk.perform(StartStrategyRequest("ma_crossover", wanted, "ann"))
        assert desk.state.strategy("ma_cross").parameters["fast"] == "2"
        await asyncio.sleep(60)
        assert orders_of(desk, "ma_cross") > before
        with pytest.raises(UserError, match="runs already"):
            await desk.perform(StartStrategyRequest("ma_crossover", {}, "ann"))

    run_virtually(trading(tmp_path, talk))
    check_recovery(tmp_path, desks[0])


def test_what_persons_chose_holds_over_a_restart(tmp_path: Path) -> None:
    async def choose(desk: Desk) -> None:
        await desk.perform(StopStrategyRequest("mean_reversion", "ann"))
        await desk.perform(StopStrategyRequest("ma_crossover", "ann"))
        await desk.perform(StartStrategyRequest("ma_crossover", {"fast": "2"}, "ann"))
        changes: dict[str, Any] = {"leverage": "1.5", "open_orders": 7}
        await desk.perform(ChangeLimitsRequest("account:paper", changes, "ann"))

    async def look(desk: Desk) -> None:
        assert desk.state.strategy("mean_rev").stop_reason == "stopped by ann"
        assert desk.state.strategy("ma_cross").parameters["fast"] == "2"
        assert not desk.state.strategy("ma_cross").is_stopped
        limits = desk.state.account("paper").scope.limits
        assert (limits.leverage, limits.open_orders) == ("1.5", 7)
        assert limits.order_notional == DEMO.order_notional

    run_virtually(trading(tmp_path, choose))
    run_virtually(trading(tmp_path, look))


def test_what_makes_no_sense_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    refusals: list[str] = []

    async def talk(desk: Desk) -> None:
        await desk.perform(StopStrategyRequest("ma_crossover", "ann"))
        for wrong in (
            StartStrategyRequest("no_such", {}, "ann"),
            StartStrategyRequest("ma_crossover", {"no_such": "1"}, "ann"),
            StartStrategyRequest("ma_crossover", {"fast": "many"}, "ann"),
            StartStrategyRequest("ma_crossover", {"kind": "wma"}, "ann"),
            ChangeLimitsRequest("account:nobody", {}, "ann"),
            ChangeLimitsRequest("account:paper", {"no_such": "1"}, "ann"),
            ChangeLimitsRequest("account:paper", {"leverage": "much"}, "ann"),
            ReconcileRequest("NOWHERE"),
        ):
            with pytest.raises(UserError) as refused:
                await desk.perform(wrong)
            refusals.append(str(refused.value))
        assert desk.state.strategy("ma_cross").is_stopped
        assert desk.state.account("paper").scope.limits == DEMO

    run_virtually(trading(tmp_path, talk))
    assert len(refusals) == 8


def test_limits_exposure_and_venues_are_told(tmp_path: Path) -> None:
    async def talk(desk: Desk) -> None:
        await asyncio.sleep(60)
        limits = await desk.perform(LimitsRequest())
        by_scope = {row["scope"]: row["limits"] for row in limits["limits"]}
        assert by_scope["account:paper"]["order_notional"] == DEMO.order_notional
        exposures = await desk.perform(ExposuresRequest())
        row = exposures["accounts"][0]
        assert float(row["gross"]) >= abs(float(row["net"]))
        gross = sum(abs(float(each)) for each in row["instruments"].values())
        assert f"{gross:.2f}" == f"{float(row['gross']):.2f}"
        venue = desk.venues()[0]["venue"]
        looked = await desk.perform(ReconcileRequest(venue))
        assert looked["differences"] == []

    run_virtually(trading(tmp_path, talk))


def test_what_was_asked_is_in_the_journal(tmp_path: Path) -> None:
    sequences: list[int] = []

    async def talk(desk: Desk) -> None:
        stopped = await desk.perform(StopStrategyRequest("market_maker", "ann"))
        changes = {"leverage": "1.5"}
        changed = await desk.perform(ChangeLimitsRequest("account:paper", changes, "ann"))
        sequences.extend([stopped["sequence"], changed["sequence"]])

    run_virtually(trading(tmp_path, talk))
    with closing(read_journal(tmp_path / "journal")) as journal:
        records = dict(item for group in journal.groups() for item in numbered(group))
    stopped, changed = (records[sequence] for sequence in sequences)
    assert isinstance(stopped, m.StrategyStopped)
    assert isinstance(changed, m.LimitsChanged)
    assert (stopped.strategy, changed.by) == ("maker", "ann")
