"""`tradewind run` keeps journal and records in PostgreSQL, is killed, and goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.servers.postgres_server import running_postgres
from tradewind.adapters.memory.records import MemoryRecords
from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.records import EquityRow
from tradewind.runtime.projections import KINDS, Projection
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.records import RecordsPlace

RUN = [sys.executable, "-m", "tradewind"]
PATIENCE_S = 90.0


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, str]]:
    with running_postgres() as server:
        yield {**os.environ, "JOURNAL_URL": server.new_database(), "JOURNAL_NAME": "desk"}


def asked(settings: dict[str, str], home: Path, *words: str, code: int = 0) -> Any:
    command = [*RUN, *words, "--home", str(home), "--json"]
    done = subprocess.run(command, env=settings, capture_output=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr.decode()
    return json.loads(done.stdout)


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.1)


def test_a_killed_run_goes_on_where_its_journal_ends(
    settings: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    place = JournalPlace(home, settings["JOURNAL_URL"], settings["JOURNAL_NAME"])
    records = RecordsPlace(place)
    words = [*RUN, "run", "--without-gateway", "--home", str(home)]
    running = subprocess.Popen(words, env=settings, stdout=subprocess.DEVNULL)
    wait_until(lambda: has_written(place, records))
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = asked(settings, home, "verify", "--journal")
    asked(settings, home, "run", "--without-gateway", "--for", "2")
    after = asked(settings, home, "verify", "--journal", "--decisions")
    assert after["journal_id"] == before["journal_id"]
    assert after["last"] > before["last"] > 10
    assert {path.name for path in (home / "journal").glob("*.db")} == set()
    findings = asked(settings, home, "doctor")["findings"]
    assert [found["state"] for found in findings if found["name"] == "journal"] == ["ok"]
    status = asked(settings, home, "status", code=1)
    assert status["accounts"][0]["account"] == "paper"
    check_rows(place, records)
    records.close()


def has_written(place: JournalPlace, records: RecordsPlace) -> bool:
    try:
        with closing(place.read()) as journal, closing(records.read()) as rows:
            return journal.last_sequence > 10 and bool(rows.rows(EquityRow))
    except (UserError, OutsideError):
        return False  # not even the tables are there


def check_rows(place: JournalPlace, records: RecordsPlace) -> None:
    """The rows are those that the journal gives, killed in between or not."""
    built = MemoryRecords()
    with closing(place.read()) as journal, closing(records.read()) as rows:
        Projection(journal.journal_id, built).follow(journal)
        for kind in KINDS:
            assert rows.rows(kind) == built.rows(kind)
