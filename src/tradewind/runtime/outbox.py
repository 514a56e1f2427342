"""The outbox of one channel: notices gathered into few messages, sent once, tried again."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

import msgspec

from tradewind.model.errors import OutsideError
from tradewind.model.timeframes import UNIT_NS
from tradewind.ports.notifications import Channel, Level, Message, Notice
from tradewind.runtime.notices import KINDS

GATHER_S = 1.5
"""How long the first notice waits for others."""
PAUSE_S = 20.0
"""Least time between two messages without anything critical."""
CRITICAL_PAUSE_S = 3.0
"""The same where something is: it is told within five seconds."""
LINES_MAX = 10
"""Sentences in one message; of what is beyond it only the number is told."""
RETRY_S = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Waits between attempts; the last one for ever."""
LOG = logging.getLogger("tradewind.notify")


class QuietHours(msgspec.Struct, frozen=True):
    """A stretch of each day in UTC minutes; over midnight where it ends before it begins.

    >>> night = QuietHours(22 * 60, 6 * 60)
    >>> night.holds(23 * UNIT_NS["h"]), night.holds(6 * UNIT_NS["h"]), QuietHours(0, 0).holds(0)
    (True, False, False)
    """

    begins: int = 0
    ends: int = 0

    def holds(self, time_ns: int) -> bool:
        """Whether a time lies in them."""
        minute = time_ns // UNIT_NS["m"] % (24 * 60)
        if self.begins <= self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends


class Outbox:
    """Gathers, by kind, and sends one message at a time; bounded, whatever comes.

    `told` is the journal's sequence up to which its people have been told, or need not be.
    """

    def __init__(
        self,
        channel: Channel,
        *,
        level: Level,
        quiet: QuietHours,
        told: int,
        now_ns: Callable[[], int],
    ) -> None:
        self.channel = channel
        self.told = told
        self.failure = ""
        self._level = level
        self._quiet = quiet
        self._now_ns = now_ns
        self._seen = told
        self._counts: Counter[str] = Counter()
        self._lines: list[tuple[Level, str]] = []
        self._highest = Level.INFO
        self._since_s = 0.0
        self._sent_s = -PAUSE_S
        self._changed = asyncio.Event()

    def add(self, notice: Notice) -> None:
        """Take a notice that is important enough and was not told before."""
        if notice.sequence <= self._seen or notice.level < self._level:
            return
        if not self._counts:
            self._since_s = asyncio.get_running_loop().time()
        self._counts[notice.kind] += 1
        self._highest = max(self._highest, notice.level)
        line = (notice.level, notice.text)
        if line not in self._lines:
            self._keep(line)
        self._changed.set()

    def reach(self, sequence: int) -> None:
        """All notices up to a sequence were added."""
        self._seen = max(self._seen, sequence)
        if not self._counts:
            self.told = self._seen

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(self._wait_s())
            if not self._counts:
                self._changed.clear()
            elif self._wait_s() <= 0:
                await self._send()

    async def flush(self) -> None:
        """Try once to send what waits, at the end."""
        if self._counts and not self._is_held:
            await self._attempt(self._message())

    def _keep(self, line: tuple[Level, str]) -> None:
        """Keep the first lines; a more important one takes the place of the last lesser one."""
        if len(self._lines) < LINES_MAX:
            self._lines.append(line)
            return
        lesser = [place for place, kept in enumerate(self._lines) if kept[0] < line[0]]
        if lesser:
            del self._lines[lesser[-1]]
            self._lines.append(line)

    @property
    def _is_held(self) -> bool:
        return self._highest < Level.CRITICAL and self._quiet.holds(self._now_ns())

    def _wait_s(self) -> float:
        """How long the next message has to wait, at most a moment, so that news are seen."""
        now_s = asyncio.get_running_loop().time()
        pause_s = PAUSE_S if self._highest < Level.CRITICAL else CRITICAL_PAUSE_S
        due_s = max(self._since_s + GATHER_S, self._sent_s + pause_s)
        if self._is_held:
            due_s = now_s + 1.0
        return min(max(0.0, due_s - now_s), 0.5)

    async def _send(self) -> None:
        """Send what waits; while it cannot be sent, what comes joins it."""
        attempt = 0
        while not await self._attempt(self._message()):
            await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
            attempt += 1

    async def _attempt(self, message: Message) -> bool:
        """Whether the message is dealt with: sent, or refused for good."""
        counts, lines = self._counts.copy(), len(self._lines)
        try:
            await self.channel.send(message)
            self.failure = ""
        except OutsideError as error:
            self.failure = str(error)
            LOG.warning("notice_not_sent channel=%s error=%s", self.channel.name, error)
            if error.retry:
                return False
        self._sent_s = self._since_s = asyncio.get_running_loop().time()
        self.told = message.sequence
        self._counts -= counts
        self._lines = self._lines[lines:] if self._counts else []
        self._highest = max((level for level, _ in self._lines), default=Level.INFO)
        return True

    def _message(self) -> Message:
        counts = dict(self._counts)
        words = ", ".join(f"{count} {_named(kind, count)}" for kind, count in counts.items())
        lines = [text for _, text in sorted(self._lines, key=lambda line: -line[0])]
        rest = sum(counts.values()) - len(lines)
        if rest > 0:
            lines.append(f"and {rest} more")
        return Message(
            f"Tradewind {self._highest.name.lower()}: {words}",
            tuple(lines),
            self._highest,
            counts,
            self._now_ns(),
            self._seen,
        )


def _named(kind: str, count: int) -> str:
    return kind if count == 1 else KINDS[kind]
