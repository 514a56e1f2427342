"""`tradewind verify`: a run's journal is whole and decides again alike; damage is one sentence."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.run_commands import Cli, cli

__all__ = ["cli"]

SECONDS = "2"


def home_of_a_run(cli: Cli) -> Path:
    """Run the platform for a moment, in a home of its own."""
    home = cli.folder / "engine"
    words = ("run", "--for", SECONDS, "--without-gateway", "--home", home, "--json")
    code, _, err = cli.run(*words)
    assert code == 0, err
    return home


def test_a_run_is_whole_and_its_strategies_decide_again_alike(cli: Cli) -> None:
    home = home_of_a_run(cli)
    answer = cli.json("verify", "--journal", "--decisions", "--home", home)
    assert (answer["ok"], answer["first"], answer["folded_from"]) == (True, 1, 0)
    assert answer["decided_again"] == "the whole journal"
    assert answer["decided_until"] == answer["last"] > 10
    assert answer["strategies"] == "ma_crossov, mean_rever, market_mak"
    assert cli.json("verify", "--journal", "--home", home)["state_hash"] == answer["state_hash"]


def test_a_second_run_is_verified_and_only_the_first_decided_again(cli: Cli) -> None:
    home_of_a_run(cli)
    answer = cli.json("verify", "--journal", "--decisions", "--home", home_of_a_run(cli))
    assert answer["decided_again"] == "the first run of several"
    assert answer["decided_until"] < answer["last"]


def test_a_changed_record_is_named_with_its_group(cli: Cli) -> None:
    home = home_of_a_run(cli)
    with closing(sqlite3.connect(home / "journal" / "journal.db")) as connection, connection:
        query = "SELECT first, last, body FROM groups ORDER BY first LIMIT 1 OFFSET 3"
        first, last, body = connection.execute(query).fetchone()
        spoiled = bytes([*body[:-1], body[-1] ^ 1])
        connection.execute("UPDATE groups SET body = ? WHERE first = ?", (spoiled, first))
    sentence = cli.refused("verify", "--journal", "--home", home, code=1)
    assert f"group {first}..{last} of the journal is damaged" in sentence


def test_a_lost_market_row_is_named(cli: Cli) -> None:
    home = home_of_a_run(cli)
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
