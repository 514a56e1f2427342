"""The emergency: cancels that leave though nothing can be journaled, and a note of them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.ports.journal import JournalBroken
from tradewind.ports.trading import Refused, Trading

EMERGENCY_LOG = "emergency.log"
"""In the home: what was done while nothing could be journaled."""


async def cancel_unjournaled(
    error: JournalBroken, home: Path, *, state: State, venues: Mapping[str, Trading], now_ns: int
) -> None:
    """Cancel all that works though nothing can be journaled; leave a note for people.

    What the venue reports of it is heard of by reconciliation at the next start.
    """
    lines = [f"{now_ns} the journal failed: {error}"]
    for order in state.open_orders.values():
        market = state.markets[order.instrument]
        command = m.CancelOrder(0, order.order_id, market.venue, market.id)
        outcome = "canceled"
        try:
            await venues[market.venue].cancel(command)
        except (Refused, OutsideError) as refused:
            outcome = str(refused)
        lines.append(f"cancel {order.order_id}: {outcome}")
    with contextlib.suppress(OSError), (home / EMERGENCY_LOG).open("a", encoding="utf-8") as log:
        log.write("\n".join(lines) + "\n")
