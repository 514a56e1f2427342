"""Downloads: a venue's stored market data, page by page, for the history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.instruments import Instrument


class Wanted(msgspec.Struct, frozen=True):
    """What to download: rows of one series, `start_ns` included to `end_ns` excluded."""

    kind: ColumnKind
    instrument: Instrument
    timeframe: str | None
    start_ns: int
    end_ns: int


class Page(msgspec.Struct, frozen=True):
    """Rows in order, behind those of the page before; all rows before `done_ns` have come.

    `left_out` counts rows that could not be taken, by the reason.
    """

    columns: Columns
    done_ns: int
    left_out: dict[str, int] = {}


class Downloads(Protocol):
    """One venue's stored market data. `start` before, `close` after everything else."""

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""

    @property
    def kinds(self) -> frozenset[ColumnKind]:
        """What it has: bars, trades, quotes."""

    @property
    def timeframes(self) -> tuple[str, ...]:
        """Timeframes of its bars."""

    async def start(self) -> None:
        """Make ready; sends nothing."""

    async def instrument(self, instrument_id: str) -> Instrument:
        """The definition of an instrument; `UserError` where the venue has none of this name."""

    def pages(self, wanted: Wanted) -> AsyncIterator[Page]:
        """The rows, the oldest first, within the venue's rate; `Refused` or `OutsideError`."""

    async def corporate_actions(
        self, instrument: Instrument, *, start_ns: int, end_ns: int
    ) -> list[CorporateAction]:
        """Splits and dividends by ex-date, the oldest first; none where there are no such."""

    async def close(self) -> None:
        """Let go of the connection."""


class KeyedDownloads(Downloads, Protocol):
    """A venue that gives its data to a key only, and no more than data."""

    async def check_key(self) -> None:
        """Ask for something small; `Refused` where the venue does not take the key."""
