"""Leases of roles: at most one owner at a time, each taking with the next epoch."""

from __future__ import annotations

from typing import Protocol


class RoleLeases(Protocol):
    """Kept where processes of several machines look. Lengths are by the keeper's own clock."""

    def take(self, name: str, owner: str, length_ns: int) -> int:
        """The epoch of a lease that is free, over, or was the owner's already; 0 where it is not.

        Each taking has the next epoch; an owner must see to it that it is one process at a time.
        """

    def renew(self, name: str, epoch: int, length_ns: int) -> bool:
        """Go on with an epoch; False where another one has been taken."""

    def release(self, name: str, epoch: int) -> None:
        """Let others take it at once."""

    def owner(self, name: str) -> str:
        """Who took it last, "" where nobody did."""

    def close(self) -> None:
        """Let go of connections."""
