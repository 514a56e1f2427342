"""`ACCOUNT_TERMS` and `RISK_LEVELS`: taken by a run, refused with a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.cli.test_books import kinds_of
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover
from tradewind.runtime.segments import FileSegments


def run(home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the platform for two seconds with some settings."""
    words = ["run", "--for", "2", "--without-gateway", "--home", str(home), "--json"]
    return subprocess.run(
        [sys.executable, "-m", "tradewind", *words],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_run_gives_its_account_the_terms_of_its_settings(tmp_path: Path) -> None:
    terms = '{"kind": "cash", "settlement_days": 1}'
    assert run(tmp_path, ACCOUNT_TERMS=terms).returncode == 0
    assert "deposit" in kinds_of(tmp_path)
    with (
        closing(read_journal(tmp_path / "journal")) as journal,
        closing(Recorder(FileSegments(tmp_path / "market"))) as recorder,
    ):
        margin = recover(journal, recorder).state.accounts[0].margin
    assert (margin.terms.kind, margin.settlement_days) == ("cash", 1)
    assert (tmp_path / "risk_monitor.json").exists()  # the monitor looked


def test_settings_that_cannot_be_are_refused_with_a_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, ACCOUNT_TERMS='{"kind": "gold"}')
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "account terms: " in done.stderr
    done = run(tmp_path, RISK_LEVELS='{"mood": {"warn": 1}}')
    assert done.returncode == 2
    assert "there is no measure 'mood'" in done.stderr
