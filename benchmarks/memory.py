"""Peak memory of a process that runs trades through the engine, a Python callback on each.

The yardstick is a process that holds the same columns and has imported the same libraries. Both are
whole processes, so the figure is what a monitoring system would show.

What limits it: the columns and the imported libraries, which the yardstick has as well; the engine
adds a few MB.
"""

from __future__ import annotations

import resource
import subprocess
import sys

import floor
from _measure import report, sized
from trades import run

import tradewind as tw

TARGET = 0.6
MEGABYTE_KIB = 1_000_000 / 1024


def peak_mb(what: str, count: int) -> float:
    """Peak memory of a process of this file."""
    command = [sys.executable, __file__, what, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout) / MEGABYTE_KIB


def child(what: str, count: int) -> None:
    """Hold the columns, or run them; print the peak in KiB."""
    columns = tw.Columns("trades", floor.INSTRUMENT, floor.trade_rows(count))
    if what == "run":
        run(columns)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> int:
    """Print the peak in MB of a run and of a process that only holds its columns."""
    count = sized(1_000_000, 100_000)
    ours_mb, bare_mb = peak_mb("run", count), peak_mb("hold", count)
    return report(
        "memory", ours_mb, "MB", floor=bare_mb, ratio=bare_mb / ours_mb, target=TARGET, rows=count
    )


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ("run", "hold"):
        child(sys.argv[1], int(sys.argv[2]))
        sys.exit(0)
    sys.exit(main())
