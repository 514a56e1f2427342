"""A guard as a role: its numbers at a port, and what is wrong in sentences."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Literal

from tradewind.runtime.read_models import Metric
from tradewind.runtime.role_server import RoleServer
from tradewind.wiring import catalog
from tradewind.wiring.role_place import role_port
from tradewind.wiring.settings import Settings

WRONG = {
    "watchdog_pulled": "the kill switch was pulled: the engine stood still",
    "drop_copy_breaks": "venue and journal differ",
    "drop_copy_failed": "the venue could not be compared with the journal",
}
"""What a number that is not 0 says of a guard."""

Numbers = Callable[[], Mapping[str, float]]


@asynccontextmanager
async def serving(settings: Settings, role: str, numbers: Numbers) -> AsyncIterator[None]:
    """Answer /health and /metrics for a guard that plays a role; nothing for one that does not."""
    if not role:
        yield
        return
    server = RoleServer(role, lambda: reasons(numbers()), lambda: metrics(numbers()))
    await server.start(settings[catalog.HOST], role_port(settings, role))
    try:
        yield
    finally:
        await server.close()


def reasons(numbers: Mapping[str, float]) -> list[str]:
    """What is wrong.

    >>> reasons({"watchdog_pulled": 0.0, 'drop_copy_breaks{venue="SIM"}': 2.0})
    ['venue and journal differ']
    """
    names = {name.partition("{")[0] for name, value in numbers.items() if value}
    return [sentence for name, sentence in WRONG.items() if name in names]


def metrics(numbers: Mapping[str, float]) -> list[Metric]:
    """The numbers as other roles tell theirs.

    >>> metrics({'drop_copy_looks_total{venue="SIM"}': 3.0})[0].labels
    {'venue': 'SIM'}
    """
    told = []
    for name, value in numbers.items():
        base, _, rest = name.partition("{")
        labels = {"venue": rest.split('"')[1]} if rest else {}
        kind: Literal["counter", "gauge"] = "counter" if base.endswith("_total") else "gauge"
        told.append(Metric(base, kind, "See docs/operations/guards.md.", value, labels))
    return told
