"""Looking whether somebody's rights ended: one question for all requests that wait for it."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool

from tradewind.gateway.authentication import Authentication


class Looking:
    """Asks again before the last answer is too old, so that few requests have to wait.

    Used on one event loop.
    """

    def __init__(self, authentication: Authentication) -> None:
        self._authentication = authentication
        self._task: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Return when what is known may be believed; raises `OutsideError` where it may not."""
        if self._authentication.is_due():
            await asyncio.shield(self._begun())
        elif self._authentication.is_aging():
            self._begun()

    def _begun(self) -> asyncio.Task[None]:
        if self._task is None:
            self._task = asyncio.create_task(run_in_threadpool(self._authentication.look))
            self._task.add_done_callback(self._forget)
        return self._task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled():
            task.exception()  # Heard by whoever awaited it; nobody else needs a warning.
