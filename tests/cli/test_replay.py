"""`tradewind replay`: real captures come through, the same way every time."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.run_commands import Cli
from tests.recorded.binance_captures import SPOT, USDM, capture, needs_real_data

FRAMES = (
    """1723161254000000000 {"stream":"btcusdt@depth@100ms","data":{"lastUpdateId":10,
"bids":[["60000.00","1.0"]],"asks":[["60000.10","1.0"]]}}""",
    """1723161254100000000 {"stream":"btcusdt@bookTicker","data":{"u":10,"s":"BTCUSDT",
"b":"60000.00","B":"1.0","a":"60000.10","A":"1.0"}}""",
    """1723161254200000000 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161254200,
"s":"BTCUSDT","t":1,"p":"60000.10","q":"0.5","T":1723161254200,"m":false,"M":true}}""",
)
LINES = [frame.replace("\n", "") for frame in FRAMES]


def replay_words(path: Path, instrument: str = "BTC/USDT.BINANCE") -> list[str]:
    """Return the words of a replay with the market maker."""
    return ["replay", str(path), "--instrument", instrument, "--strategy", "market_maker"]


def in_a_plain_process(words: list[str]) -> dict[str, Any]:
    """Run a command line in a process of its own, with nothing compiled."""
    done = subprocess.run(
        [sys.executable, "-m", "tradewind", *words, "--json"],
        env={**os.environ, "TRADEWIND_PURE": "1"},
        capture_output=True, text=True, timeout=200, check=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@needs_real_data
@pytest.mark.parametrize(
    ("name", "instrument", "expected"),
    [
        (SPOT, "BTC/USDT.BINANCE", (41_249, 9_757, 3_449, 2, 564)),
        (USDM, "ETH/USDT.BINANCE-USDM", (74_655, 14_076, 6_581, 5, 551)),
    ],
)
def test_a_real_capture_trades_and_gives_the_same_hashes_in_two_processes_and_builds(
    cli: Cli, name: str, instrument: str, expected: tuple[int, ...]
) -> None:
    words = replay_words(capture(name), instrument)
    answer = cli.json(*words)
    assert in_a_plain_process(words) == answer
    assert answer["books_compared"] == answer["books_equal"] > 100
    assert (answer["gaps"], answer["bad_ticks"], answer["anomalies"]) == (0, 0, {})
    assert answer["orders"] > answer["fills"] > 0
    keys = ("frames", "trades", "depth_updates_applied", "depth_updates_dropped", "books_equal")
    assert tuple(answer[key] for key in keys) == expected


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz"])
def test_a_small_capture_is_read_plain_and_packed(cli: Cli, suffix: str) -> None:
    path = cli.folder / f"small.{suffix}"
    data = "\n".join(LINES).encode() + b"\n"
    path.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    answer = cli.json(*replay_words(path))
    assert (answer["frames"], answer["trades"], answer["quotes"]) == (3, 1, 1)
    assert (answer["orders"], answer["limits"]) == (2, "none")
    assert answer["parameters"]["quantity"] == "0.01"


def test_a_parameter_goes_over_the_suited_one(cli: Cli) -> None:
    path = cli.folder / "small.jsonl"
    path.write_text("\n".join(LINES) + "\n")
    answer = cli.json(*replay_words(path), "--param", "quantity=0.2")
    assert answer["parameters"]["quantity"] == "0.2"


def test_a_file_that_cannot_be_replayed_is_one_sentence(cli: Cli) -> None:
    path = cli.folder / "bad.jsonl.gz"
    assert "bad.jsonl.gz cannot be read" in cli.refused(*replay_words(path))
    path.write_bytes(gzip.compress(b"\n".join(map(str.encode, LINES)))[:-20])
    assert "get the whole file" in cli.refused(*replay_words(path))
    path.write_text("no capture\n")
    assert "has nothing of BTC/USDT.BINANCE" in cli.refused(*replay_words(path))
    path.write_text("\n".join(LINES))
    other = replay_words(path, "ETH/USDT.BINANCE-USDM")
    assert "name the captured instrument" in cli.refused(*other)
    assert "ETHUSDT" in cli.refused(*replay_words(path, "ETHUSDT"))
