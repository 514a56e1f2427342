"""Figures that tests of faults write into docs/operations/failover.md where that is asked for."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "operations" / "failover.md"
WRITE_FIGURES = "TRADEWIND_WRITE_FIGURES"


def write_figures(name: str, head: str, lines: Sequence[str]) -> None:
    """Put a table between `<!-- name -->` and `<!-- end of name -->`, with date and commit."""
    if not os.environ.get(WRITE_FIGURES):
        return
    asked = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    when = f"Measured on {datetime.now(UTC):%Y-%m-%d} at commit {commit}, on two shared cores.\n\n"
    place = re.compile(rf"(?<=<!-- {name} -->\n).*(?=<!-- end of {name} -->)", re.DOTALL)
    text = DOCUMENT.read_text()
    assert place.search(text), f"{DOCUMENT} has no place for the {name}"
    DOCUMENT.write_text(place.sub(lambda _: when + head + "".join(lines), text))
