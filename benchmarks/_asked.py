"""What was asked of each benchmark, so that its line says whether that is reached.

A bound is of the figure, of the ratio to the yardstick, or of one of the further figures; compiled
and in plain Python it may be another. All bounds of a benchmark must hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import tradewind


class Bound(NamedTuple):
    """`least` or `most` of what a key of the line says; `plain` instead in plain Python.

    Where `plain` is missing, plain Python was not asked.
    """

    key: str
    least: float | None = None
    most: float | None = None
    plain: float | None = None

    def limit(self) -> float | None:
        """The number that counts in this build."""
        if not tradewind.COMPILED:
            return self.plain
        return self.most if self.least is None else self.least

    def holds(self, line: Mapping[str, object]) -> bool:
        """Whether a line keeps it."""
        limit, value = self.limit(), line[self.key]
        assert isinstance(value, int | float)
        return limit is None or (value <= limit if self.least is None else value >= limit)

    def words(self) -> str:
        """`ratio at least 0.5`."""
        side = "at most" if self.least is None else "at least"
        return f"{self.key} {side} {self.limit():,}"


ASKED: dict[str, tuple[Bound, ...]] = {
    "bars": (Bound("ratio", least=0.5, plain=0.12),),
    "trades": (Bound("ratio", least=0.5, plain=0.2),),
    "trades_to_bars": (Bound("figure", least=30_000_000),),
    "depth_fills": (Bound("figure", least=5_000_000),),
    "sweep": (Bound("wall_s", most=2.5),),
    "order_life": (Bound("figure", most=4, plain=20), Bound("check_us", most=1, plain=8)),
    "fills": (Bound("last_by_first", most=1.1), Bound("hedging_last_by_first", most=1.1)),
    "wire_decode": (Bound("figure", least=800_000),),
    "socket_to_order": (
        Bound("figure", most=60),
        Bound("p99_us", most=300),
        Bound("durable_beyond_fsync_us", most=100),
    ),
    "bus": (
        Bound("figure", least=990_000, plain=990_000),
        Bound("lost", most=0, plain=0),
        Bound("realtime_p50_us", most=500),
        Bound("realtime_p99_us", most=5_000),
    ),
    "venue_socket": (
        Bound("figure", least=300_000),
        Bound("by_row", least=100_000),
    ),
    "venue_to_client": (Bound("figure", most=100, plain=100),),
    "venue_order": (Bound("p50_ms", most=1, plain=2),),
    "history_parquet": (Bound("figure", least=1_000_000, plain=1_000_000),),
    "history_postgres": (
        Bound("figure", least=200_000, plain=200_000),
        Bound("day_of_bars_ms", most=50, plain=50),
    ),
    "trades_postgres": (
        Bound("figure", least=10_000, plain=10_000),
        Bound("slowest_p95_ms", most=50, plain=50),
    ),
    "journal": (Bound("figure", least=20_000),),
    "durable_orders": (Bound("figure", least=10_000), Bound("p99_ms", most=20)),
    "kill_switch": (Bound("figure", most=1_000), Bound("last_order_ms", most=100)),
    "recovery": (Bound("with_snapshot_s", most=2), Bound("whole_s", most=5)),
    "import_time": (Bound("figure", most=0.4),),
    "cold_start": (Bound("figure", most=1),),
    "gateway_load": (
        Bound("figure", least=5_000),
        Bound("mix_per_s", least=990),
        Bound("mix_p95_ms", most=50),
    ),
    "token_check": (Bound("figure", most=5, plain=5),),
    "gateway_stream": (
        Bound("figure", least=20_000),
        Bound("p99_ms", most=100),
        Bound("many_connected", least=1_000),
    ),
    "memory": (Bound("figure", most=250),),
}
"""The floors of the performance goals; a benchmark that is not named was not asked a figure."""


def asked_of(name: str, line: Mapping[str, object]) -> dict[str, object]:
    """`asked` in words and whether it is `reached`; nothing where nothing was asked."""
    bounds = [bound for bound in ASKED.get(name, ()) if bound.limit() is not None]
    if not bounds:
        return {}
    return {
        "asked": ", ".join(bound.words() for bound in bounds),
        "reached": "yes" if all(bound.holds(line) for bound in bounds) else "no",
    }
