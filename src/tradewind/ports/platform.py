"""The platform: what the machine gives, so that tests can give something else."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The time of day."""

    def now_ns(self) -> int:
        """UTC nanoseconds; may go back."""
