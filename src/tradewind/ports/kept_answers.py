"""Kept answers: what was said to a request with an idempotency key: repeating it acts once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

PENDING = 0
"""The status of a request that has not been answered yet."""


class KeptAnswer(msgspec.Struct, frozen=True):
    """The answer to a user's request with a key; `request_hash` tells another request from it."""

    user_id: str
    key: str
    request_hash: bytes
    status: int
    body: bytes
    time_ns: int


class KeptAnswers(Protocol):
    """Where they are kept."""

    def begin_all(self, answers: Sequence[KeptAnswer]) -> list[KeptAnswer | None]:
        """Claim keys for pending answers; of each what is there already where it is taken."""

    def finish_all(self, answers: Sequence[KeptAnswer]) -> list[None]:
        """Put answers in the places that were claimed."""

    def abandon(self, user_id: str, key: str) -> None:
        """Give a claimed key back: nothing was done."""

    def remove_answers(self, before_ns: int) -> None:
        """Forget answers given before a time."""
