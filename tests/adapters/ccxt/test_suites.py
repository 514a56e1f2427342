"""ccxt passes the numbered suites of trading and market data, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.venue.judges.judge import CCXT, foreign_python, local_venue

ROOT = Path(__file__).parents[3]
SUITES = Path(__file__).parent / "suites.py"
DEADLINE_S = 480
NOT_PLAYED = {"amendments", "cut", "rate_limit", "skew", "silent", "gap", "precision", "duplicate"}
"""What ccxt does not do, or hides: sockets are its own, and orders are asked for."""


@pytest.mark.timeout(600)
def test_ccxt_passes_the_suites_of_its_ports(tmp_path: Path) -> None:
    python = foreign_python(*CCXT)
    results = tmp_path / "results.xml"
    command = [python, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, f"--rootdir={ROOT}", f"--junitxml={results}", str(SUITES)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "TRADEWIND_PURE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    cases = list(ElementTree.parse(results).iter("testcase"))
    skipped = [case for case in cases if case.find("skipped") is not None]
    passed = {case.attrib["name"] for case in cases if case not in skipped}
    assert "test_an_order_off_the_page_is_never_taken_for_one_that_was_not_sent" in passed
    assert len({name[:8] for name in passed if name.startswith("test_t")}) >= 18
    assert len({name[:8] for name in passed if name.startswith("test_m")}) >= 4
    for case in skipped:
        reason = next(case.iter("skipped")).attrib["message"]
        assert "no depth here" in reason or any(word in reason for word in NOT_PLAYED), reason


def test_a_run_over_ccxt_has_the_venues_prices(tmp_path: Path) -> None:
    python = foreign_python(*CCXT)
    with local_venue("binance") as about:
        command = [python, "-m", "tradewind", "run", "--venue", "ccxt:binance", "--without-gateway"]
        command += ["--instruments", "BTC/USDT", "--for", "8", "--json", "--home", str(tmp_path)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DEADLINE_S, check=False,
            env={
                **os.environ, "PYTHONPATH": str(ROOT / "src"), "TRADEWIND_PURE": "1",
                "TRADEWIND_STRATEGIES": "none", "CCXT_ADDRESS": about["url"],
            },
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["counts"]["market_rows"] > 0
    assert [row["instrument"] for row in summary["market"]] == ["BTC/USDT.CCXT-BINANCE"]
