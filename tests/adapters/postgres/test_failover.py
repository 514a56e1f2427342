"""With a synchronous standby nothing acknowledged is lost or doubled, and one writer is left."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.adapters.postgres.acknowledged import AcknowledgedWriter, lost_and_doubled
from tests.servers.postgres_pair import PostgresPair, running_pair
from tradewind.adapters.postgres.journal import open_journal
from tradewind.adapters.sql.bounded import BoundedConnection
from tradewind.ports.journal import Fenced, JournalBroken
from tradewind.testing.journal_suite import append, ticks


@pytest.fixture
def pair() -> Iterator[PostgresPair]:
    with running_pair() as pair:
        yield pair


@pytest.mark.parametrize(
    "fault", [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.long)]
)
def test_a_lost_primary_takes_nothing_that_was_acknowledged(
    pair: PostgresPair, fault: signal.Signals
) -> None:
    """The writer goes on at the new primary; the old one, back again, is another history."""
    pair.primary.new_database()
    url = pair.url("test1")
    writer = AcknowledgedWriter(url, "desk")
    writer.wait_for(100)
    pair.primary.signal(fault)
    pair.promote()
    writer.wait_for(100)
    writer.stop()
    assert writer.failure is None
    assert lost_and_doubled(writer.acknowledged, pair.standby.url("test1"), "desk") == (0, 0)


def test_of_two_leaders_one_can_append(pair: PostgresPair) -> None:
    """The first is cut off while the second takes over; back again it stores nothing."""
    pair.primary.new_database()
    url = pair.url("test1")
    with closing(open_journal(url, "desk", journal_id="desk", give_up_s=30)) as first:
        first.take_over()
        append(first, ticks(2))
        pair.primary.signal(signal.SIGKILL)
        pair.promote()
        with closing(open_journal(url, "desk", give_up_s=30)) as second:
            second.take_over()
            append(second, ticks(3))
            with pytest.raises(Fenced, match="stop this process"):
                append(first, ticks(1))
            append(second, ticks(1))
            assert [group.epoch for group in second.groups(0)] == [1, 2, 2]
            assert second.verify().last == 6


@pytest.mark.long
def test_a_primary_without_its_standby_acknowledges_nothing(
    pair: PostgresPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it called durable would be lost with it: so it calls nothing durable."""
    pair.primary.new_database()
    url = pair.primary.url("test1")
    with closing(open_journal(url, "desk", journal_id="desk", give_up_s=1)) as journal:
        journal.take_over()
        append(journal, ticks(2))
        pair.standby.signal(signal.SIGKILL)
        monkeypatch.setattr(BoundedConnection, "call_s", 1.0)
        with pytest.raises(JournalBroken, match="nothing more is written"):
            append(journal, ticks(1))
