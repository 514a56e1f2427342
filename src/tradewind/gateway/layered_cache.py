"""A cache in two layers: this worker's memory before the one that all workers share.

However many ask for the same at once, one makes it: within a worker the others wait for its task,
among workers for who claimed it. Who claimed and does not come back is waited for at most so long.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable

import msgspec
from starlette.concurrency import run_in_threadpool

from tradewind.ports.cache import FarCache

ENTRIES_MAX = 1_000
BYTES_MAX = 64 << 20
"""Values kept in one worker; beyond either the oldest go."""
VALUE_BYTES_MAX = 1 << 20
"""A larger one is told and not kept."""
CLAIM_S = 5.0
LOOK_S = 0.02
LOCAL, FAR, NOWHERE = "local", "far", "nowhere"
"""Where a value was found; `nowhere` is a miss, for which it was made."""

Make = Callable[[], Awaitable[bytes]]


class LayeredCache:
    """Used on one event loop. Without a far layer each worker keeps for itself.

    >>> async def asked() -> list[bytes]:
    ...     cache = LayeredCache(None)
    ...     async def make() -> bytes:
    ...         await asyncio.sleep(0)
    ...         return b"made"
    ...     found = await asyncio.gather(*(cache.get("a", make, life_s=1.0) for _ in range(3)))
    ...     return [*found, str(cache.found).encode()]
    >>> asyncio.run(asked())
    [b'made', b'made', b'made', b"{'local': 2, 'far': 0, 'nowhere': 1}"]
    """

    def __init__(self, far: FarCache | None, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._far = far
        self._clock_s = clock_s
        self._values: dict[str, tuple[float, bytes]] = {}
        self._bytes = 0
        self._tasks: dict[str, asyncio.Task[bytes]] = {}
        self.found = {LOCAL: 0, FAR: 0, NOWHERE: 0}

    def questions(self) -> dict[tuple[str, str], float]:
        """How often each layer was asked and knew the answer (`hit`) or not (`miss`)."""
        local, far, nowhere = (float(self.found[where]) for where in (LOCAL, FAR, NOWHERE))
        asked = {(LOCAL, "hit"): local, (LOCAL, "miss"): far + nowhere}
        if self._far is not None:
            asked |= {(FAR, "hit"): far, (FAR, "miss"): nowhere}
        return asked

    async def get(self, key: str, make: Make, *, life_s: float) -> bytes:
        """Return what is kept under a key, else what `make` makes; raises what that raises."""
        until_s, value = self._values.get(key, (0.0, b""))
        if until_s > self._clock_s():
            self.found[LOCAL] += 1
            return value
        task = self._tasks.get(key)
        if task is None:
            # A task of its own: who asked first and went away takes nobody's answer along.
            task = self._tasks[key] = asyncio.create_task(self._filled(key, make, life_s))
            task.add_done_callback(lambda done: self._forget(key, done))
        else:
            self.found[LOCAL] += 1
        return await asyncio.shield(task)

    async def _filled(self, key: str, make: Make, life_s: float) -> bytes:
        if self._far is None:
            return await self._made(key, make, life_s)
        far = self._far
        ends_at_s = self._clock_s() + CLAIM_S
        is_ours = False
        while True:
            kept = await run_in_threadpool(far.get, key)
            if kept is not None or is_ours or self._clock_s() >= ends_at_s:
                break
            # Whoever was quicker may have made it since we looked: so one more look behind it.
            is_ours = await run_in_threadpool(lambda: far.claim(key, life_s=CLAIM_S))
            if not is_ours:
                await asyncio.sleep(LOOK_S)
        if kept is not None:
            self.found[FAR] += 1
            self._keep(key, kept.value, min(kept.left_s, life_s))
            await run_in_threadpool(far.release, key)
            return kept.value
        try:
            value = await self._made(key, make, life_s)
            if len(value) <= VALUE_BYTES_MAX:
                await run_in_threadpool(lambda: far.put(key, value, life_s=life_s))
        finally:
            await run_in_threadpool(far.release, key)
        return value

    async def _made(self, key: str, make: Make, life_s: float) -> bytes:
        self.found[NOWHERE] += 1
        value = await make()
        self._keep(key, value, life_s)
        return value

    def _keep(self, key: str, value: bytes, life_s: float) -> None:
        self._drop(key)
        if len(value) > VALUE_BYTES_MAX:
            return
        self._values[key] = self._clock_s() + life_s, value
        self._bytes += len(value)
        while len(self._values) > ENTRIES_MAX or self._bytes > BYTES_MAX:
            self._drop(next(iter(self._values)))

    def _drop(self, key: str) -> None:
        _, value = self._values.pop(key, (0.0, b""))
        self._bytes -= len(value)

    def _forget(self, key: str, task: asyncio.Task[bytes]) -> None:
        self._tasks.pop(key, None)
        if not task.cancelled():
            task.exception()  # Heard by whoever awaited it; nobody else needs a warning.


def digest_of(*parts: str | int | None) -> str:
    """A key of its parts, as long for long ones as for short ones.

    >>> digest_of("a", "bc") == digest_of("ab", "c"), len(digest_of("a" * 500))
    (False, 64)
    """
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
