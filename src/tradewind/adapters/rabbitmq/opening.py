"""The first of several nodes that answers: each has a head start, none is waited for alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

HEAD_START_S = 0.1
"""How long one node is tried before the next one is tried beside it."""

T = TypeVar("T")
Opening = Callable[[], Coroutine[Any, Any, T]]


async def first_of(
    openings: Sequence[Opening[T]],
    throw_away: Callable[[T], None],
    *,
    head_start_s: float = HEAD_START_S,
) -> tuple[int, T]:
    """Which one gave something first, and what; raises what the last one failed of.

    What others give afterwards is thrown away.

    >>> async def seven() -> int: return 7
    >>> async def fails() -> int: raise OSError
    >>> asyncio.run(first_of([fails, seven], print))
    (1, 7)
    """
    waiting = list(range(len(openings)))
    tasks: dict[asyncio.Task[T], int] = {}
    failure: BaseException = OSError("there is no node")
    try:
        while waiting or tasks:
            if waiting:
                number = waiting.pop(0)
                tasks[asyncio.create_task(openings[number]())] = number
            done, _ = await asyncio.wait(
                tasks,
                timeout=head_start_s if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                number = tasks.pop(task)
                error = task.exception()
                if error is None:
                    return number, task.result()
                failure = error
        raise failure
    finally:
        for task in tasks:
            task.cancel()
            task.add_done_callback(lambda done: _throw_away(done, throw_away))


def _throw_away(task: asyncio.Task[T], throw_away: Callable[[T], None]) -> None:
    if not task.cancelled() and task.exception() is None:
        throw_away(task.result())
