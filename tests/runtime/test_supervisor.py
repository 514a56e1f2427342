"""What ends is started again; what refuses its settings ends all."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tradewind.model.errors import UserError
from tradewind.runtime.supervisor import Supervisor

DEADLINE_S = 60.0
WRITES = (
    "import sys, time; open(sys.argv[1], 'a').write('x'); time.sleep({seconds}); sys.exit({code})"
)


def command(path: Path, *, seconds: float, code: int) -> list[str]:
    return [sys.executable, "-c", WRITES.format(seconds=seconds, code=code), str(path)]


def test_what_ends_by_itself_is_started_again_and_all_is_stopped(tmp_path: Path) -> None:
    async def watch() -> None:
        short = command(tmp_path / "short", seconds=0, code=1)
        long = command(tmp_path / "long", seconds=1_000, code=0)
        supervisor, stop = Supervisor({"short": short, "long": long}), asyncio.Event()
        running = asyncio.create_task(supervisor.run(stop))
        async with asyncio.timeout(DEADLINE_S):
            while supervisor.restarts["short"] < 3 or not (tmp_path / "long").exists():
                await asyncio.sleep(0.01)
            stop.set()
            await running
        assert supervisor.restarts["long"] == 0

    asyncio.run(watch())
    assert (tmp_path / "short").read_text() in ("xxx", "xxxx")
    assert (tmp_path / "long").read_text() == "x"


def test_a_role_that_refuses_its_settings_ends_the_whole(tmp_path: Path) -> None:
    async def watch() -> None:
        wrong = command(tmp_path / "wrong", seconds=0, code=2)
        long = command(tmp_path / "long", seconds=1_000, code=0)
        async with asyncio.timeout(DEADLINE_S):
            await Supervisor({"wrong": wrong, "long": long}).run(asyncio.Event())

    with pytest.raises(UserError, match="the role wrong cannot run"):
        asyncio.run(watch())
    assert (tmp_path / "wrong").read_text() == "x"
