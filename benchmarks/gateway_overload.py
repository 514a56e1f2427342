"""The gateway under three times the load that it is allowed: refusals, and trading beside it.

A user asks for 3,000 requests a second whose limit lets 1,000 through, and 6,000 at once. Shown is
how late what was accepted came, and how long the engine took from what came in to what is durable,
before and during. Run on an idle machine: 60 seconds, ten minutes with `--long`.

What limits it: a refusal costs this application 0.03 ms, a cached read 0.023; what is accepted
waits behind all of them in one event loop, and orders for the disk. The asking program takes a
fifth of a core.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from _http_load import asked
from _measure import report
from _platform import between, bound_ms, engine_and_gateway, histogram
from gateway_load import MIX, seconds_asked

ALLOWED = 1_000
OFFERED = 3 * ALLOWED
CONNECTIONS = 256
TARGET = 1.0


def main() -> int:
    """Measure and print."""
    seconds = seconds_asked()
    with (
        tempfile.TemporaryDirectory() as folder,
        engine_and_gateway(Path(folder), per_minute=ALLOWED * 60) as (port, keys),
    ):
        first = histogram(port)
        time.sleep(seconds)
        second = histogram(port)
        found = asked(
            Path(folder), port=port, connections=CONNECTIONS, rate=OFFERED, seconds=seconds,
            requests=MIX, keys=keys,
        )  # fmt: skip
        third = histogram(port)
    before, during = between(first, second), between(second, third)
    for name, each in (("before", before), ("during", during)):
        sys.stderr.write(f"{name}: {shown(each)}\n")
    statuses = [status for kinds in found["kinds"].values() for status in kinds]
    assert set(statuses) <= {"200", "202", "429"}, statuses
    return report(
        "gateway_overload", found["good_per_s"], "accepted/s",
        floor=ALLOWED, ratio=found["good_per_s"] / ALLOWED, target=TARGET,
        offered_per_s=OFFERED, refused_share=1 - found["good"]["count"] / found["asked"],
        accepted_p95_ms=found["good"]["p95_ms"], accepted_p99_ms=found["good"]["p99_ms"],
        unanswered=found["unanswered"], trading_p50_ms_before=bound_ms(before, 0.5),
        trading_p50_ms_during=bound_ms(during, 0.5), trading_p99_ms_before=bound_ms(before, 0.99),
        trading_p99_ms_during=bound_ms(during, 0.99), asking_core_share=found["own_core_share"],
    )  # fmt: skip


def shown(observed: dict[float, float]) -> str:
    """A histogram as shares at or below each bound in milliseconds."""
    total = max(observed.values())
    return " ".join(f"{bound * 1000:g}:{count / total:.3f}" for bound, count in observed.items())


if __name__ == "__main__":
    sys.exit(main())
