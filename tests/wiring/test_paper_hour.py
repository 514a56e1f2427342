"""Paper trading for a long time on virtual time: it trades, its memory stays, a restart agrees."""

import asyncio
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.core.snapshot import state_hash
from tradewind.runtime.desk import Desk
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover
from tradewind.runtime.segments import FileSegments
from tradewind.strategies.library import LIBRARY
from tradewind.strategies.ma_crossover import MaCrossover
from tradewind.testing.virtual_time import VirtualClock, run_virtually
from tradewind.wiring.limit_profiles import DEMO
from tradewind.wiring.plans import PLANS
from tradewind.wiring.platform import Platform, PlatformOptions

ORDER_BYTES_MAX = 3_000
"""What a finished order may hold: it is kept for a day, and at most 100,000 of them are."""
OTHER_BYTES_MAX = 2 << 20
"""What all the rest may hold at the end of the hour beyond its middle."""


class VirtualPlatform(Platform):
    """The platform with its writes in line, so that virtual time waits for them."""

    async def _commit(self, write: Callable[[], None]) -> None:
        write()


async def paper(home: Path, seconds: float, look: Callable[[Desk], None]) -> VirtualPlatform:
    options = PlatformOptions(
        home=home,
        strategies=tuple(PLANS),
        cash="100000",
        seed=7,
        limits=DEMO,
        snapshot_interval_s=300,
    )
    platform = VirtualPlatform(options, VirtualClock())
    stop = asyncio.Event()
    ready: list[Desk] = []
    running = asyncio.create_task(platform.run(stop=stop, on_ready=ready.append))
    for _ in range(2):
        await asyncio.sleep(seconds / 2)
        look(ready[0])
    stop.set()
    await running
    return platform


def hours(home: Path, seconds: float) -> tuple[Desk, list[int]]:
    """Run, and say what the desk saw last and what was held at each look beside orders."""
    desks: list[Desk] = []
    held: list[int] = []

    def look(desk: Desk) -> None:
        desks.append(desk)
        orders = len(desk.state.orders) * ORDER_BYTES_MAX
        held.append(tracemalloc.get_traced_memory()[0] - orders)

    home.mkdir()
    tracemalloc.start()
    try:
        run_virtually(paper(home, seconds, look))
    finally:
        tracemalloc.stop()
    return desks[-1], held


def check_recovery(home: Path, desk: Desk) -> None:
    with closing(read_journal(home / "journal")) as journal:
        recorder = Recorder(FileSegments(home / "market"))
        whole = recover(journal, recorder, before=1)
        recorder.close()
    assert state_hash(whole.state) == state_hash(desk.state)


def test_two_minutes_of_paper_trade_and_recover_to_the_same_state(tmp_path: Path) -> None:
    desk, _ = hours(tmp_path / "home", 120)
    assert desk.counts["OrderFilled"] > 10
    assert desk.state.anomalies == {}
    check_recovery(tmp_path / "home", desk)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_an_hour_of_paper_holds_no_more_memory_at_its_end(tmp_path: Path) -> None:
    desk, held = hours(tmp_path / "home", 3600)
    assert held[1] - held[0] < OTHER_BYTES_MAX
    assert {name.partition(":")[0] for name in desk.state.anomalies} <= {"bad_tick"}
    check_recovery(tmp_path / "home", desk)


class Farewell(MaCrossover):
    """Wants a timer at its end, so that the journal shows that it was called."""

    def on_stop(self) -> None:
        self.set_timer("farewell", self.time_ns + 10**15)


def test_a_strategy_is_told_the_end_and_what_it_wants_is_journaled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIBRARY, "ma_crossover", f"{__name__}:Farewell")
    desk, _ = hours(tmp_path / "home", 4)
    assert "farewell" in {timer[2] for timer in desk.state.timers}
