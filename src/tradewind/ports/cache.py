"""The far layer of a cache, which all workers share; losing it costs time and nothing else."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """A value, and how many seconds it may still be told."""

    value: bytes
    left_s: float


class FarCache(Protocol):
    """Keeps values under keys. All calls are short and blocking, and none of them raises."""

    def get(self, key: str) -> Kept | None:
        """A value with what is left of its life; None where there is none."""

    def put(self, key: str, value: bytes, *, life_s: float) -> None:
        """Keep a value for so long."""

    def claim(self, key: str, *, life_s: float) -> bool:
        """True for the one who is to make a value; nobody else is for so long, or until release."""

    def release(self, key: str) -> None:
        """Give a claim of one's own back; another's stays."""
