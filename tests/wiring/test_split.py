"""Roles as processes: started in any order, killed and started again, the books whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wiring.split_run import SplitRun
from tradewind.cli.main import main
from tradewind.model.errors import UserError
from tradewind.wiring.role_place import RoleLock, taken_lock

TRADING_AGAIN_S = 2.0
BUSY_FACTOR = 10
"""A machine that runs the other tests meanwhile is so much slower."""


@pytest.fixture
def split(tmp_path: Path) -> Iterator[SplitRun]:
    with SplitRun(tmp_path / "home") as run:
        yield run


def verified(home: Path) -> bool:
    """Whether the journal is whole, and two folds of it give one state."""
    return main(["verify", "--journal", "--home", str(home)]) == 0


def test_a_split_run_trades_on_when_its_roles_are_killed(
    split: SplitRun, capsys: pytest.CaptureFixture[str]
) -> None:
    split.start("--topology", "split")
    split.until_well()
    for role in ("risk-manager", "market-data"):
        split.until_standing_by(role)
        assert split.kill(role) < TRADING_AGAIN_S * BUSY_FACTOR
    orders = split.metric("risk-manager", "orders_submitted_total")
    split.until(
        lambda: split.metric("risk-manager", "orders_submitted_total") > orders, "orders leave"
    )
    assert split.metric("risk-manager", "anomalies_total") == 0
    split.__exit__(None, None, None)
    assert split.codes == [0]
    assert verified(split.home), capsys.readouterr()


@pytest.mark.long
def test_roles_started_the_wrong_way_round_find_each_other(split: SplitRun) -> None:
    for role in ("api-gateway", "risk-manager"):
        split.start("--role", role)
    split.until(
        lambda: "nothing is heard of the bus" in split.asked("risk-manager"),
        "the engine says what it waits for",
    )
    split.start("--role", "market-data")
    split.until_well()


def test_a_standby_has_the_role_once_it_is_free(tmp_path: Path) -> None:
    async def stand_by() -> list[str]:
        stop, seen = asyncio.Event(), []
        first = RoleLock(tmp_path, "market-data")
        waiting = asyncio.create_task(taken_lock(tmp_path, "market-data", stop, patience_s=60))
        await asyncio.sleep(0.1)
        seen.append("waits" if not waiting.done() else "has it too")
        first.close()
        second = await waiting
        assert second is not None
        late = asyncio.create_task(taken_lock(tmp_path, "market-data", stop, patience_s=60))
        await asyncio.sleep(0.1)
        stop.set()
        seen.append("left" if await late is None else "has it too")
        second.close()
        return seen

    assert asyncio.run(stand_by()) == ["waits", "left"]


def test_one_role_of_a_home_has_one_process(tmp_path: Path) -> None:
    first = RoleLock(tmp_path / "home", "market-data")
    with pytest.raises(UserError, match="another process plays the role market-data"):
        RoleLock(tmp_path / "home", "market-data")
    RoleLock(tmp_path / "home", "other").close()
    first.close()
    RoleLock(tmp_path / "home", "market-data").close()


@pytest.mark.long
def test_every_role_may_be_killed_again_and_again(split: SplitRun) -> None:
    split.start("--topology", "split")
    split.until_well()
    took: dict[str, list[float]] = {"market-data": [], "risk-manager": []}
    for _ in range(5):
        for role, times in took.items():
            split.until_standing_by(role)
            times.append(split.kill(role))
    split.__exit__(None, None, None)
    assert verified(split.home)
    assert max(took["market-data"] + took["risk-manager"]) < TRADING_AGAIN_S, took
