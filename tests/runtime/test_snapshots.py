"""Snapshots: behind so many records, at each interval, and no oftener than can be afforded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.runtime.venue_engine import VenueEngine, through
from tradewind.core.snapshot import state_hash
from tradewind.model import messages as m
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover, snapshot_of
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.snapshots import PAUSE_FACTOR, RECORDS_MAX, Snapshots

INTERVAL_S = 300.0


class Kept:
    """Snapshots of an engine; each write takes `slow_s`."""

    def __init__(self, engine: VenueEngine, *, folded: int = 0, slow_s: float = 0.0) -> None:
        self.engine = engine
        self.pruned = 0
        self._slow_s = slow_s
        self.snapshots = Snapshots(
            engine.loop, self._make, self._prune, interval_s=INTERVAL_S, folded=folded
        )
        engine.loop._commit = self._commit

    async def grow(self, records: int) -> None:
        """Journal so many more."""
        for _ in range(records):
            self.engine.loop.offer(m.ClockTicked(0))
        await self.engine.loop.turn()

    def newest(self) -> int:
        """The sequence of the newest snapshot."""
        found = self.engine._journal.latest_snapshot()
        return 0 if found is None else found.sequence

    def _make(self) -> Callable[[], None]:
        snapshot = snapshot_of(self.engine.state, {}, b"")
        return lambda: self.engine._journal.save_snapshot(snapshot)

    async def _prune(self) -> None:
        self.pruned += 1

    async def _commit(self, write: Callable[[], None]) -> None:
        await asyncio.sleep(self._slow_s)
        write()


def kept_by(scenario: Callable[[VenueEngine], Awaitable[None]]) -> VenueEngine:
    """Play a scenario; what is folded behind the newest snapshot is the whole state."""
    engine = through(scenario)
    folded = recover(engine._journal, Recorder(MemorySegments()))
    assert state_hash(folded.state) == state_hash(engine.state)
    return engine


def test_a_tail_that_is_long_is_written_down_and_a_shorter_one_is_not() -> None:
    async def scenario(engine: VenueEngine) -> None:
        kept = Kept(engine)
        await kept.grow(RECORDS_MAX - 1)
        await kept.snapshots.look()
        assert kept.newest() == 0
        await kept.grow(1)
        await kept.snapshots.look()
        first = kept.newest()
        assert first == engine.state.sequence
        await kept.grow(RECORDS_MAX - 1)
        await kept.snapshots.look()
        assert (kept.newest(), kept.pruned) == (first, 0)

    kept_by(scenario)


def test_a_start_that_folded_much_has_it_written_down_at_once() -> None:
    async def scenario(engine: VenueEngine) -> None:
        kept = Kept(engine, folded=RECORDS_MAX)
        await kept.snapshots.look()
        assert kept.newest() == engine.state.sequence

    kept_by(scenario)


def test_what_takes_long_to_write_is_written_more_seldom() -> None:
    async def scenario(engine: VenueEngine) -> None:
        kept = Kept(engine, slow_s=0.1)
        await kept.grow(RECORDS_MAX)
        await kept.snapshots.look()
        first = kept.newest()
        await kept.grow(RECORDS_MAX)
        await asyncio.sleep(0.1 * PAUSE_FACTOR - 1)
        await kept.snapshots.look()
        assert kept.newest() == first
        await asyncio.sleep(1 + 0.1 * PAUSE_FACTOR)
        await kept.snapshots.look()
        assert kept.newest() == engine.state.sequence > first

    kept_by(scenario)


def test_at_the_interval_a_short_tail_is_written_too_and_the_journal_pruned() -> None:
    async def scenario(engine: VenueEngine) -> None:
        kept = Kept(engine)
        await asyncio.sleep(INTERVAL_S - 1)
        await kept.snapshots.look()
        assert (kept.newest(), kept.pruned) == (0, 0)
        await asyncio.sleep(1)
        await kept.snapshots.look()
        assert (kept.newest(), kept.pruned) == (engine.state.sequence, 1)

    kept_by(scenario)
