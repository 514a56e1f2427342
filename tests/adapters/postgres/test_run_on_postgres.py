"""`tradewind run` keeps its journal in PostgreSQL, is killed, and goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.postgres_server import running_postgres

RUN = [sys.executable, "-m", "tradewind"]


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, str]]:
    with running_postgres() as server:
        yield {**os.environ, "JOURNAL_URL": server.new_database(), "JOURNAL_NAME": "desk"}


def asked(settings: dict[str, str], home: Path, *words: str) -> Any:
    command = [*RUN, *words, "--home", str(home), "--json"]
    done = subprocess.run(command, env=settings, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_killed_run_goes_on_where_its_journal_ends(
    settings: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    words = [*RUN, "run", "--without-gateway", "--home", str(home)]
    running = subprocess.Popen(words, env=settings, stdout=subprocess.DEVNULL)
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at and not (home / "control.sock").exists():
        time.sleep(0.1)
    time.sleep(3)
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = asked(settings, home, "verify", "--journal")
    assert before["last"] > 10
    asked(settings, home, "run", "--without-gateway", "--for", "2")
    after = asked(settings, home, "verify", "--journal", "--decisions")
    assert after["journal_id"] == before["journal_id"]
    assert after["last"] > before["last"]
    assert not (home / "journal" / "journal.db").exists()
    findings = asked(settings, home, "doctor")["findings"]
    assert [found["state"] for found in findings if found["name"] == "journal"] == ["ok"]
