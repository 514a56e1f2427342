"""The trail of an order: the journal's records that name it, from its intent on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tradewind.model.messages import (
    AlgorithmIntended,
    ConditionalIntended,
    OrderIntended,
    Record,
    TargetIntended,
)
from tradewind.ports.journal import JournalReader, numbered

RECORDS_FIRST = 2_000
RECORDS_MAX = 512_000
"""How far behind the journal's end an order's intent is looked for."""
WINDOW_FACTOR = 8


def order_trail(open_journal: Callable[[], JournalReader], order_id: str) -> dict[str, Any]:
    """What the journal holds of an order, oldest first; `is_whole` with its intent. Blocking."""
    journal = open_journal()
    try:
        window = RECORDS_FIRST
        while True:
            first = journal.first_sequence - 1
            after = max(journal.last_sequence - window, first, 0)
            events = _events(journal, after, order_id)
            is_whole = bool(events) and events[0]["event"] in _INTENTS
            if is_whole or after <= max(first, 0) or window >= RECORDS_MAX:
                return {"order_id": order_id, "events": events, "is_whole": is_whole}
            window *= WINDOW_FACTOR
    finally:
        journal.close()


_INTENTS = frozenset(
    kind.__name__
    for kind in (OrderIntended, TargetIntended, ConditionalIntended, AlgorithmIntended)
)


def _events(journal: JournalReader, after: int, order_id: str) -> list[dict[str, Any]]:
    return [
        _event(sequence, record)
        for group in journal.groups(after)
        for sequence, record in numbered(group)
        if getattr(record, "order_id", "") == order_id
    ]


def _event(sequence: int, record: Record) -> dict[str, Any]:
    body = msgspec.structs.asdict(record)
    time_ns = body.pop("time_ns")
    plain: dict[str, Any] = msgspec.to_builtins(body)
    return {
        "sequence": sequence,
        "time_ns": time_ns,
        "event": type(record).__name__,
        "body": plain,
    }
