"""The risk monitor: what a second look does, and what it must not do twice."""

from __future__ import annotations

from pathlib import Path

from tests.runtime.test_risk_monitor import PRICE, Monitored, run
from tradewind.model import messages as m
from tradewind.runtime.risk_monitor import PERIODS_MIN


def test_looks_within_one_minute_are_one_period_of_value_at_risk(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            await shell.fill(await shell.want(1_000))
            for _ in range(PERIODS_MIN + 5):
                await shell.look()
            assert shell.measured.get("value_at_risk") is None

    run(story())


def test_reduce_only_lifts_the_monitors_own_halt_and_no_persons(tmp_path: Path) -> None:
    async def story(by_person: list[m.Halted], *, rule: str, home: Path) -> None:
        shell = Monitored(home, '{"drawdown": {"block": 0.01, "reduce_only": 0.02}}')
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            await shell.price(94_00)
            assert await shell.want(-1) == "halted"
            for halt in by_person:
                await shell.give(halt)
            await shell.price(89_00)
            assert await shell.want(1) == rule

    person = m.Halted(0, "account:main", "drill", "ann")
    run(story([], rule="max_position_notional", home=tmp_path))
    (tmp_path / "choices.json").unlink()
    (tmp_path / "risk_monitor.json").unlink()
    run(story([person], rule="halted", home=tmp_path))


def test_a_closing_order_that_was_refused_is_tried_again_after_five_seconds(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            await shell.give(m.Halted(0, "all", "drill", "ann"))
            shell.monitor.flatten("all")
            await shell.look()
            sent = shell.records(m.SubmitOrder)
            await shell.give(m.OrderRejected(0, sent[-1].order_id, "busy"))
            await shell.price(PRICE, seconds=4)
            assert shell.records(m.SubmitOrder) == sent
            await shell.price(PRICE, seconds=1)
            assert len(shell.records(m.SubmitOrder)) == len(sent) + 1

    run(story())


def test_what_is_remembered_is_not_written_again_while_it_is_the_same(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        kept = tmp_path / "risk_monitor.json"
        async with shell.running():
            kept.write_text("untouched")
            await shell.look()
            assert kept.read_text() == "untouched"
            await shell.fill(await shell.want(2_000))
            await shell.price(101_00)
            assert '"peak"' in kept.read_text()

    run(story())
