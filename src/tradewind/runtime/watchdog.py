"""The watchdog: a process beside the engine that pulls the kill switch when the engine hangs.

It has a key of its own and knows only how to look and to cancel. First it blocks (the HALT file,
which an engine that wakes up finds before it trades on), then it cancels at the venue directly, and
goes on doing so at each look until a person resumes, which removes the file.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from pathlib import Path

from tradewind.model.errors import OutsideError, TradewindError
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import SOCKET_NAME, MetricsRequest
from tradewind.runtime.halt_file import HALT_NAME, write_halt_file
from tradewind.runtime.sweep_orders import Cancelling, Swept, sweep_venues

LOOK_S = 0.5
"""Between two looks."""
ANSWER_S = 2.0
"""How long the engine may take to answer one look."""

LOG = logging.getLogger("tradewind.watchdog")


class Sign(Enum):
    """What a look at the engine gave where it was no number of a journal."""

    SILENT = "it does not answer"
    STOPPED = "it was stopped in order"


class Guard(Enum):
    """How the watchdog stands."""

    WAITING = "no engine has been seen yet"
    WATCHING = "the engine lives"
    PULLED = "the kill switch is pulled"


Beat = int | Sign
"""A journal's last sequence, or why there is none."""


class Watchdog:
    """Looks at one engine that trades at some venues; `look` once, or `run` for ever.

    `beat` tells the journal's last sequence: a living engine writes at least one record a second,
    so a number that stands still is as bad as silence. `tell` takes sentences for people.
    """

    def __init__(
        self,
        home: Path,
        venues: Sequence[Cancelling],
        *,
        after_s: float,
        beat: Callable[[], Awaitable[Beat]],
        tell: Callable[[str], Awaitable[None]],
    ) -> None:
        self._home = home
        self._venues = tuple(venues)
        self._after_s = after_s
        self._beat = beat
        self._tell = tell
        self._sequence = -1
        self._alive_s: float | None = None
        self._told: tuple[str, ...] = ()
        self._reason = ""
        self._is_blocked = False
        self.guard = Guard.WAITING
        self.pulls = 0
        self.found = 0
        """Open orders that sweeps have met, all together."""

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """One look; pulls where the engine has been still for too long."""
        beat = await self._beat()
        now_s = asyncio.get_running_loop().time()
        if beat is Sign.STOPPED:
            self._alive_s = None
        elif self._alive_s is None or (isinstance(beat, int) and beat != self._sequence):
            # a socket that nobody answers on is an engine too: its time begins with the first look
            self._alive_s = now_s
        if isinstance(beat, int):
            self._sequence = beat
        if self.guard is Guard.PULLED:
            await self._keep_down()
        elif self._alive_s is not None:
            still_s = now_s - self._alive_s
            self.guard = Guard.WATCHING
            if still_s >= self._after_s:
                await self._pull(f"the engine has been still for {still_s:.1f} s")
        else:
            self.guard = Guard.WAITING

    def metrics(self) -> dict[str, float]:
        """Numbers for a monitoring system."""
        now_s = asyncio.get_running_loop().time()
        still_s = 0.0 if self._alive_s is None else now_s - self._alive_s
        return {
            "watchdog_engine_still_seconds": still_s,
            "watchdog_pulled": float(self.guard is Guard.PULLED),
            "watchdog_pulls_total": float(self.pulls),
            "watchdog_orders_found_total": float(self.found),
        }

    async def _pull(self, reason: str) -> None:
        """Block, then cancel; telling people comes last, it may take long."""
        self.guard = Guard.PULLED
        self.pulls += 1
        LOG.critical("pulled reason=%s", reason.replace(" ", "_"))
        self._reason = f"watchdog: {reason}"
        blocked = self._block()
        swept = await self._sweep()
        await self._tell(
            f"The watchdog pulled the kill switch: {reason}; {blocked}, {_said(swept)}"
        )

    async def _keep_down(self) -> None:
        """Cancel what still appears, until a person has resumed."""
        if not self._is_blocked:
            self._block()
        elif not (self._home / HALT_NAME).exists():
            LOG.warning("armed_again")
            self._alive_s = asyncio.get_running_loop().time()
            self._is_blocked = False
            self.guard = Guard.WATCHING
            return
        swept = await self._sweep()
        if swept.problems and swept.problems != self._told:
            await self._tell(f"The watchdog cannot cancel everything: {_said(swept)}")
        self._told = swept.problems

    def _block(self) -> str:
        """Write the HALT file, at the next look again where it could not be written."""
        try:
            write_halt_file(self._home, self._reason)
        except OutsideError as error:
            return f"not blocked ({error})"
        self._is_blocked = True
        return "blocked"

    async def _sweep(self) -> Swept:
        swept = await sweep_venues(self._venues)
        self.found += swept.found
        if swept.found or swept.problems:
            LOG.critical("swept found=%d problems=%r", swept.found, swept.problems)
        return swept


async def beat_of(home: Path) -> Beat:
    """The last sequence of the engine of a home, over its control socket.

    An engine that ends in order removes its socket; one that was killed leaves it.
    """
    if not (home / SOCKET_NAME).exists():
        return Sign.STOPPED
    try:
        metrics = await asyncio.to_thread(ask, home, MetricsRequest(), deadline_s=ANSWER_S)
    except TradewindError:
        return Sign.SILENT if (home / SOCKET_NAME).exists() else Sign.STOPPED
    return next(int(one["value"]) for one in metrics if one["name"] == "journal_sequence")


def _said(swept: Swept) -> str:
    done = f"{swept.found} open orders were canceled"
    return f"{done}, but {'; '.join(swept.problems)}" if swept.problems else done
