"""The countdown at a venue: orders of an engine that is gone are canceled by the venue itself.

A live session renews it three times as often as it runs out. It is renewed only while the session
is connected and the journal is being written: an engine that can hear nothing, or can decide
nothing any more, is as good as gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.trading import CountsDown, Refused

RENEWALS = 3
"""Renewals until a countdown would run out."""
SECONDS_MIN = 5
CALL_DEADLINE_S = 5.0
RETRY_S = 1.0
"""Between two tries of a renewal that failed."""

LOG = logging.getLogger("tradewind.countdown")


class Countdown:
    """Keeps the countdown of each instrument of one venue going.

    `may_renew` tells whether the engine still does its work. `refuse_many` is asked at the start.
    """

    def __init__(
        self,
        trading: CountsDown,
        instruments: Sequence[str],
        *,
        seconds: int,
        may_renew: Callable[[], bool],
    ) -> None:
        self.seconds = seconds
        self._trading = trading
        self._instruments = tuple(instruments)
        self._may_renew = may_renew
        self._renewed_s: dict[str, float] = {}
        """When the last renewal of an instrument was sent that the venue took."""
        self._failed = ""

    def problem(self) -> str:
        """Why no order may leave: a countdown does not stand; "" where all do."""
        now_s = asyncio.get_running_loop().time()
        for instrument in self._instruments:
            renewed_s = self._renewed_s.get(instrument)
            if renewed_s is None:
                return f"the countdown of {instrument} is not set: {self._failed}"
            if now_s - renewed_s >= self.seconds:
                return f"the countdown of {instrument} ran out at the venue: {self._failed}"
        return ""

    @property
    def is_set(self) -> bool:
        """Whether the venue has taken the countdown of each instrument once."""
        return len(self._renewed_s) == len(self._instruments)

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            is_done = self._is_alive() and await self.renew()
            await asyncio.sleep(self.seconds / RENEWALS if is_done else RETRY_S)

    async def renew(self) -> bool:
        """Begin each countdown anew; whether the venue took all of them."""
        done = await asyncio.gather(*map(self._renew, self._instruments))
        return all(done)

    async def end(self) -> None:
        """The engine stops in order: its orders stay as they are."""
        for instrument in self._instruments:
            problem = await self._set(instrument, 0)
            if problem:
                LOG.warning("not_ended instrument=%s reason=%r", instrument, problem)

    def _is_alive(self) -> bool:
        if not self._trading.connection.is_up:
            self._failed = "the venue is not connected"
        elif not self._may_renew():
            self._failed = "the journal is silent"
        else:
            return True
        return False

    async def _renew(self, instrument: str) -> bool:
        sent_s = asyncio.get_running_loop().time()
        problem = await self._set(instrument, self.seconds * 1000)
        if problem:
            LOG.error("not_renewed instrument=%s reason=%r", instrument, problem)
            self._failed = problem
        else:
            self._renewed_s[instrument] = sent_s
        return not problem

    async def _set(self, instrument: str, milliseconds: int) -> str:
        """Set one; why the venue may not have taken it, or ""."""
        try:
            async with asyncio.timeout(CALL_DEADLINE_S):
                await self._trading.count_down(instrument, milliseconds=milliseconds)
        except (OutsideError, Refused) as error:
            return str(error)
        except TimeoutError:
            return f"no answer within {CALL_DEADLINE_S:g} s"
        return ""


def refuse_many(trading: CountsDown, instruments: Sequence[str], seconds: int) -> None:
    """`UserError` for a countdown that is too short, by itself or for so many instruments."""
    if seconds < SECONDS_MIN:
        raise UserError(
            f"a countdown of {seconds} s at {trading.venue} would cancel orders of an engine that "
            f"lives: give {SECONDS_MIN} s or more, or 0 for none"
        )
    per_minute = len(instruments) * RENEWALS * 60 / seconds
    most = trading.countdowns_per_minute_max
    if per_minute > most:
        needed = -(-len(instruments) * RENEWALS * 60 // most)
        raise UserError(
            f"a countdown of {seconds} s for {len(instruments)} instruments at {trading.venue} "
            f"would take too many of the venue's calls: give {needed} s or more, or 0 for none"
        )
