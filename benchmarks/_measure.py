"""One measurement: the claim and its yardstick in turn, best of five, as one line of JSON.

Time is CPU time of the process, since the machines that run this are shared; the yardstick runs
between the rounds of the claim, so that a slow minute slows both.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable

from _asked import asked_of

import tradewind

ROUNDS = 5
SHARE_OF_FLOOR = 0.7
"""Below this share of its stored ratio a benchmark fails; the rest is the machine's noise."""

IS_SHORT = "--short" in sys.argv[1:]


def sized(whole: int, short: int) -> int:
    """The size of a run: whole, or short with `--short`; a fifth of it in plain Python."""
    size = short if IS_SHORT else whole
    return size if tradewind.COMPILED else max(short, size // 5)


def best_in_turn_s(*works: Callable[[], float]) -> list[float]:
    """The shortest CPU time of each work in seconds; a work returns what it measured itself."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, found in zip(works, times, strict=True):
            gc.collect()
            found.append(work())
    return [min(found) for found in times]


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """A work that measures all of another."""

    def measured() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return measured


def report(
    name: str, figure: float, unit: str, *, floor: float, ratio: float, target: float, **more: float
) -> int:
    """Print the line; 1 when the ratio fell below its share of the target, else 0.

    `floor` is the yardstick in the same unit and `ratio` how well we do against it (more is
    better); `target` is the ratio that was reached, kept in the file. `more` are further figures.
    The line also says what was asked of the benchmark and whether it is reached (`_asked`).
    """
    line: dict[str, object] = {
        "name": name,
        "figure": rounded(figure),
        "unit": unit,
        "floor": rounded(floor),
        "ratio": rounded(ratio),
        "target": target,
        "compiled": tradewind.COMPILED,
        **{key: rounded(value) for key, value in more.items()},
    }
    sys.stdout.write(json.dumps(line | asked_of(name, line)) + "\n")
    return int(ratio < SHARE_OF_FLOOR * target)


def rounded(value: float) -> float:
    """Three digits behind the point for small numbers, none for large ones.

    >>> rounded(1234567.8), rounded(1.23456)
    (1234568, 1.235)
    """
    return round(value) if abs(value) >= 1000 else round(value, 3)
