"""`records move` takes everything from files into PostgreSQL, and `migrate` its layout along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.servers.postgres_server import PostgresServer, running_postgres
from tests.wiring.test_paper_hour import paper
from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.database import BEFORE_POST, needed, open_database, sqlite_url
from tradewind.adapters.sql.engine import reading, writing
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.adapters.sql.jobs import SqlJobs
from tradewind.adapters.sql.transfer import MOVED
from tradewind.adapters.sqlite.journal import open_journal
from tradewind.adapters.sqlite.records import read_records
from tradewind.cli.commands.doctor import services_of
from tradewind.model.errors import UserError
from tradewind.ops.databases import database_findings
from tradewind.ports.audit import NewEntry, first_break
from tradewind.ports.identity import User
from tradewind.ports.jobs import Job
from tradewind.ports.journal import JournalInUse
from tradewind.ports.records import KEYS, EquityRow
from tradewind.testing.virtual_time import run_virtually
from tradewind.wiring.databases import migrate_all, move_all
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.records import RecordsPlace
from tradewind.wiring.settings import load_settings
from tradewind.wiring.worker_place import place_among_others


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


def job(job_id: str) -> Job:
    return Job(job_id=job_id, kind="backtest", user_id="u1", user_name="ann", request="{}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a run, a user, a trail and a job behind it."""
    home = tmp_path_factory.mktemp("home")
    run_virtually(paper(home, 60, lambda desk: None))
    database = open_database(sqlite_url(home / "security.db"))
    SqlIdentities(database).add_user(User("u1", "ann", "trader", ("paper",), "hash", 5))
    entries = [NewEntry(number, "ann", "login", "", "ok", "", "{}") for number in range(3)]
    SqlAudit(database).append_all(entries)
    SqlJobs(database).add(job("j1"))
    database.dispose()
    return home


def typed(home: Path, *words: str, **settings: str) -> Any:
    command = [sys.executable, "-m", "tradewind", *words, "--home", str(home), "--json"]
    done = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_everything_moves_and_is_the_same_there(home: Path, server: PostgresServer) -> None:
    url = server.new_database()
    moved = typed(home, "records", "move", "--to", url, "--name", "desk")
    assert min(moved["journal_groups"], moved["EquityRow"], moved["users"], moved["jobs"]) > 0
    place = JournalPlace(home, url, "desk")
    with closing(JournalPlace(home).read()) as old, closing(place.read()) as new:
        assert old.verify() == new.verify()
        assert list(old.groups(0)) == list(new.groups(0))
        assert old.latest_snapshot() == new.latest_snapshot()
    records = RecordsPlace(place)
    with closing(read_records(home / "journal")) as old_rows, closing(records.read()) as new_rows:
        for kind in KEYS:
            assert old_rows.rows(kind) == new_rows.rows(kind)
        assert len(new_rows.rows(EquityRow)) > 0
        for name, sequence in old_rows.projections():
            assert new_rows.sequence(name) == sequence > 0
    records.close()
    one, other = open_database(sqlite_url(home / "security.db")), open_database(url)
    with reading(one) as left, reading(other) as right:
        for table in MOVED:
            asked = select(table).order_by(*table.primary_key)
            assert left.execute(asked).all() == right.execute(asked).all()
    assert first_break(SqlAudit(other)) == 0
    SqlJobs(other).add(job("j2"))  # numbered behind the one that was moved
    assert [one.job_id for one in SqlJobs(other).jobs(before=0, limit=9)] == ["j2", "j1"]
    one.dispose()
    other.dispose()
    # the run goes on where it was, on the same history
    typed(home, "run", "--without-gateway", "--for", "1", JOURNAL_URL=url, JOURNAL_NAME="desk")
    after = typed(home, "verify", "--journal", JOURNAL_URL=url, JOURNAL_NAME="desk")
    with closing(JournalPlace(home).read()) as old:
        assert after["last"] > old.last_sequence
        assert after["journal_id"] == old.journal_id


def test_nothing_is_moved_twice_or_onto_something(home: Path, server: PostgresServer) -> None:
    url, settings = server.new_database(), load_settings({"home": str(home)})
    move_all(settings, url, "main")
    with pytest.raises(UserError, match="has the journal main already"):
        move_all(settings, url, "main")
    other = server.new_database()
    database = open_database(other)
    SqlIdentities(database).add_user(User("u9", "bob", "trader", ("paper",), "hash", 5))
    with pytest.raises(UserError, match="the table users there has rows already"):
        move_all(settings, other, "main")
    database.dispose()


def test_what_is_in_use_is_not_moved(home: Path, server: PostgresServer) -> None:
    settings = load_settings({"home": str(home)})
    with closing(open_journal(home / "journal")), pytest.raises(JournalInUse, match="stop it"):
        move_all(settings, server.new_database(), "main")
    with closing(place_among_others(home)), pytest.raises(UserError, match="another gateway"):
        move_all(settings, server.new_database(), "main")


def test_migrate_brings_each_database_up_and_back(
    tmp_path: Path, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.new_database()
    place = f"PostgreSQL {url.rpartition('/')[2]} at 127.0.0.1"
    file = f"sqlite:///{tmp_path / 'security.db'}"
    newest = needed()
    answer = typed(tmp_path, "migrate", JOURNAL_URL=url)
    assert answer == dict.fromkeys((file, place), f"layout {newest}, was none")
    monkeypatch.setenv("JOURNAL_URL", url)
    settings = load_settings({"home": str(tmp_path)})
    assert set(migrate_all(settings, BEFORE_POST)) == {
        (file, newest, newest),
        (place, newest, newest),
    }
    assert (place, newest, "0003") in set(migrate_all(settings, "0003"))
    with pytest.raises(UserError, match="is no layout"):
        list(migrate_all(settings, "7"))


def test_the_doctor_shows_the_pool_and_what_is_off(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.new_database()
    open_database(url).dispose()
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("WORKERS", "4")
    found = findings()
    assert found["database"][0] == "ok"
    assert found["pool"] == (
        "ok",
        "gateway 4 x 5 = 20 connections, of 160 that are safe with max_connections 200",
    )
    monkeypatch.setenv("DATABASE_POOL_SIZE", "161")
    monkeypatch.setenv("WORKERS", "1")
    assert findings()["pool"][0] == "fault"
    database = open_database(url)
    name = url.rpartition("/")[2]
    with writing(database) as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    database.dispose()
    state, said = findings()["database"]
    assert (state, "synchronous_commit off" in said) == ("fault", True)


def findings() -> dict[str, tuple[str, str]]:
    settings = load_settings()
    return {one.name: (one.state, one.sentence) for one in database_findings(services_of(settings))}
