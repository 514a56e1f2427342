"""The venue's own append-only log: what was asked of it and what it did, for tests to read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradewind.venue.orders import Order

ENTRIES_MAX = 2_000_000
"""Beyond this the venue refuses new orders, since its log must stay whole."""


class OrderLog:
    """Entries with a gap-free sequence from 1; numbers are text with all their digits.

    >>> log = OrderLog()
    >>> log.note("request", 5, account="demo", client_id="a")
    >>> log.since(0)
    [{'sequence': 1, 'time_ns': 5, 'what': 'request', 'account': 'demo', 'client_id': 'a'}]
    """

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def note(self, what: str, time_ns: int, **facts: Any) -> None:
        """Append an entry."""
        sequence = len(self.entries) + 1
        entry = {"sequence": sequence, "time_ns": time_ns, "what": what}
        self.entries.append(entry | {name: _plain(fact) for name, fact in facts.items()})

    def note_order(self, what: str, time_ns: int, order: Order, **facts: Any) -> None:
        """Append an entry about an order."""
        self.note(
            what,
            time_ns,
            account=order.account,
            order_id=order.id,
            client_id=order.client_id,
            symbol=order.symbol,
            side="BUY" if order.side > 0 else "SELL",
            quantity=order.quantity,
            price=order.price,
            filled=order.filled,
            status=order.status.value,
            **facts,
        )

    def since(self, sequence: int) -> list[dict[str, Any]]:
        """The entries behind a sequence."""
        return self.entries[sequence:]

    @property
    def is_full(self) -> bool:
        """True where nothing more is to be begun."""
        return len(self.entries) >= ENTRIES_MAX


def _plain(fact: Any) -> Any:
    return format(fact, "f") if isinstance(fact, Decimal) else fact
