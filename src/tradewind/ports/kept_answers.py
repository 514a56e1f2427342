"""Kept answers: what was said to a request with an idempotency key: repeating it acts once."""

from __future__ import annotations

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

    def begin(self, answer: KeptAnswer) -> KeptAnswer | None:
        """Claim a key for a pending answer; what is there already where it is taken."""

    def finish(self, answer: KeptAnswer) -> None:
        """Put the answer in the place that was claimed."""

    def abandon(self, user_id: str, key: str) -> None:
        """Give a claimed key back: nothing was done."""

    def remove_answers(self, before_ns: int) -> None:
        """Forget answers given before a time."""
