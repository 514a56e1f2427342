"""Market data: batches of rows from a venue, as they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument

TakeRows = Callable[[Columns], None]
"""Takes what arrived since the last call, of one kind and instrument; unchecked."""


class MarketData(Protocol):
    """One venue's market data."""

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""

    @property
    def instruments(self) -> list[Instrument]:
        """What it delivers; known behind `start`."""

    async def start(self) -> None:
        """Learn the instruments as the venue lists them now; `UserError` for one it has not."""

    async def run(self, take: TakeRows) -> None:
        """Deliver rows until cancelled; reconnects by itself."""
