"""The venue reports the same to the last byte, compiled or plain."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import tradewind


def lines_of_run(pure: str) -> list[str]:
    """What a run of the digest prints, compiled ("0") or as plain Python ("1")."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.sim.venue_digest"],
        env={**os.environ, "TRADEWIND_PURE": pure},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return run.stdout.splitlines()


@pytest.mark.skipif(not tradewind.COMPILED, reason="nothing is compiled here")
def test_plain_and_compiled_venues_report_the_same() -> None:
    compiled, plain = lines_of_run("0"), lines_of_run("1")
    assert (compiled[0], plain[0]) == ("compiled", "plain")
    assert len(compiled) == 11
    assert compiled[1:] == plain[1:]
