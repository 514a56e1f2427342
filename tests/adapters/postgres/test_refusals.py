"""What PostgreSQL refuses is one quick sentence that says what to do and holds no password."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.servers.found import free_port
from tests.servers.postgres_server import PostgresServer, running_postgres
from tradewind.adapters.postgres.session import Session
from tradewind.adapters.sql.bounded import address
from tradewind.adapters.sql.database import open_database, read_database
from tradewind.adapters.sql.engine import reading, writing
from tradewind.model.errors import OutsideError, UserError

SECRET = "S3cr3t/w@rd"
QUICK_S = 30.0
"""Of a whole command on a loaded machine; what waits for the database itself ends after 5 s."""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def locked(server: PostgresServer) -> str:
    """A database whose server asks for a password, and the URL with a wrong one."""
    server.ask_for_password("ann", "right")
    return server.new_database().replace("postgres@", "ann:S3cr3t%2Fw%40rd@")


def failing(
    tmp_path: Path, url: str, *words: str, variable: str = "JOURNAL_URL"
) -> tuple[int, str]:
    command = [sys.executable, "-m", "tradewind", *words, "--home", str(tmp_path)]
    settings = {**os.environ, variable: url}
    began = time.monotonic()
    done = subprocess.run(command, env=settings, capture_output=True, timeout=60, check=False)
    assert time.monotonic() - began < QUICK_S
    return done.returncode, done.stdout.decode() + done.stderr.decode()


COMMANDS = (
    ("run", "--without-gateway", "--for", "1"),
    ("verify", "--journal"),
    ("doctor",),
)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_wrong_password_is_said_and_not_shown(
    tmp_path: Path, locked: str, words: tuple[str, ...]
) -> None:
    code, said = failing(tmp_path, locked, *words)
    assert code == 1
    assert "refuses the password: correct it in the address" in said
    assert "Traceback" not in said
    assert not any(piece in said for piece in ("S3cr3t", "w@rd", "w%40rd"))


def test_what_is_no_address_is_said_without_repeating_it(tmp_path: Path) -> None:
    url = f"postgresql://ann:{SECRET}@db.example/trading"
    code, said = failing(tmp_path, url, "verify", "--journal")
    assert code in (1, 2)
    assert "JOURNAL_URL names no PostgreSQL" in said
    assert "Traceback" not in said
    assert "S3cr3t" not in said
    assert "rd@db" not in said


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    port = free_port()
    code, said = failing(tmp_path, f"postgresql://ann@127.0.0.1:{port}/trading", "doctor")
    assert code == 1
    silent = f"PostgreSQL trading at 127.0.0.1:{port} does not answer (nothing listens there): look"
    assert silent in said
    assert "Traceback" not in said


def test_a_server_that_is_silent_is_given_up_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        url = f"postgresql://ann@127.0.0.1:{silent.getsockname()[1]}/trading"
        began = time.monotonic()
        with pytest.raises(OutsideError, match=r"does not answer .*timeout"):
            Session(url).call(lambda connection: connection.execute("SELECT 1"))
        assert time.monotonic() - began < QUICK_S


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("/test", "/absent"), "is not there: make it with createdb"),
        (("postgres@", "nobody@"), "does not know the user"),
        (("127.0.0.1", "no-such-host.invalid"), "has a host that nobody knows"),
    ],
)
def test_a_wrong_part_of_the_address_is_named(
    server: PostgresServer, change: tuple[str, str], sentence: str
) -> None:
    url = re.sub(r"/test\d+$", "/test", server.new_database()).replace(*change)
    with pytest.raises(OutsideError, match=sentence):
        open_database(url)


def test_what_is_no_database_at_all_is_refused() -> None:
    for url in ("nonsense", "mysql://here/name", "postgresql://x:y:z/@", "postgresql://h/a@b"):
        with pytest.raises(UserError, match="no address of PostgreSQL: write it like"):
            open_database(url)


def test_a_reader_of_another_layout_says_what_to_run(server: PostgresServer) -> None:
    url = server.new_database()
    with pytest.raises(UserError, match=r"has layout none.*run `tradewind migrate`"):
        read_database(url)
    open_database(url).dispose()
    read_database(url).dispose()
    with psycopg.connect(address(url), autocommit=True) as hand:
        hand.execute("UPDATE alembic_version SET version_num = '0004'")
    with pytest.raises(UserError, match="has layout 0004, this program needs"):
        read_database(url)


def test_a_full_disk_is_one_sentence(server: PostgresServer) -> None:
    engine = open_database(server.new_database())
    full = "DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$"
    said = r"the disk of PostgreSQL test\d+ .* is full: free"
    with pytest.raises(OutsideError, match=said), writing(engine) as connection:
        connection.exec_driver_sql(full)
    engine.dispose()


def test_a_call_that_takes_too_long_ends_and_the_next_one_works(server: PostgresServer) -> None:
    engine = open_database(server.new_database(), connections=1, call_s=0.5)
    began = time.monotonic()
    with pytest.raises(OutsideError, match=r"no answer within 0\.5 s"), reading(engine) as one:
        one.exec_driver_sql("SELECT pg_sleep(60)")
    assert time.monotonic() - began < QUICK_S
    with reading(engine) as one:
        assert one.exec_driver_sql("SELECT 7").scalar() == 7
    engine.dispose()


def test_a_pool_that_is_used_up_says_so(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradewind.adapters.sql.engine.POOL_WAIT_S", 0.1)
    engine = open_database(server.new_database(), connections=1)
    said = r"all connections .* are in use"
    with engine.connect(), pytest.raises(OutsideError, match=said), reading(engine):
        pass
    engine.dispose()
