"""The core's end of the link to the execution-engine, which holds the sessions with venues.

Whatever makes the link doubtful (silence, a hole, another process at its end) ends it: calls under
way have an open outcome, venues are lost, and a new link begins that brings them back reconciled.
So nothing needs to be sent again, and what went lost is asked of the venue.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence

import msgspec

from tradewind.model import messages as m
from tradewind.model.codec import decode, encode_all
from tradewind.model.errors import BadMessage, OutsideError
from tradewind.model.instruments import Instrument
from tradewind.ports.link import Frames, Line
from tradewind.ports.trading import Connection, Refused
from tradewind.runtime import session_messages as s
from tradewind.runtime.children import Counted
from tradewind.runtime.last_check import NEVER_REACHED, LastCheck
from tradewind.runtime.read_models import Metric

BEAT_S = 0.1
BEGIN_S = 0.5
"""How often a link that does not stand yet is asked for."""
SILENT_S = 2.0
"""An execution-engine that is silent for so long is gone."""
SETTLE_S = 0.3
"""How long behind a new link it may take until what the old one left open is journaled as such."""
CALLS_MAX = 10_000

LOG = logging.getLogger("tradewind.execution")


class ExecutionLink:
    """One core's link; `now_ns` only goes on. `is_halted` tells whether all is halted."""

    def __init__(self, line: Line, now_ns: Callable[[], int]) -> None:
        self.epoch = 0
        self.is_halted: Callable[[], bool] = lambda: False
        self.has_unknown: Callable[[str], bool] = lambda venue: False
        """Whether what became of an order at a venue is open."""
        self.deliver: Callable[[m.Report], None] | None = None
        self.sessions: dict[str, s.VenueSession] = {}
        self.connections: dict[str, Connection] = {}
        self.link = 0
        """The number of the link that stands or is asked for."""
        self.is_joined = False
        self.complaint = "no execution-engine has answered: is the role running?"
        self._line = line
        self._now_ns = now_ns
        self._check: LastCheck | None = None
        self._instruments: dict[str, list[Instrument]] = {}
        self._id_prefix = ""
        self._numbers = itertools.count(1)
        self._reported = 0
        self._resolved: set[str] = set()
        """Venues of which, since the link stands, nothing was unknown once."""
        self._seen: dict[str, tuple[tuple[int, int], int]] = {}
        """Link and count of each session's last connection, and our own count."""
        self._pending: dict[int, asyncio.Future[bytes]] = {}
        self._heard_ns = self._begun_ns = self._joined_ns = now_ns()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Keep the link until cancelled."""
        await self._line.start()
        hearing = asyncio.create_task(self._line.run(self.take), name="execution line")
        try:
            while not hearing.done():
                self.look()
                await asyncio.sleep(BEAT_S)
            hearing.result()
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            self._end("the link to the execution-engine is closed")
            await self._line.close()

    async def open(
        self, venue: str, instruments: Sequence[Instrument], *, epoch: int, id_prefix: str
    ) -> None:
        """Have a session with a venue for the core of an epoch; returns once the link stands.

        Orders whose ids begin with `id_prefix` are ours.
        """
        self._instruments[venue] = list(instruments)
        self.epoch, self._id_prefix = epoch, id_prefix
        await self.renew("a venue is added")

    async def renew(self, why: str) -> None:
        """Begin anew, and return once the link stands."""
        self._end(why)
        self._begin()
        while not self.is_joined:
            self._changed.clear()
            await self._changed.wait()

    def follow(self, check: LastCheck) -> None:
        """Have the last check of the other end go on from ours, as of the next link."""
        self._check = check
        check.follow = self._follow

    async def call(self, venue: str, name: str, arguments: bytes) -> bytes:
        """Call a session; `Refused` with `never_reached_venue` where it surely was not told.

        It is sent before this first waits.
        """
        number = next(self._numbers)
        sent = s.Call(self.epoch, self.link, number, self._now_ns(), venue, name, arguments)
        if not self.is_joined or len(self._pending) >= CALLS_MAX or not self._send(sent):
            if name == "submit":
                raise Refused(NEVER_REACHED)
            raise OutsideError(self.complaint or "calls wait", fault="ours", retry=True)
        answer = self._pending[number] = asyncio.get_running_loop().create_future()
        try:
            return await answer
        finally:
            self._pending.pop(number, None)

    def metrics(self) -> list[Metric]:
        """For people and alerts."""
        name, silent_s = "execution_link", (self._now_ns() - self._heard_ns) / 1e9
        return [
            Metric(f"{name}_up", "gauge", "Whether the link stands.", float(self.is_joined)),
            Metric(f"{name}s_total", "counter", "Links begun.", float(self.link)),
            Metric(f"{name}_silent_seconds", "gauge", "Since anything was heard.", silent_s),
            Metric(f"{name}_calls", "gauge", "Calls under way.", float(len(self._pending))),
        ]

    def look(self) -> None:
        """Say that the core lives, and notice where the other end does not."""
        now_ns = self._now_ns()
        if self.is_joined and now_ns - self._heard_ns > SILENT_S * 1e9:
            self._end(f"the execution-engine has been silent for {SILENT_S:g} s")
        if self.is_joined:
            self._send(s.CoreBeat(self.epoch, self.link, now_ns, self.is_halted()))
        elif self._instruments and now_ns - self._begun_ns > BEGIN_S * 1e9:
            self._begin()

    def take(self, frames: Frames) -> None:
        """Take what the other end says."""
        try:
            message = s.to_core(frames[0])
        except BadMessage as error:
            LOG.warning("not_understood error=%r", str(error))
            return
        if message.epoch != self.epoch or message.link not in (self.link, 0):
            return
        if message.link == 0:
            if self.is_joined:
                self._end("the execution-engine does not know this link: it was started again")
                self._begin()
            return
        self._heard_ns = self._now_ns()
        if isinstance(message, s.Joined):
            self._join(message)
        elif self.is_joined:
            self._hear(message)

    def _hear(self, message: s.EngineBeat | s.Answer | s.Reported) -> None:
        if isinstance(message, s.Answer):
            waiting = self._pending.pop(message.number, None)
            if waiting is not None and not waiting.done():
                _settle(waiting, message)
            return
        if isinstance(message, s.Reported):
            self._reported += 1
            if message.number == self._reported:
                self._report(message.report)
                return
        elif message.reported == self._reported:
            for venue, session in message.connections.items():
                self._connect(venue, session)
            return
        self._end("reports of the execution-engine were lost")
        self._begin()

    def _connect(self, venue: str, session: Connection) -> None:
        """How a session stands; it is connected anew by a new link too."""
        seen, count = self._seen.get(venue, ((0, 0), 0))
        if session.is_up and seen != (self.link, session.count):
            seen, count = (self.link, session.count), count + 1
            self._seen[venue] = seen, count
        self.connections[venue] = msgspec.structs.replace(session, count=count)

    def is_resolved(self, venue: str) -> bool:
        """Whether all that was unknown when the link began has been told; then orders may leave."""
        is_settled = self._now_ns() - self._joined_ns >= SETTLE_S * 1e9
        if is_settled and venue not in self._resolved and not self.has_unknown(venue):
            self._resolved.add(venue)
        return venue in self._resolved

    def count(self, venue: str) -> int:
        """How often the way to a venue was connected."""
        return self._seen.get(venue, ((0, 0), 0))[1]

    def _report(self, data: bytes) -> None:
        report = decode(data)
        if self.deliver is not None:
            # what the last check of the other end halts comes this way too
            self.deliver(report)  # type: ignore[arg-type]

    def _join(self, message: s.Joined) -> None:
        if self.is_joined:
            return
        self.sessions, self._reported = message.venues, 0
        self._joined_ns = self._now_ns()
        self.is_joined = all(venue in message.venues for venue in self._instruments)
        self.complaint = "" if self.is_joined else "the execution-engine has not all venues"
        LOG.info("joined epoch=%d link=%d", self.epoch, self.link)
        self._changed.set()

    def _end(self, why: str) -> None:
        """The link is doubtful: no call of it will be answered, and no venue is connected."""
        if self.is_joined:
            LOG.warning("link_ended link=%d reason=%r", self.link, why)
        self.link += 1
        self.is_joined, self.complaint = False, why
        self.connections = {}
        self._resolved.clear()
        self._begun_ns = 0
        pending, self._pending = self._pending, {}
        for waiting in pending.values():
            if not waiting.done():
                waiting.set_exception(OutsideError(why, fault="ours", retry=False))

    def _begin(self) -> None:
        left, counted = ([], Counted()) if self._check is None else self._check.told()
        self._numbers = itertools.count(1)
        self._begun_ns = self._now_ns()
        self._send(
            s.Begin(
                self.epoch,
                self.link,
                self._begun_ns,
                self._id_prefix,
                self._instruments,
                left,
                counted,
            )
        )

    def _follow(self, records: list[m.Record]) -> None:
        if self.is_joined:
            number = next(self._numbers)
            self._send(s.Follow(self.epoch, self.link, number, encode_all(records)))

    def _send(self, message: s.ToEngine) -> bool:
        return self._line.send([s.encoded(message)])


def _settle(waiting: asyncio.Future[bytes], answer: s.Answer) -> None:
    if answer.outcome == "done":
        waiting.set_result(answer.result)
    elif answer.outcome == "refused":
        waiting.set_exception(Refused(answer.text))
    else:
        error = OutsideError(answer.text, fault=answer.fault, retry=answer.retry)
        waiting.set_exception(error)
