"""Roles as processes: started in any order, killed and started again, the books whole."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wiring.split_run import OF_LIVE_RUNS, SplitRun
from tradewind.cli.main import main
from tradewind.model.errors import UserError
from tradewind.model.messages import OrderIntended, TargetIntended
from tradewind.ports.journal import numbered
from tradewind.runtime.role_lease import RoleLease
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.role_place import taken_lock

TRADING_AGAIN_S = 2.0
LOG = logging.getLogger("tests.split")
BUSY_FACTOR = 10
"""A machine that runs the other tests meanwhile is so much slower."""


@pytest.fixture
def split(tmp_path: Path) -> Iterator[SplitRun]:
    with SplitRun(tmp_path / "home") as run:
        yield run


def verified(home: Path) -> bool:
    """Whether the journal is whole, two folds of it give one state, and no id was left out."""
    return main(["verify", "--journal", "--home", str(home)]) == 0 and has_whole_ids(home)


def has_whole_ids(home: Path) -> bool:
    """Whether each strategy's wishes are numbered without a gap and without one twice."""
    numbers: dict[str, list[int]] = {}
    with contextlib.closing(JournalPlace(home).read()) as journal:
        for group in journal.groups():
            for _, record in numbered(group):
                if isinstance(record, OrderIntended | TargetIntended):
                    number = int(record.order_id.rpartition("-")[2], 36)
                    numbers.setdefault(record.strategy, []).append(number)
    return bool(numbers) and all(
        found == list(range(1, len(found) + 1)) for found in numbers.values()
    )


def test_a_split_run_trades_on_when_its_roles_are_killed(
    split: SplitRun, capsys: pytest.CaptureFixture[str]
) -> None:
    split.start("--topology", "split")
    split.until_well()
    for role in ("risk-manager", "market-data", "signal-bridge"):
        if role != "signal-bridge":
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
    for role in ("worker", "api-gateway", "risk-manager", "signal-bridge", "data-processor"):
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
        first = RoleLease(tmp_path, "market-data")
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
    first = RoleLease(tmp_path / "home", "market-data")
    with pytest.raises(UserError, match="another process plays the role market-data"):
        RoleLease(tmp_path / "home", "market-data")
    RoleLease(tmp_path / "home", "other").close()
    first.close()
    RoleLease(tmp_path / "home", "market-data").close()


@pytest.mark.long
def test_every_role_may_be_killed_again_and_again(split: SplitRun) -> None:
    split.start("--topology", "split")
    split.until_well()
    roles = split.ports.keys() - OF_LIVE_RUNS
    took: dict[str, list[float]] = {role: [] for role in roles}
    killing = {"api-gateway": split.kill_gateway, "signal-bridge": split.kill_bridge}
    for _ in range(5):
        for role, times in took.items():
            if role in ("market-data", "risk-manager", "api-gateway"):
                split.until_standing_by(role)
            times.append(killing[role]() if role in killing else split.kill(role))
    LOG.info("%s", {role: [round(one, 2) for one in times] for role, times in took.items()})
    split.__exit__(None, None, None)
    assert verified(split.home)
    soon = ("market-data", "signal-bridge", "risk-manager", "api-gateway")
    assert max(max(took[role]) for role in soon) < TRADING_AGAIN_S, took
