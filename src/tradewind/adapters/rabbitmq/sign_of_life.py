"""An answer in time, where being late must not be the listener's own fault."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

PARTS = 3
"""Of the time, so many are waited for one after the other."""

T = TypeVar("T")


async def in_time(asked: Coroutine[Any, Any, T], time_s: float) -> T:
    """What is answered within `time_s` seconds; `TimeoutError` without an answer.

    A program that stood still itself during one part has the others left to hear what came
    meanwhile: a busy machine is not taken for a node that is gone.

    >>> async def seven() -> int: return 7
    >>> asyncio.run(in_time(seven(), 1.0))
    7
    """
    task = asyncio.create_task(asked)
    try:
        for _ in range(PARTS):
            await asyncio.wait((task,), timeout=time_s / PARTS)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()
