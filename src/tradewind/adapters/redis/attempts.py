"""Attempts at Redis: one that fails is left alone for a while, and another answer is taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import RedisClusterException, RedisError

Answer = TypeVar("Answer")

AGAIN_S = 1.0
"""A Redis that failed is left alone for so long; meanwhile what is behind it answers."""
FAILURES = (RedisError, RedisClusterException, OSError)


class Attempts:
    """Asks Redis, and what is behind it while Redis fails.

    >>> from redis.exceptions import ConnectionError
    >>> attempts = Attempts()
    >>> def fail() -> str:
    ...     raise ConnectionError("gone")
    >>> attempts.first(fail, lambda: "behind"), attempts.is_answering
    ('behind', False)
    """

    def __init__(self) -> None:
        self.again_at_s = 0.0

    @property
    def is_answering(self) -> bool:
        """False from a failure on, until it is tried again."""
        return time.monotonic() >= self.again_at_s

    def first(self, ask: Callable[[], Answer], behind: Callable[[], Answer]) -> Answer:
        """Return what Redis says, else what is behind it."""
        if self.is_answering:
            try:
                return ask()
            except FAILURES:
                self.again_at_s = time.monotonic() + AGAIN_S
        return behind()
