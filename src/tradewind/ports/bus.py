"""The bus: batches of market data from one publisher to many subscribers, in one order.

A publisher numbers its batches from 1. A subscriber hands them on in that order and without a
gap: what it did not receive it asks the publisher's record for, and what that no longer has it
says. A publisher that begins anew has another session and numbers from 1 again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import TakeRows

PIECE_ROWS_MAX = 8_192
"""Rows of one numbered batch; a longer one is published in pieces."""


class Missed(msgspec.Struct, frozen=True):
    """Batches that a subscriber cannot have any more; `last` is 0 where nobody knows."""

    session: int
    first: int
    last: int
    why: str


TakeMissed = Callable[[Missed], None]
"""Told of a gap before the first batch behind it."""


class Publisher(Protocol):
    """The one that publishes a stream."""

    @property
    def sequence(self) -> int:
        """The number of the newest batch, 0 before the first."""

    async def start(self, instruments: Sequence[Instrument]) -> None:
        """Be there for subscribers, who learn these instruments; `OutsideError` where it cannot."""

    def publish(self, columns: Columns) -> None:
        """Number a batch and send it; never waits, whatever the subscribers do."""

    async def run(self) -> None:
        """Answer subscribers until cancelled."""

    async def close(self) -> None:
        """Let go of sockets and files."""


class Subscriber(Protocol):
    """One that reads a stream from where it stands at `start`."""

    @property
    def instruments(self) -> list[Instrument]:
        """What the publisher delivers; known behind `start`."""

    @property
    def complaint(self) -> str:
        """What is wrong with the connection, "" while the publisher is heard."""

    async def start(self) -> None:
        """Wait for the publisher, and stand behind its newest batch."""

    async def run(self, take: TakeRows, missed: TakeMissed) -> None:
        """Deliver until cancelled; reconnects by itself. Raises what `take` raises."""

    async def close(self) -> None:
        """Let go of sockets."""


def pieces(columns: Columns) -> list[Columns]:
    """A batch in pieces of at most `PIECE_ROWS_MAX` rows; none of an empty one."""
    count = len(columns)
    if 0 < count <= PIECE_ROWS_MAX:
        return [columns]
    starts = range(0, count, PIECE_ROWS_MAX)
    return [columns.cut(start, start + PIECE_ROWS_MAX) for start in starts]
