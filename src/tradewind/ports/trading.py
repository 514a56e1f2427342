"""Trading: sending orders to a venue and hearing what became of them.

A call either returns (the venue took it, reports follow or have been delivered), raises `Refused`
(the venue said no, nothing changed there), or raises `OutsideError` / runs into the caller's
deadline: then nobody knows, and the caller asks with `query`. No adapter repeats an order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tradewind.model.errors import TradewindError
from tradewind.model.messages import AmendOrder, CancelOrder, QueryOrder, Report, SubmitOrder

Deliver = Callable[[Report], None]
"""Takes one report, in the order the venue gave them; its `time_ns` is set by who takes it."""


class Refused(TradewindError):
    """The venue answered no; the text is its own reason."""


class Trading(Protocol):
    """One account's way to one venue."""

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""

    @property
    def silence_s(self) -> float:
        """How long after sending an order may still reach the venue (its receive window)."""

    async def start(self, deliver: Deliver) -> None:
        """Connect; every report goes to `deliver` from here on."""

    async def submit(self, command: SubmitOrder) -> None:
        """Send a new order, once."""

    async def cancel(self, command: CancelOrder) -> None:
        """Ask for a cancel; `Refused` where there is nothing to cancel."""

    async def amend(self, command: AmendOrder) -> None:
        """Ask for other terms; `Refused` where the order stays as it is."""

    async def query(self, command: QueryOrder) -> list[Report] | None:
        """The reports that bring an order up to what the venue knows; None where it has none."""

    async def close(self) -> None:
        """Let go of the connection; orders stay as they are."""
