"""A real disk of PostgreSQL fills: one sentence, and what was acknowledged is there afterwards."""

from __future__ import annotations

import os
import pwd
import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from tests.adapters.postgres.acknowledged import AcknowledgedWriter, lost_and_doubled
from tests.disks import filled, small_disk
from tests.servers.patroni_cluster import PatroniCluster, running_cluster
from tests.servers.postgres_server import OWNER, PostgresServer, new_server
from tradewind.adapters.postgres.journal import PostgresJournal, open_journal
from tradewind.adapters.sql.bounded import address
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.ports.journal import JournalBroken, JournalFull
from tradewind.testing.journal_suite import append

SERVER_DISK, MEMBER_DISK = "250m", "400m"
AWAY_S = 25.0
"""Longer than the primary's lease."""
SEGMENTS = 40
"""More pieces of log, of 16 MB each, than a disk here has room for."""
IS_FULL = r"^the disk of journal desk of PostgreSQL .* is full: free space there, then start again$"
LETS_NOBODY_IN = "its disk is full or cannot be written: free space there"
pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server whose data lie on a small disk."""
    server = new_server()
    with small_disk(Path(server.folder), SERVER_DISK) as disk:
        os.chown(disk, pwd.getpwnam(OWNER).pw_uid, -1)
        server.folder = str(disk / "data")
        try:
            server.start("min_wal_size = 32MB\nmax_wal_size = 64MB\nshared_buffers = 16MB\n")
            yield server
        finally:
            server.stop()
    disk.rmdir()


@pytest.fixture(scope="module")
def cluster() -> Iterator[PatroniCluster]:
    """A cluster whose members have a small disk each."""
    with running_cluster(disk_size=MEMBER_DISK) as cluster:
        yield cluster


def test_a_full_disk_stops_the_journal_and_with_space_it_goes_on(server: PostgresServer) -> None:
    with closing(open_journal(server.new_database(), "desk", journal_id="desk")) as journal:
        journal.take_over()
        append_large(journal)
        with filled(Path(server.folder).parent):
            with pytest.raises(JournalFull, match=IS_FULL):
                append_until_refused(journal)
            last = journal.last_sequence
            with pytest.raises(JournalFull):
                append_large(journal)
            assert journal.verify().last == last  # what is there can be read all the while
        journal.release_reserve()
        append_large(journal)
        assert journal.verify().last == last + 1


def test_who_is_first_to_connect_to_a_server_with_a_full_disk_is_told(
    server: PostgresServer,
) -> None:
    url = server.new_database()
    with filled(Path(server.folder).parent), pytest.raises(OutsideError, match=LETS_NOBODY_IN):
        open_journal(url, "desk")


def test_a_server_that_dies_of_its_full_disk_has_what_it_acknowledged(
    server: PostgresServer,
) -> None:
    url = server.new_database()
    with closing(open_journal(url, "desk", journal_id="desk", give_up_s=1)) as journal:
        journal.take_over()
        append_large(journal)
        with filled(Path(server.folder).parent):
            fill_the_log(url)
            with pytest.raises(JournalBroken, match=r"full|nothing more is written"):
                append_until_refused(journal)
        last = journal.last_sequence
        assert last > 0
    server.run_again()
    with closing(open_journal(url, "desk")) as journal:
        journal.take_over()
        assert journal.verify().last == last
        append_large(journal)


def test_a_primary_that_dies_of_its_full_disk_is_followed_by_another(
    cluster: PatroniCluster,
) -> None:
    url = cluster.new_database("panic")
    writer = AcknowledgedWriter(url, "panic")
    writer.wait_for(200)
    writer.stop()
    primary = cluster.primary()
    with filled(cluster.disk(primary)):
        fill_the_log(cluster.member_url(primary, "panic"))
        cluster.wait_for_other(primary)
        cluster.wait_until_led()
        nothing_is_lost(writer, url, "panic")
        another_goes_on(url, "panic")
    cluster.wait_until_whole()


def test_a_standby_whose_disk_fills_while_the_primary_dies_loses_nothing(
    cluster: PatroniCluster,
) -> None:
    """With a full disk it has no vote, so that the third may have to wait for the old primary.

    With that back writes go on before there is space; or the full one leads, as both have the same:
    then it stands still, as the next test has it.
    """
    url = cluster.new_database("standby")
    writer = AcknowledgedWriter(url, "behind")
    writer.wait_for(200)
    primary, standby = cluster.primary(), cluster.standby()
    with filled(cluster.disk(standby)):
        cluster.send(cluster.processes(primary), signal.SIGKILL)
        time.sleep(AWAY_S)
        cluster.start_member(primary)
        writer.wait_for(1000)
        writer.stop()
    assert writer.failure is None or "free space there" in str(writer.failure)
    cluster.wait_until_whole()
    nothing_is_lost(writer, url, "behind")
    another_goes_on(url, "behind")


def test_a_new_primary_whose_disk_fills_loses_nothing_and_goes_on_with_space(
    cluster: PatroniCluster,
) -> None:
    """It lets nobody in, as the first to connect has to write a file, or it dies of it."""
    url = cluster.new_database("fresh")
    writer = AcknowledgedWriter(url, "fresh")
    writer.wait_for(200)
    primary = cluster.primary()
    cluster.send(cluster.processes(primary), signal.SIGKILL)
    with filled(cluster.disk(cluster.wait_for_other(primary))):
        cluster.start_member(primary)
        time.sleep(AWAY_S)
    cluster.wait_until_whole()
    writer.wait_for(1000)
    writer.stop()
    assert writer.failure is None or "free space there" in str(writer.failure)
    nothing_is_lost(writer, url, "fresh")
    another_goes_on(url, "fresh")


def append_large(journal: PostgresJournal) -> None:
    """Append a group that does not fit into what a page has left; chance cannot be packed."""
    append(journal, [m.BadTick(1, "A.SIM", "bad", os.urandom(100_000))])


def append_until_refused(journal: PostgresJournal) -> None:
    for _ in range(1000):
        append_large(journal)


def fill_the_log(url: str) -> None:
    """Let a server begin new pieces of its log until it has no room for one, and dies."""
    asked = "SELECT pg_logical_emit_message(true, 'fill', 'x'), pg_switch_wal()"
    with suppress(psycopg.OperationalError):
        with psycopg.connect(address(url), autocommit=True) as hand:
            for _ in range(SEGMENTS):
                hand.execute("SET synchronous_commit = local")
                hand.execute(asked)
        raise AssertionError("there was room for all of it")


def nothing_is_lost(writer: AcknowledgedWriter, url: str, name: str) -> None:
    assert len(writer.acknowledged) >= 200
    assert lost_and_doubled(writer.acknowledged, url, name) == (0, 0)


def another_goes_on(url: str, name: str) -> None:
    """A second writer takes the journal over, as the next start does."""
    writer = AcknowledgedWriter(url, name)
    writer.wait_for(200)
    writer.stop()
    assert writer.failure is None
    assert lost_and_doubled(writer.acknowledged, url, name)[0] == 0
