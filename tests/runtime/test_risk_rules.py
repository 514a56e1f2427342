"""Rules of risk that a person changes while a run goes on, and what counts as a loss."""

from __future__ import annotations

from pathlib import Path

from tests.runtime.test_loop import GOOG
from tests.runtime.test_risk_monitor import PRICE, Monitored, run
from tradewind.model import messages as m


def test_money_of_another_currency_is_brought_in_at_its_rate_and_its_fall_is_a_loss(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            await shell.give(m.RateChanged(0, "EUR", "USD", 1_250_000_000))
            await shell.look()
            await shell.give(m.CashDeposited(0, "main", "EUR", 80_000 * 10**6))  # 100,000 USD
            await shell.look()
            assert (shell.measured["daily_loss"], shell.measured["drawdown"]) == (0, 0)
            shell.monitor = shell.fresh_monitor()  # a restart forgets nothing of it
            await shell.give(m.RateChanged(0, "EUR", "USD", 1_000_000_000))
            await shell.look()
            assert shell.measured["daily_loss"] == 20_000
            await shell.give(m.CashDeposited(0, "main", "EUR", -80_000 * 10**6))
            await shell.look()
            assert shell.measured["daily_loss"] == 20_000  # what is taken out is no loss

    run(story())


def test_a_changed_level_holds_from_the_next_look_and_over_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path, '{"daily_loss": {"block": 20000}}')
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            change = {"block": None, "warn": "5000"}
            await shell.change("levels", "daily_loss", change)
            await shell.price(90_00)
            (told,) = shell.records(m.RiskLevelReached)
            assert (told.level, shell.records(m.Halted)) == ("warn", [])
            (changed,) = shell.records(m.RiskRuleChanged)
            assert (changed.kind, changed.name, changed.by) == ("levels", "daily_loss", "ann")
            assert changed.value == '{"warn":"5000"}'
            shell.monitor = shell.fresh_monitor()  # a restart, with the settings of before
            await shell.price(85_00)
            assert shell.records(m.Halted) == []
            await shell.change("levels", "daily_loss", {"block": "30000"})
            await shell.price(85_00)
            assert len(shell.records(m.Halted)) == 1

    run(story())


def test_a_scenario_is_played_from_the_next_look_and_over_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            await shell.fill(await shell.want(2_000))
            await shell.change("scenarios", "halved", {GOOG.id: "-0.5"})
            await shell.price(PRICE)
            assert shell.measured["stress_loss"] == 100_000
            assert shell.monitor.worst_scenarios["main"] == "halved"
            shell.monitor = shell.fresh_monitor()
            await shell.price(PRICE)
            assert shell.measured["stress_loss"] == 100_000
            await shell.change("scenarios", "halved", None)
            await shell.price(PRICE)
            assert shell.measured["stress_loss"] == 60_000

    run(story())


def test_terms_of_an_account_hold_for_the_next_order(tmp_path: Path) -> None:
    async def story() -> None:
        shell = Monitored(tmp_path)
        async with shell.running():
            assert (await shell.want(-1)).startswith("j0-")
            await shell.change("terms", "main", {"kind": "cash"})
            assert await shell.want(-1) == "short_sale"
            assert shell.records(m.AccountTermsSet)[-1].by == "ann"
            await shell.change("terms", "main", None)
            assert (await shell.want(-1)).startswith("j0-")

    run(story())
