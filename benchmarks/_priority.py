"""Real-time priority of a benchmark's processes, where it may be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tradewind.model.errors import UserError
from tradewind.runtime.priority import check_permitted, real_time


@contextmanager
def undisturbed() -> Iterator[None]:
    """As if this process had a machine of its own, which a venue and its clients have."""
    try:
        check_permitted()
    except UserError:
        yield
        return
    with real_time():
        yield
