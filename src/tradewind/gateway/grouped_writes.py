"""Grouped writes: what is asked while a write is under way goes together into the next one.

A database that makes each write durable by itself is waited for by all; so one write at a time is
under way from a worker, and a busy moment makes fewer and larger ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from tradewind.model.errors import OutsideError

GROUP_MAX = 200
WAITING_MAX = 5_000
"""Beyond it what is asked is refused."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupedWrites(Generic[Item, Result]):
    """Calls `write`, which blocks, with many items at once; it returns a result for each.

    Those that share a `turn` never write at the same time.

    >>> async def doubled() -> list[int]:
    ...     writes = GroupedWrites(lambda items: [2 * item for item in items], asyncio.Lock())
    ...     return await asyncio.gather(*(writes.do(number) for number in range(3)))
    >>> asyncio.run(doubled())
    [0, 2, 4]
    """

    def __init__(
        self, write: Callable[[Sequence[Item]], Sequence[Result]], turn: asyncio.Lock
    ) -> None:
        self._write = write
        self._turn = turn
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Result:
        """Return the item's result once it is written; raises what `write` raised."""
        if len(self._waiting) >= WAITING_MAX:
            raise OutsideError("too many writes wait: try again", fault="ours", retry=True)
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._writing is None:
            # A task of its own: a client that goes away takes no other's write along.
            self._writing = asyncio.create_task(self._write_all())
            self._writing.add_done_callback(self._end)
        return await future

    async def _write_all(self) -> None:
        while self._waiting:
            async with self._turn:
                group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
                await self._write_group(group)

    async def _write_group(self, group: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        fault = OutsideError("the write failed", fault="ours", retry=True)
        results: Sequence[Result] = ()
        try:
            results = await run_in_threadpool(self._write, [item for item, _ in group])
        except OutsideError as error:
            fault = error
        finally:
            for place, (_, future) in enumerate(group):
                if future.done():
                    continue  # Whoever asked has gone.
                if place < len(results):
                    future.set_result(results[place])
                else:
                    future.set_exception(fault)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._writing = None
        if task.cancelled() or task.exception() is not None:
            for _, future in self._waiting:
                future.cancel()
            self._waiting = []
