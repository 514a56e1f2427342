"""Hashes of runs with every algorithm and with routing, for comparing builds: run as a module."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import tradewind
from tests.strategies.test_algorithms_of_a_strategy import Wish
from tests.strategies.test_algorithms_of_a_strategy import run as run_algorithm
from tests.strategies.test_routing_of_a_strategy import run as run_routed

WISHES: list[Wish] = [
    lambda s: s.buy(100, algorithm="twap", seconds=600, slices=7),
    lambda s: s.sell(100, algorithm="vwap", seconds=600, curve=(1, 2, 1), at_end="cross"),
    lambda s: s.buy(90, algorithm="pov", participation="0.1", min_child=20),
    lambda s: s.buy(90, algorithm="twap", seconds=900, limit="101", participation="0.2"),
    lambda s: s.buy(25, display=10, limit="99.5"),
    lambda s: s.sell(100, algorithm="shortfall", seconds=600, slices=5, limit="103"),
]


def hashes() -> Iterator[str]:
    """One line a run: the hash of its journal, then how many fills it had."""
    for wish in WISHES:
        _, result = run_algorithm(wish)
        yield f"{result.journal_hash} {result.fill_count}"
    for algorithm in ("at_once", "twap"):
        result = run_routed(algorithm=algorithm)
        yield f"{result.journal_hash} {result.fill_count}"


if __name__ == "__main__":
    lines = ["compiled" if tradewind.COMPILED else "plain", *hashes()]
    sys.stdout.write("\n".join(lines))
