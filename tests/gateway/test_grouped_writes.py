"""Grouped writes: in their order, together, and each told its own result or fault."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.kept_answers import SqlKeptAnswers
from tradewind.gateway import grouped_writes
from tradewind.gateway.grouped_writes import GroupedWrites
from tradewind.model.errors import OutsideError
from tradewind.ports.audit import NewEntry, first_break
from tradewind.ports.kept_answers import PENDING, KeptAnswer


class Slow:
    """Writes slowly and remembers what went together."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.is_writing = False

    def write(self, items: Sequence[int]) -> list[int]:
        assert not self.is_writing, "two writes at the same time"
        self.is_writing = True
        time.sleep(0.02)
        self.groups.append(list(items))
        self.is_writing = False
        if 13 in items:
            raise OutsideError("no room", fault="ours", retry=True)
        return [2 * item for item in items]


def test_what_is_asked_during_a_write_goes_together_into_the_next_one() -> None:
    async def scenario() -> None:
        slow = Slow()
        turn = asyncio.Lock()
        one, other = GroupedWrites(slow.write, turn), GroupedWrites(slow.write, turn)
        first = asyncio.create_task(one.do(1))
        await asyncio.sleep(0.005)
        later = [asyncio.create_task(each.do(n)) for n in range(2, 6) for each in (one, other)]
        assert await asyncio.gather(first, *later) == [2, 4, 4, 6, 6, 8, 8, 10, 10]
        assert sorted(slow.groups) == [[1], [2, 3, 4, 5], [2, 3, 4, 5]]

    asyncio.run(scenario())


def test_a_failed_write_fails_its_group_and_no_other() -> None:
    async def scenario() -> None:
        writes = GroupedWrites(Slow().write, asyncio.Lock())
        first = asyncio.create_task(writes.do(1))
        await asyncio.sleep(0.005)
        failing = await asyncio.gather(writes.do(12), writes.do(13), return_exceptions=True)
        assert [str(each) for each in failing] == ["no room", "no room"]
        assert (await first, await writes.do(4)) == (2, 8)

    asyncio.run(scenario())


def test_who_goes_away_takes_no_others_write_along() -> None:
    async def scenario() -> None:
        writes = GroupedWrites(Slow().write, asyncio.Lock())
        leaving, staying = asyncio.create_task(writes.do(1)), asyncio.create_task(writes.do(2))
        await asyncio.sleep(0.005)
        leaving.cancel()
        assert await staying == 4

    asyncio.run(scenario())


def test_beyond_the_bound_a_write_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouped_writes, "WAITING_MAX", 2)

    async def scenario() -> None:
        writes = GroupedWrites(Slow().write, asyncio.Lock())
        waiting = [asyncio.create_task(writes.do(number)) for number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(OutsideError, match="too many writes wait"):
            await writes.do(3)
        assert await asyncio.gather(*waiting) == [0, 2]

    asyncio.run(scenario())


def test_a_group_of_entries_is_chained_one_behind_the_other(tmp_path: Path) -> None:
    audit = SqlAudit(open_database(sqlite_url(tmp_path / "security.db")))
    new = NewEntry(5, "ann", "login", "x" * 300, "ok", "127.0.0.1", "{}")
    audit.append_all([new])
    assert [entry.number for entry in audit.append_all([new, new, new])] == [2, 3, 4]
    assert first_break(audit) == 0


def test_of_two_claims_of_one_key_in_a_group_the_second_hears_of_the_first(tmp_path: Path) -> None:
    kept = SqlKeptAnswers(open_database(sqlite_url(tmp_path / "security.db")))
    claim = KeptAnswer("u1", "key", b"h", PENDING, b"", 5)
    other = KeptAnswer("u2", "key", b"h", PENDING, b"", 5)
    assert kept.begin_all([claim, claim, other]) == [None, claim, None]
    done = KeptAnswer("u1", "key", b"h", 200, b"{}", 5)
    kept.finish_all([done])
    assert kept.begin_all([claim]) == [done]
