"""The gateway under load beside an engine that trades: ten minutes of it, and three times too much.

Both run the benchmarks. How fast is printed and depends on the machine; that each request is
answered, and none with a fault of ours, does not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.tidy import source


def measured(name: str, *, seconds: int, timeout_s: float) -> dict[str, Any]:
    """The line that a benchmark prints."""
    command = [sys.executable, source.ROOT / "benchmarks" / f"{name}.py", "--seconds", str(seconds)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=source.ROOT, timeout=timeout_s
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    sys.stdout.write(done.stdout + done.stderr)
    return found


@pytest.mark.long
@pytest.mark.timeout(1_500)
def test_ten_minutes_of_mixed_requests_are_all_answered_and_none_is_our_fault() -> None:
    found = measured("gateway_load", seconds=600, timeout_s=1_400)
    assert found["unanswered"] == 0
    assert found["unavailable"] == 0
    assert found["mix_per_s"] > 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_three_times_too_much_is_refused_and_what_is_accepted_is_answered() -> None:
    """The benchmark itself holds that nothing but 200, 202 and 429 is answered."""
    found = measured("gateway_overload", seconds=60, timeout_s=500)
    assert found["unanswered"] == 0
    assert found["ratio"] > 0.5
    assert found["refused_share"] > 0.5
