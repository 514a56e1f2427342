"""The command line as the tests of runs over stored data call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.cli.main import main
from tradewind.model.instruments import Instrument
from tradewind.sim.market_bars import generate_bars

DAY_NS = 86_400 * 10**9
GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
START_NS = 20_000 * DAY_NS
"""2024-10-04, the day of the first stored bar."""


class Cli:
    """The command line on a home of its own, with 400 daily bars of GOOG.SIM in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.capsys = capsys

    def store_bars(self) -> None:
        """Fill the history."""
        bars = generate_bars(GOOG, 7, start_time_ns=START_NS, duration_ns=DAY_NS, count=400)
        ParquetHistory(self.home).write(bars, timeframe="1d")

    def run(self, *words: object) -> tuple[int, str, str]:
        """Run a command line; the exit code and what went to stdout and stderr."""
        code = main([*map(str, words)])
        return code, *self.capsys.readouterr()

    def json(self, *words: object, code: int = 0) -> dict[str, Any]:
        """Run a command with --json and read its answer."""
        ended, out, err = self.run(*words, "--json")
        assert ended == code, err
        answer: dict[str, Any] = json.loads(out)
        return answer

    def refused(self, *words: object, code: int = 2) -> str:
        """Run a command that is refused in one sentence."""
        ended, out, err = self.run(*words)
        assert (ended, out) == (code, "")
        assert err.startswith("tradewind: ")
        assert err.count("\n") == 1
        return err

    def strategy(self, name: str, *lines: str) -> Path:
        """Write a file with a strategy."""
        path = self.folder / name
        path.write_text("import tradewind as tw\n\n\n" + "\n".join(lines) + "\n")
        return path
