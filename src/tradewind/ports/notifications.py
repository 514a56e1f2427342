"""Notifications: what happened, told to people over a channel that may be slow or gone."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

import msgspec


class Level(IntEnum):
    """How much a notice matters; quiet hours let only the last one through."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3


class Notice(msgspec.Struct, frozen=True):
    """One thing that happened, in a sentence; `sequence` is its record's in the journal.

    `kind` is a word of `runtime.notices.KINDS`; notices of one kind are told together.
    """

    sequence: int
    time_ns: int
    level: Level
    kind: str
    text: str


class Message(msgspec.Struct, frozen=True):
    """What one channel is told at once; `counts` is how many notices of each kind.

    `sequence` is the journal's up to which all was told; with the journal's id it names the
    message, so that a receiver can tell a repeated one.
    """

    title: str
    lines: tuple[str, ...]
    level: Level
    counts: dict[str, int]
    time_ns: int
    sequence: int

    @property
    def text(self) -> str:
        """Title and lines as plain text."""
        return "\n".join((self.title, *self.lines))


class Channel(Protocol):
    """One way to people; what repeating cannot mend is an `OutsideError` without retry."""

    @property
    def name(self) -> str:
        """As in the settings."""

    async def send(self, message: Message) -> None:
        """Tell it, once, within the channel's own deadline; `OutsideError` where that failed."""

    async def close(self) -> None:
        """Let go of connections."""
