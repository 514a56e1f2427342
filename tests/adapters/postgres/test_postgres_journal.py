"""The journal in a real PostgreSQL keeps the port's suite, fences, and survives lost replies."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.servers.postgres_server import PostgresServer, running_postgres
from tradewind.adapters.postgres import session
from tradewind.adapters.postgres.journal import PostgresJournal, open_journal
from tradewind.adapters.postgres.journal_reader import read_journal
from tradewind.adapters.sql.bounded import BoundedConnection, address
from tradewind.model.errors import UserError
from tradewind.ports.journal import Fenced, JournalBroken, JournalDamaged, group_of
from tradewind.testing.journal_suite import JournalSuite, append, snapshot, stored, ticks


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def url(server: PostgresServer) -> str:
    return server.new_database()


NAMES = (f"t{number}" for number in itertools.count())


class TestPostgresJournal(JournalSuite):
    @pytest.fixture(autouse=True)
    def _database(self, url: str) -> Iterator[None]:
        self.url = url
        self.opened: list[PostgresJournal] = []
        yield
        for journal in self.opened:
            journal.close()

    def new_journal(self) -> PostgresJournal:
        return self.open(next(NAMES))

    def reopened(self, journal: PostgresJournal) -> PostgresJournal:
        journal.close()
        return self.open(name_of(journal))

    def open(self, name: str) -> PostgresJournal:
        self.opened.append(open_journal(self.url, name, journal_id=name, give_up_s=5))
        return self.opened[-1]


@pytest.fixture
def journal(url: str) -> Iterator[PostgresJournal]:
    name = next(NAMES)
    with closing(open_journal(url, name, journal_id=name, give_up_s=20)) as journal:
        journal.take_over()
        yield journal


def name_of(journal: PostgresJournal) -> str:
    return journal.journal_id  # the tests give both the same


def other(url: str, journal: PostgresJournal) -> PostgresJournal:
    return open_journal(url, name_of(journal), give_up_s=5)


def test_who_takes_over_fences_the_one_before(url: str, journal: PostgresJournal) -> None:
    append(journal, ticks(2))
    with closing(other(url, journal)) as leader:
        leader.take_over()
        append(leader, ticks(1))
        late = group_of(ticks(1), after_sequence=2, epoch=1, time_ns=1)
        with pytest.raises(Fenced, match="stop this process"):
            journal.append(late)
        with pytest.raises(Fenced):
            append(journal, ticks(1))
        assert [group.epoch for group in leader.groups()] == [1, 2]


def test_two_that_write_in_one_epoch_are_told(url: str, journal: PostgresJournal) -> None:
    with closing(other(url, journal)) as second:
        append(second, ticks(1, 5))
        with pytest.raises(Fenced):
            append(journal, ticks(1, 6))
        assert len(stored(second)) == 1


def test_a_lost_reply_is_resolved_by_asking_for_the_end(
    url: str, journal: PostgresJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = session.Session.once
    lost = iter([True])

    def losing(self: session.Session, work: Any) -> Any:
        answer = once(self, work)
        if next(lost, False):
            raise session.DatabaseLost("the reply was lost")
        return answer

    monkeypatch.setattr(session.Session, "once", losing)
    append(journal, ticks(3))
    append(journal, ticks(1))
    with closing(read_journal(url, journal.journal_id)) as reader:
        assert [group.first for group in reader.groups()] == [1, 4]
        assert reader.verify().last == 4


def test_a_killed_connection_loses_nothing(url: str, journal: PostgresJournal) -> None:
    for _ in range(5):
        append(journal, ticks(1))
        with psycopg.connect(address(url), autocommit=True) as killer:
            killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'tradewind journal' AND pid <> pg_backend_pid()"
            )
    append(journal, ticks(1))
    assert [number for number, _ in stored(journal)] == [1, 2, 3, 4, 5, 6]


def test_a_server_that_does_not_answer_breaks_the_journal_in_time(
    url: str, journal: PostgresJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedConnection, "call_s", 0.3)
    journal._give_up_s = 1.0
    with psycopg.connect(address(url)) as blocker:
        blocker.execute("SELECT 1 FROM journals WHERE journal_id = %s FOR UPDATE",
                        (journal.journal_id,))  # fmt: skip
        with pytest.raises(
            JournalBroken, match=r"no answer for 1 s; PostgreSQL .* does not answer"
        ):
            append(journal, ticks(1))
    with pytest.raises(JournalBroken):
        append(journal, ticks(1))


def test_a_changed_group_is_found_and_named(url: str, journal: PostgresJournal) -> None:
    append(journal, ticks(2))
    append(journal, ticks(2))
    with psycopg.connect(address(url), autocommit=True) as hand:
        hand.execute(
            "UPDATE journal_groups SET time_ns = 7 WHERE journal_id = %s AND first = 3",
            (journal.journal_id,),
        )
    with pytest.raises(JournalDamaged, match=r"group 3\.\.4"):
        other(url, journal)


def test_groups_that_were_cut_off_are_missed(url: str, journal: PostgresJournal) -> None:
    append(journal, ticks(2))
    append(journal, ticks(2))
    with psycopg.connect(address(url), autocommit=True) as hand:
        hand.execute(
            "DELETE FROM journal_groups WHERE journal_id = %s AND first = 3", (journal.journal_id,)
        )
    with pytest.raises(JournalDamaged, match="records are lost"):
        other(url, journal)


def test_the_size_follows_appends_and_pruning(journal: PostgresJournal) -> None:
    empty = journal.size_bytes
    for _ in range(20):
        append(journal, ticks(50))
    full = journal.size_bytes
    assert full > empty
    journal.save_snapshot(snapshot(900))
    journal.save_snapshot(snapshot(1000))
    journal.prune(1000)
    assert journal.size_bytes < full / 2


def test_a_server_that_may_forget_is_refused(server: PostgresServer) -> None:
    url = server.new_database()
    with psycopg.connect(address(url), autocommit=True) as hand:
        name = address(url).split("dbname=")[1].split()[0]
        hand.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with pytest.raises(UserError, match="synchronous_commit = on"):
        open_journal(url, "j0")


def test_names_and_journals_that_are_none_are_refused(url: str, server: PostgresServer) -> None:
    with pytest.raises(UserError, match="is no name of a journal"):
        open_journal(url, "no such")
    with pytest.raises(UserError, match="is no journal id"):
        open_journal(url, "new", journal_id="Too Long")
    with pytest.raises(UserError, match="JOURNAL_URL names no PostgreSQL"):
        open_journal("mysql://here/name", "new")
    with pytest.raises(UserError, match="holds no journal"):
        read_journal(url, "absent")
    with pytest.raises(UserError, match="holds no journal"):
        read_journal(server.new_database(), "absent")
    with pytest.raises(UserError, match="is no name of a journal"):
        read_journal(url, "a' OR '1'='1")
