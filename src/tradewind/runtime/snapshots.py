"""When the state is written down: so often that a start, or a standby, has little to fold.

A fold of the journal's tail is most of what a take-over takes once the tail is long. So the state
is written down behind so many records; and since orders wait for it while it is encoded, and more
of them make it longer, no oftener than a hundredth of the time goes into it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tradewind.runtime.loop import Loop

RECORDS_MAX = 500
"""Records behind which the state is written down again, where that may be afforded."""
PAUSE_FACTOR = 100
"""How many times as long as it took to write nothing is written."""

Make = Callable[[], Callable[[], None]]
"""The state as it is now, as what writes it down."""


class Snapshots:
    """Writes the state of a loop down behind `RECORDS_MAX` records, and at each interval.

    `prune` follows at the interval alone. `folded` is how long the tail was at the start.
    """

    def __init__(
        self,
        loop: Loop,
        make: Make,
        prune: Callable[[], Awaitable[None]],
        *,
        interval_s: float,
        folded: int,
    ) -> None:
        self._loop = loop
        self._make = make
        self._prune = prune
        self._interval_s = interval_s
        self._saved = loop.engine.state.sequence - folded
        self._saved_s = self._pruned_s = asyncio.get_running_loop().time()
        self._took_s = 0.0

    async def look(self) -> None:
        """Write where it is time to; to be called several times a second."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._pruned_s >= self._interval_s:
            await self.save()
            self._pruned_s = now_s
        elif (
            self._loop.engine.state.sequence - self._saved >= RECORDS_MAX
            and now_s - self._saved_s >= self._took_s * PAUSE_FACTOR
        ):
            await self._write()

    async def save(self) -> None:
        """Write the state down as it is durable, and let go of what is old."""
        await self._write()
        await self._prune()

    async def _write(self) -> None:
        clock = asyncio.get_running_loop()
        begun_s = clock.time()
        await self._loop.turn()
        await self._loop.save(self._made)
        self._saved_s = clock.time()
        self._took_s = self._saved_s - begun_s

    def _made(self) -> Callable[[], None]:
        self._saved = self._loop.engine.state.sequence
        return self._make()
