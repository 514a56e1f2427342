"""The link between one core and many others: messages both ways, in order while it holds.

What is sent may be lost when a connection breaks or an end is started again, and nothing is sent
again by the link: who needs more counts its messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Frames = list[bytes]
TakeFrom = Callable[[bytes, Frames], None]
"""Given the peer's name, which is its own as long as its process lives, and the frames."""
TakeFrames = Callable[[Frames], None]


class Exchange(Protocol):
    """The core's end."""

    async def start(self) -> None:
        """Be there for others; `OutsideError` where the place cannot be had."""

    async def run(self, take: TakeFrom) -> None:
        """Hand on what comes, until cancelled; raises what `take` raises."""

    def send(self, peer: bytes, frames: Frames) -> bool:
        """Send, never waiting; False where the peer is gone or has no room."""

    async def close(self) -> None:
        """Let go of sockets."""


class Line(Protocol):
    """The end of one of the others."""

    async def start(self) -> None:
        """Connect; the other end may come later."""

    async def run(self, take: TakeFrames) -> None:
        """Hand on what comes, until cancelled; reconnects by itself."""

    def send(self, frames: Frames) -> bool:
        """Send, never waiting; False where there is no room."""

    async def close(self) -> None:
        """Let go of sockets."""
