"""The risk monitor: what it measures, and what each level does, at its value and one past it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.test_dispatch import PromptVenue, submit
from tests.runtime.test_loop import GOOG, Shell
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.frames import columns_from
from tradewind.model.orders import Liquidity, OrderFlag, Side
from tradewind.runtime.control_messages import ChangeRiskRuleRequest
from tradewind.runtime.desk import Desk
from tradewind.runtime.desk_actions import DeskActions
from tradewind.runtime.dispatch import Dispatch
from tradewind.runtime.feed import Feed
from tradewind.runtime.new_code import NewCode
from tradewind.runtime.risk_levels import Level, level_of, levels_of, parse_levels
from tradewind.runtime.risk_monitor import BY, DAY_NS, MOST_SHARE, PERIODS_MIN, RiskMonitor
from tradewind.runtime.risk_rules import RiskRules
from tradewind.runtime.stress_scenarios import STANDARD

PRICE = 100_00


class Monitored(Shell):
    """A shell with 1,000,000 of cash, a monitor over it, and orders that fill when asked to."""

    def __init__(self, home: Path, levels: str = "") -> None:
        super().__init__()
        self.home = home
        self.actions = DeskActions(self.loop, [], home)
        self.levels = levels
        self.monitor = self.fresh_monitor()
        self.number = 0

    def fresh_monitor(self) -> RiskMonitor:
        levels = levels_of(parse_levels(self.levels))
        code = NewCode(self.home, small=None, limits=dict)
        rules = RiskRules(self.loop, self.home, levels=levels, scenarios=STANDARD, new_code=code)
        return RiskMonitor(self.loop, self.actions, self.home, rules=rules)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.loop.offer(m.StrategyRegistered(0, "person", "main", "", {}))
        await self.loop.turn()
        task = asyncio.create_task(self.loop.run())
        await self.price(PRICE)
        try:
            yield
        finally:
            self.loop.stop()
            await task

    async def give(self, event: Any) -> None:
        await self.loop.submit(event)

    async def price(self, price: int, seconds: int = 1) -> None:
        """A public trade at a price, so much later, and a look of the monitor."""
        self.clock.time_ns += seconds * 10**9
        frame = {
            "time_ns": [self.clock.time_ns],
            "price": [Decimal(price).scaleb(-2)],
            "size": [1],
            "side": [0],
        }
        self.loop.offer_rows(columns_from("trades", frame, GOOG))
        await self.give(m.ClockTicked(0))
        await self.look()

    async def look(self) -> None:
        await self.monitor.look()
        await self.give(m.ClockTicked(0))

    async def want(self, signed: int, flags: OrderFlag = OrderFlag.NONE) -> str:
        """An order of `manual`; the rule that denied it, or its id."""
        self.number += 1
        order_id = f"j0-manual-{self.number}"
        side = Side.BUY if signed > 0 else Side.SELL
        await self.give(
            m.OrderIntended(0, order_id, "manual", GOOG.id, side, abs(signed), flags=flags)
        )
        denied = [one for one in self.records(m.OrderDenied) if one.order_id == order_id]
        return denied[0].rule if denied else order_id

    async def fill(self, order_id: str, price: int = PRICE) -> None:
        quantity = self.engine.state.orders[order_id].quantity
        await self.give(m.OrderFilled(0, order_id, "f", price, quantity, 0, "USD", Liquidity.TAKER))

    async def change(self, kind: Any, name: str, changes: dict[str, Any] | None) -> None:
        """A person changes a rule."""
        await self.actions.perform(ChangeRiskRuleRequest(kind, name, changes, "ann"))

    def records(self, kind: type[Any]) -> list[Any]:
        return [one for turn in self.turns for one in turn.records if isinstance(one, kind)]

    @property
    def measured(self) -> dict[str, Decimal | None]:
        return self.monitor.measures["main"]


def run(coroutine: Any) -> None:
    asyncio.run(coroutine)


def test_exposure_leverage_concentration_and_results_are_measured(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            await shell.price(110_00)
            assert shell.measured["gross_exposure"] == 220_000
            assert shell.measured["leverage"] == Decimal(220_000) / 1_020_000
            assert shell.measured["concentration"] == shell.measured["leverage"]
            assert (shell.measured["daily_loss"], shell.measured["drawdown"]) == (0, 0)
            await shell.price(95_00)
            assert shell.measured["drawdown"] == Decimal(30_000) / 1_020_000
            assert shell.measured["daily_loss"] == 10_000  # since the day's first look
            assert shell.measured["stress_loss"] == 57_000  # 190,000 fall by 30 %
            await shell.give(m.CashDeposited(0, "main", "USD", -500_000_000_000))
            await shell.look()  # what is taken out is no loss
            assert shell.measured["daily_loss"] == 10_000
            await shell.price(95_00, seconds=DAY_NS // 10**9)
            assert shell.measured["daily_loss"] == 0  # another day

    run(story())


def test_value_at_risk_is_that_of_past_minutes_over_present_positions(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            await shell.fill(await shell.want(1_000))
            for minute in range(PERIODS_MIN - 1):
                await shell.price(101_00 if minute % 2 else PRICE, seconds=60)
            assert shell.measured.get("value_at_risk") is None
            await shell.price(PRICE, seconds=60)
            await shell.price(PRICE, seconds=60)
            # steps of +1 % and -1/101 of 100,000; the worst of 30 minutes is -1/101
            assert shell.measured["expected_shortfall"] == pytest.approx(
                Decimal(100_000) / 101, abs=1
            )
            assert Decimal(900) < (shell.measured["value_at_risk"] or 0) <= Decimal("990.1")
            deviation = (shell.measured["parametric_value_at_risk"] or 0) / Decimal("2.32635")
            assert math.isclose(float(deviation), 970, rel_tol=0.03)

    run(story())


def test_a_warning_is_journaled_once_at_its_value_and_not_below(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path, '{"gross_exposure": {"warn": 200000}}')
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            await shell.price(99_99)  # 199,980
            assert shell.records(m.RiskLevelReached) == []
            await shell.price(PRICE)
            await shell.price(PRICE)
            (told,) = shell.records(m.RiskLevelReached)
            assert (told.scope, told.measure, told.level) == (
                "account:main",
                "gross_exposure",
                "warn",
            )
            assert (told.value, told.limit) == ("200000.000000", "200000")
            assert (await shell.want(1)).startswith("j0-")  # nothing is stopped
            await shell.price(99_99)
            await shell.price(PRICE)
            assert len(shell.records(m.RiskLevelReached)) == 2  # reached anew

    run(story())


def test_a_block_halts_the_account_and_is_lifted_by_a_person_only(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path, '{"daily_loss": {"warn": 1000, "block": 20000}}')
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            working = await shell.want(1)
            await shell.price(90_01)
            assert shell.records(m.Halted) == []
            await shell.price(90_00)
            (halted,) = shell.records(m.Halted)
            assert (halted.scope, halted.by) == ("account:main", BY)
            assert halted.reason == "daily_loss 20000.000000 reached block at 20000"
            assert [one.order_id for one in shell.records(m.CancelOrder)] == [working]
            assert await shell.want(1) == "halted"
            shell.monitor = shell.fresh_monitor()  # a restart
            await shell.give(m.Resumed(0, "account:main", "a person"))
            await shell.price(89_00)
            assert len(shell.records(m.Halted)) == 1  # the person knew
            assert (await shell.want(1)).startswith("j0-")

    run(story())


def test_no_order_leaves_between_a_halt_of_the_monitor_and_its_journal(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path, '{"daily_loss": {"block": 20000}}')
        venue, told = PromptVenue(), list[m.ControlEvent]()
        venues: Any = {"SIM": venue}
        dispatch = Dispatch(venues, told.append)
        desk = Desk(
            shell.loop,
            Feed([], shell.loop.offer, clock=shell.clock, bars={}),
            mode="paper",
            now_ns=shell.clock.now_ns,
        )
        desk.blocking = dispatch.blocked

        async def halt(event: m.Halted) -> int:
            shell.go_on.clear()  # the disk is slow
            return await desk.submit(event)

        shell.monitor.halt = halt
        async with shell.running():
            await dispatch.start()
            await shell.fill(await shell.want(2_000))
            dispatch.send(submit("before"))
            falling = asyncio.create_task(shell.price(90_00))
            while not shell.engine.state.accounts[0].scope.is_halted:
                await asyncio.sleep(0)
            dispatch.send(submit("meanwhile"))
            sent = list(venue.sent)
            shell.go_on.set()
            await falling
            assert sent == ["submit before"]
            assert len(shell.records(m.Halted)) == 1
            await dispatch.close()

    run(story())


def test_reduce_only_lets_exits_through_and_stays_over_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path, '{"drawdown": {"reduce_only": 0.02}}')
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            working = await shell.want(5)
            await shell.price(90_00)
            assert [one.order_id for one in shell.records(m.CancelOrder)] == [working]
            await shell.give(m.OrderCanceled(0, working))
            assert await shell.want(1) == "max_position_notional"
            assert await shell.want(-2_001) == "max_position_notional"
            assert (await shell.want(-2_000)).startswith("j0-")
            assert '"position_notional": "0"' in (tmp_path / "choices.json").read_text()

    run(story())


def test_flatten_closes_what_is_held_and_then_halts(tmp_path: Path) -> None:
    async def story() -> None:
        levels = '{"daily_loss": {"block": 5000, "flatten": 20000}}'
        shell = Monitored(tmp_path, levels)
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            await shell.price(97_00)
            assert len(shell.records(m.Halted)) == 1
            await shell.price(90_00)
            await shell.look()
            await shell.look()
            closing = shell.records(m.SubmitOrder)[-1]
            assert (closing.side, closing.quantity) == (Side.SELL, 2_000)
            assert closing.flags == OrderFlag.FLATTEN
            assert len(shell.records(m.SubmitOrder)) == 2  # asked for once, while it works
            shell.monitor = shell.fresh_monitor()  # a restart in between
            await shell.give(m.OrderRejected(0, closing.order_id, "busy"))
            await shell.look()
            await shell.price(90_00, seconds=6)
            closing = shell.records(m.SubmitOrder)[-1]
            assert len(shell.records(m.SubmitOrder)) in (3, 4)
            await shell.fill(closing.order_id, 90_00)
            await shell.look()
            assert [one.reason for one in shell.records(m.Halted)][-1] == "flattened"
            assert await shell.want(1) == "halted"
            assert shell.engine.state.accounts[0].scope.holdings[0].position == 0

    run(story())


def test_who_resumes_while_it_flattens_is_not_halted_again(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            await shell.price(100_00)
            await shell.give(m.Halted(0, "all", "drill", "ann"))
            shell.monitor.flatten("all")
            await shell.look()
            closing = shell.records(m.SubmitOrder)[-1]
            await shell.give(m.Resumed(0, "all", "ann"))
            await shell.fill(closing.order_id)
            await shell.look()
            assert [one.reason for one in shell.records(m.Halted)] == ["drill"]
            assert await shell.want(1) != "halted"

    run(story())


def test_the_position_of_a_stopped_strategy_is_closed_against_the_persons_book(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path, '{"daily_loss": {"flatten": 20000}}')
        async with shell.running():
            await shell.fill(await shell.want(-2_000))
            await shell.give(m.StrategyStopped(0, "manual", "test"))
            await shell.price(110_00)
            await shell.look()
            closing = shell.records(m.SubmitOrder)[-1]
            assert (closing.side, closing.quantity) == (Side.BUY, 2_000)
            await shell.fill(closing.order_id, 110_00)
            assert shell.engine.state.accounts[0].scope.holdings[0].position == 0

    run(story())


def test_the_monitor_tells_its_measures_as_metrics(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            found = {metric.name: metric.value for metric in shell.monitor.metrics()}
            assert found["risk_gross_exposure"] == 0
            assert found["risk_drawdown"] == 0

    run(story())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "write JSON as in docs"),
        ("[]", "write an object of measures"),
        ('{"mood": {}}', "there is no measure 'mood'"),
        ('{"drawdown": {"panic": 1}}', "drawdown has no level 'panic'"),
        ('{"drawdown": {"warn": -1}}', "drawdown.warn: '-1' is no limit"),
        ('{"drawdown": {"warn": "NaN"}}', "drawdown.warn: 'NaN' is no limit"),
        ('{"drawdown": {"warn": 0}}', "use a number above 0"),
        ('{"drawdown": {"warn": 0.2, "flatten": 0.1}}', "turn them round"),
    ],
)
def test_levels_that_cannot_be_are_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as refusal:
        parse_levels(text)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_hardest_level_reached_is_the_one_that_holds() -> None:
    levels = parse_levels('{"leverage": {"warn": 1}, "drawdown": {"block": 0.1, "flatten": 0.2}}')
    measures: dict[str, Decimal | None] = {"leverage": Decimal(3), "drawdown": Decimal("0.15")}
    reached = level_of(measures, levels)
    assert reached is not None
    assert reached[0].level is Level.BLOCK
    assert level_of({"leverage": None}, levels) is None


def test_an_account_that_holds_something_and_is_worth_nothing_has_every_leverage(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        shell = Monitored(tmp_path, '{"leverage": {"block": "100"}}')
        async with shell.running():
            await shell.fill(await shell.want(50_000))
            await shell.look()
            assert shell.engine.state.halts == {}
            await shell.price(79_00)
            assert shell.measured["leverage"] == MOST_SHARE
            assert shell.measured["concentration"] == MOST_SHARE
            assert list(shell.engine.state.halts) == ["account:main"]

    asyncio.run(scenario())
