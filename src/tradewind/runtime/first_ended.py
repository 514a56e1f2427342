"""A process that is several endless tasks: it ends when the first of them does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def until_one_ends(*running: Coroutine[Any, Any, object]) -> None:
    """Run all until the first ends, end the others, and raise what ended the first.

    >>> async def wait() -> None:
    ...     await asyncio.sleep(60)
    >>> async def fail() -> None:
    ...     raise ConnectionError("the bus is gone")
    >>> asyncio.run(until_one_ends(wait(), fail()))
    Traceback (most recent call last):
    ConnectionError: the bus is gone
    """
    tasks = [asyncio.create_task(each) for each in running]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
