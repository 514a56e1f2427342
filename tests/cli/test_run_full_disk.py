"""`tradewind run` where the disk takes no more: one sentence, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.disks import filled, small_disk


def test_a_run_on_a_full_disk_ends_with_one_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path, "256k") as home, filled(home):
        words = ["run", "--without-gateway", "--for", "1", "--home", str(home)]
        done = subprocess.run(
            [sys.executable, "-m", "tradewind", *words],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("tradewind: ")
    assert "free or mount another disk" in last
