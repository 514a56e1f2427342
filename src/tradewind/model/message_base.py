"""What all messages are: immutable arrays with their class name in front."""

from __future__ import annotations

import msgspec


class Message(
    msgspec.Struct, frozen=True, array_like=True, tag=True, tag_field="message", gc=False
):
    """Base of all messages: an immutable array with the class name in front.

    Immutable values make no cycles, so the garbage collector need not know of messages.
    """


class TimedMessage(Message, frozen=True):
    """Base of all events: each carries the time it has in our world."""

    time_ns: int
