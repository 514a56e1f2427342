"""`tradewind verify`: a run's journal is whole and decides again alike; damage is one sentence."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.run_commands import Cli
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.model.ids import PERSON
from tradewind.model.messages import StrategyRegistered
from tradewind.ports.journal import numbered

SECONDS = "2"


def run_the_platform(home: Path, *more: str) -> Path:
    """Run the platform for a moment, as a process of its own."""
    words = ["run", "--for", SECONDS, "--without-gateway", "--home", str(home), "--json", *more]
    command = [sys.executable, "-m", "tradewind", *words]
    subprocess.run(command, capture_output=True, timeout=100, check=True)
    return home


@pytest.fixture(scope="module")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of one run, to be copied."""
    return run_the_platform(tmp_path_factory.mktemp("first") / "home")


@pytest.fixture
def home(first_home: Path, tmp_path: Path) -> Path:
    """A copy of the home of one run."""
    return shutil.copytree(first_home, tmp_path / "engine")


def test_a_run_is_whole_and_its_strategies_decide_again_alike(cli: Cli, home: Path) -> None:
    answer = cli.json("verify", "--journal", "--decisions", "--home", home)
    assert (answer["ok"], answer["first"], answer["folded_from"]) == (True, 1, 0)
    assert (answer["runs"], answer["runs_decided_again"]) == (1, 1)
    assert answer["decided_until"] == answer["last"] > 10
    assert answer["strategies"] == "ma_cross, mean_rev, maker"
    assert cli.json("verify", "--journal", "--home", home)["state_hash"] == answer["state_hash"]


def test_a_second_run_decides_again_from_what_strategies_saved(cli: Cli, home: Path) -> None:
    answer = cli.json("verify", "--journal", "--decisions", "--home", run_the_platform(home))
    assert (answer["runs"], answer["runs_decided_again"]) == (2, 2)
    assert answer["decided_until"] == answer["last"]


def test_strategies_decide_again_on_the_instruments_that_the_run_gave_them(
    cli: Cli, tmp_path: Path
) -> None:
    named = ["ETH/USDT", "SOL/USDT", "BTC/USDT"]
    home = run_the_platform(tmp_path / "home", "--instruments", ",".join(named))
    answer = cli.json("verify", "--decisions", "--home", home)
    assert answer["records_compared"] > 10
    assert answer["intents_compared"] > 0
    with closing(read_journal(home / "journal")) as journal:
        told = [
            record.instruments
            for group in journal.groups()
            for _, record in numbered(group)
            if isinstance(record, StrategyRegistered) and record.strategy != PERSON
        ]
    assert told == [(f"{symbol}.SIM",) for symbol in named]


def test_a_changed_record_is_named_with_its_group(cli: Cli, home: Path) -> None:
    with closing(sqlite3.connect(home / "journal" / "journal.db")) as connection, connection:
        query = "SELECT first, last, body FROM groups ORDER BY first LIMIT 1 OFFSET 3"
        first, last, body = connection.execute(query).fetchone()
        spoiled = bytes([*body[:-1], body[-1] ^ 1])
        connection.execute("UPDATE groups SET body = ? WHERE first = ?", (spoiled, first))
    sentence = cli.refused("verify", "--journal", "--home", home, code=1)
    assert f"group {first}..{last} of the journal is damaged" in sentence


def test_a_lost_market_row_is_named(cli: Cli, home: Path) -> None:
    segment = next((home / "market").glob("*.rows"))
    segment.write_bytes(segment.read_bytes()[:-8])
    sentence = cli.refused("verify", "--journal", "--home", home, code=1)
    assert "of segment 00000001 are damaged" in sentence


@pytest.mark.parametrize("words", [(), ("--journal",), ("--decisions",)])
def test_nothing_to_verify_is_one_sentence_and_leaves_nothing_behind(
    cli: Cli, words: tuple[str, ...]
) -> None:
    home = cli.folder / "none"
    sentence = cli.refused("verify", *words, "--home", home)
    assert ("there is no journal.db" if words else "say what to verify") in sentence
    assert not home.exists()
