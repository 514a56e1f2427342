"""Durable events a second in groups, against the same bytes into a bare file with fsync.

Time is that of the wall, since the disk is what is measured.

What limits it: the disk: each group waits for its fsync. The yardstick writes the same bytes
without SQLite.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from _measure import best_in_turn_s, report, sized

from tradewind.adapters.sqlite.journal import open_journal
from tradewind.model import messages as m
from tradewind.model.orders import Liquidity
from tradewind.ports.journal import group_of

TARGET = 0.3
GROUP = 256


def records(group: int) -> list[m.Record]:
    """The fills of one group."""
    return [
        m.OrderFilled(number, f"j0-cross-{number}", "f1", 100_000, 10, 1000, "USD", Liquidity.TAKER)
        for number in range(group * GROUP, (group + 1) * GROUP)
    ]


def journal_s(groups: list[list[m.Record]]) -> float:
    """Seconds to encode and append all groups, each durable before the next."""
    with tempfile.TemporaryDirectory() as directory:
        journal = open_journal(Path(directory), journal_id="j0", reserve_bytes=0)
        epoch = journal.take_over()
        start = time.perf_counter()
        for kept in groups:
            last = journal.last_sequence
            group = group_of(kept, after_sequence=last, epoch=epoch, time_ns=kept[-1].time_ns)
            journal.append(group)
        elapsed_s = time.perf_counter() - start
        journal.close()
    return elapsed_s


def file_s(bodies: list[bytes]) -> float:
    """Seconds to append the same bytes to a file, each group synced."""
    with tempfile.TemporaryDirectory() as directory, Path(directory, "bare").open("ab") as file:
        start = time.perf_counter()
        for body in bodies:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        return time.perf_counter() - start


def main() -> int:
    """Print durable events a second."""
    groups = [records(group) for group in range(sized(200, 40))]
    bodies = [
        group_of(kept, after_sequence=0, epoch=1, time_ns=kept[-1].time_ns).body for kept in groups
    ]
    count = len(groups) * GROUP
    ours_s, bare_s = best_in_turn_s(lambda: journal_s(groups), lambda: file_s(bodies))
    return report(
        "journal",
        count / ours_s,
        "events/s",
        floor=count / bare_s,
        ratio=bare_s / ours_s,
        target=TARGET,
    )


if __name__ == "__main__":
    sys.exit(main())
