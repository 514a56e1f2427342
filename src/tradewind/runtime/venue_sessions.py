"""The execution-engine: sessions with venues, for the newest core and for no other.

It decides nothing. A core begins a link and calls; the calls of an older epoch or link, and of a
link with a hole, are not acted on. It may die at any moment: the next one is given what left by
the core, and asks the venue for what it cannot know.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from tradewind.model import messages as m
from tradewind.model.codec import FORMAT, decode, encode, encode_all, split
from tradewind.model.errors import BadMessage, OutsideError, TradewindError
from tradewind.model.instruments import Instrument
from tradewind.ports.link import Exchange, Frames
from tradewind.ports.trading import CountsDown, Refused, SendsAtOnce, Trading
from tradewind.runtime import session_messages as s
from tradewind.runtime.halt_file import is_halt_file_there
from tradewind.runtime.head_start import begin
from tradewind.runtime.message_ages import MessageAges
from tradewind.runtime.order_door import OrderDoor, cancel_everything
from tradewind.runtime.read_models import Metric

BEAT_S = 0.1
LOOK_S = 0.02
DEADLINE_S = 10.0
CALLS_MAX = 10_000
CORE_SILENT_S = 1.0
"""A core that is silent for so long does not carry out a halt."""
COMMANDS = {"submit", "cancel", "amend", "query"}
QUESTIONS = {
    "cancel_all", "open_orders", "balances", "positions", "fills", "payments",
    "closed_instruments", "permissions", "count_down",
}  # fmt: skip

LOG = logging.getLogger("tradewind.execution")

Make = Callable[[str, Sequence[Instrument], str], Trading]
"""The session with a venue, for its instruments and the beginning of our ids."""


class VenueSessions:
    """Serves one core at a time over an exchange; `now_ns` only goes on.

    `may_send` tells whether the role is ours for certain.
    """

    def __init__(
        self,
        exchange: Exchange,
        make: Make,
        *,
        home: Path,
        now_ns: Callable[[], int],
        may_send: Callable[[], bool] = lambda: True,
    ) -> None:
        self.calls = 0
        self._exchange = exchange
        self._make = make
        self._home = home
        self._now_ns = now_ns
        self._sessions: dict[str, Trading] = {}
        self._made_of: dict[str, tuple[list[Instrument], str]] = {}
        self._peer = b""
        self._epoch = self._link = self._number = self._reported = 0
        self._is_joined = self._is_core_halted = False
        self._heard_ns = 0
        self._beaten_ns = 0
        self._ages = MessageAges()
        self._begun: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._canceled: set[str] = set()
        self._canceling: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self.door = OrderDoor(
            lambda: now_ns() / 1e9,
            is_halted=lambda: not self._is_core_halted and is_halt_file_there(home),
            may_send=may_send,
            report=self._report,
        )

    async def run(self) -> None:
        """Serve until cancelled; raises what a session could not be made for."""
        hearing = asyncio.create_task(self._exchange.run(self.take), name="execution exchange")
        try:
            while not hearing.done():
                self.look()
                if self._failure is not None:
                    raise self._failure
                await asyncio.sleep(LOOK_S)
            hearing.result()
        finally:
            tasks = [hearing, *self._tasks]
            tasks += [one for one in (self._begun, self._canceling) if one is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for session in self._sessions.values():
                await session.close()

    def reasons(self) -> list[str]:
        """What is wrong, in sentences."""
        if not self._is_joined:
            return ["no trading core has begun a link: is the role risk-manager running?"]
        if self._silent_s > CORE_SILENT_S:
            return [f"the trading core has been silent for {self._silent_s:.1f} s"]
        ways = {venue: one.connection for venue, one in self._sessions.items()}
        return [f"{venue}: {way.reason or 'not connected'}" for venue, way in ways.items()
                if not way.is_up]  # fmt: skip

    def metrics(self) -> list[Metric]:
        """For people and alerts."""
        door, silent_s = self.door, self._silent_s if self._is_joined else 0.0
        return [
            Metric("orders_left_total", "counter", "Orders handed to venues.", float(door.left)),
            Metric("orders_stopped_total", "counter", "Stopped at the door.", float(door.stopped)),
            Metric("venue_calls_total", "counter", "Calls of the core.", float(self.calls)),
            Metric("core_silent_seconds", "gauge", "Since the core was heard.", silent_s),
            Metric("execution_link_up", "gauge", "Whether it stands.", float(self._is_joined)),
        ]  # fmt: skip

    def take(self, peer: bytes, frames: Frames) -> None:
        """Take what a core says."""
        try:
            message = s.to_engine(frames[0])
        except BadMessage as error:
            LOG.warning("not_understood error=%r", str(error))
            return
        if message.epoch < self._epoch:
            return  # a core that was taken over from
        if isinstance(message, s.Begin):
            self._take_begin(peer, message)
        elif (message.epoch, message.link, peer) != (self._epoch, self._link, self._peer):
            if message.link != self._link or message.epoch != self._epoch:
                self._tell(peer, s.EngineBeat(message.epoch, 0, 0, {}))
        elif self._is_joined:
            self._heard_ns = self._now_ns()
            self.door.hear()
            self._take_next(message)

    def look(self) -> None:
        """Say how sessions stand, and carry out a halt that the core does not."""
        now_ns = self._now_ns()
        if self._is_joined and now_ns - self._beaten_ns >= BEAT_S * 1e9:
            self._beaten_ns = now_ns
            ways = {venue: one.connection for venue, one in self._sessions.items()}
            self._tell(self._peer, s.EngineBeat(self._epoch, self._link, self._reported, ways))
        if not is_halt_file_there(self._home):
            self._canceled.clear()
        elif self._sessions and self._silent_s > CORE_SILENT_S:
            self._cancel_all()

    @property
    def _silent_s(self) -> float:
        return (self._now_ns() - self._heard_ns) / 1e9

    # --- links ---------------------------------------------------------------------------------

    def _take_begin(self, peer: bytes, message: s.Begin) -> None:
        now_ns = self._now_ns()
        if peer != self._peer:
            self._ages = MessageAges()
        self._ages.age_s(message.sent_ns, now_ns)
        if (message.epoch, message.link) == (self._epoch, self._link):
            if self._is_joined:
                self._tell_joined()  # what was said of it got lost
            return
        if message.epoch == self._epoch and message.link < self._link:
            return
        self._peer, self._epoch, self._link = peer, message.epoch, message.link
        self._is_joined, self._number, self._reported = False, 0, 0
        self._heard_ns = now_ns
        self.door.begin(message.left, message.counted)
        self._begun = asyncio.create_task(self._join(message, self._begun))

    async def _join(self, message: s.Begin, before: asyncio.Task[None] | None) -> None:
        """Make the sessions that are not there yet, and say that the link stands."""
        if before is not None:
            await asyncio.wait([before])  # it may be making a session that we go on with
        if (message.epoch, message.link) != (self._epoch, self._link):
            return
        try:
            for venue, instruments in message.instruments.items():
                wanted = (instruments, message.id_prefix)
                if self._made_of.get(venue) != wanted:
                    await self._make_session(venue, *wanted)
        except (OutsideError, Refused) as error:
            LOG.error("not_joined link=%d error=%r", message.link, str(error))
            self._link = 0  # the core asks again
            return
        except TradewindError as error:
            self._failure = error
            return
        if (message.epoch, message.link) != (self._epoch, self._link):
            return
        self._is_joined = True
        LOG.info("joined epoch=%d link=%d", message.epoch, message.link)
        self._tell_joined()
        self.look()

    def _tell_joined(self) -> None:
        venues = {venue: _session_of(one) for venue, one in self._sessions.items()}
        self._tell(self._peer, s.Joined(self._epoch, self._link, venues))
        self._beaten_ns = 0

    async def _make_session(
        self, venue: str, instruments: list[Instrument], id_prefix: str
    ) -> None:
        old = self._sessions.pop(venue, None)
        self._made_of.pop(venue, None)
        if old is not None:
            await old.close()
        session = self._make(venue, instruments, id_prefix)
        await session.start(self._report)
        self._sessions[venue] = session
        self._made_of[venue] = (instruments, id_prefix)

    def _lose(self, why: str) -> None:
        LOG.warning("link_ended link=%d reason=%r", self._link, why)
        self._is_joined = False
        self._tell(self._peer, s.EngineBeat(self._epoch, 0, 0, {}))

    # --- what a core says within a link --------------------------------------------------------

    def _take_next(self, message: s.CoreBeat | s.Follow | s.Call) -> None:
        if isinstance(message, s.CoreBeat):
            self._ages.age_s(message.sent_ns, self._now_ns())
            self._is_core_halted = message.is_halted
            return
        self._number += 1
        if message.number != self._number:
            self._lose("messages of the core were lost")
        elif isinstance(message, s.Follow):
            self.door.follow(decode(each) for each in split(message.records, FORMAT))
        else:
            self._take_call(message)

    def _take_call(self, call: s.Call) -> None:
        self.calls += 1
        age_s = self._ages.age_s(call.sent_ns, self._now_ns())
        session = self._sessions.get(call.venue)
        if session is None or call.name not in COMMANDS | QUESTIONS:
            self._answer(call, "outside", f"no session with {call.venue} has a {call.name}")
            return
        if len(self._tasks) >= CALLS_MAX:
            self._answer(call, "outside", "too many calls are under way")
            return
        coroutine = self._act(session, call, age_s)
        acting: Awaitable[None] | None = coroutine
        if call.name in COMMANDS and isinstance(session, SendsAtOnce):
            acting = begin(coroutine)
        if acting is None:
            return
        task = asyncio.create_task(self._bounded(call, acting))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()

    async def _act(self, session: Trading, call: s.Call, age_s: float) -> None:
        """Call the session and tell what became of it."""
        try:
            result = await self._result(session, call, age_s)
        except Refused as error:
            self._answer(call, "refused", str(error))
        except OutsideError as error:
            self._answer(call, "outside", str(error), error)
        else:
            self._answer(call, "done", result=result)

    async def _bounded(self, call: s.Call, acting: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(DEADLINE_S):
                await acting
        except TimeoutError:
            self._answer(call, "outside", f"no answer within {DEADLINE_S:g} s")

    async def _result(self, session: Trading, call: s.Call, age_s: float) -> bytes:
        if call.name not in COMMANDS:
            given: dict[str, Any] = msgspec.msgpack.decode(call.arguments)
            return msgspec.msgpack.encode(await getattr(session, call.name)(**given))
        command: Any = decode(call.arguments)
        if call.name == "submit":
            await self.door.submit(session, command, age_s)
        elif call.name == "query":
            found = await self.door.query(session, command)
            return b"" if found is None else b"+" + encode_all(found)
        else:
            await getattr(session, call.name)(command)
        return b""

    def _answer(
        self,
        call: s.Call,
        outcome: Literal["done", "refused", "outside"],
        text: str = "",
        error: OutsideError | None = None,
        *,
        result: bytes = b"",
    ) -> None:
        if (call.epoch, call.link) != (self._epoch, self._link):
            return  # nobody waits for it
        fault = "ours" if error is None else error.fault
        retry = error is not None and error.retry
        told = s.Answer(call.epoch, call.link, call.number, outcome, text, fault, retry, result)
        self._tell(self._peer, told)

    def _report(self, report: m.ControlEvent) -> None:
        """A report of a venue; behind the end of a link nobody hears it, and the next one asks."""
        if self._is_joined:
            self._reported += 1
            self._tell(
                self._peer, s.Reported(self._epoch, self._link, self._reported, encode(report))
            )

    def _tell(self, peer: bytes, message: s.ToCore) -> None:
        self._exchange.send(peer, [s.encoded(message)])

    # --- a halt that the core does not carry out -----------------------------------------------

    def _cancel_all(self) -> None:
        if self._canceling is None or self._canceling.done():
            waiting = {
                venue: one for venue, one in self._sessions.items() if venue not in self._canceled
            }
            if waiting:
                self._canceling = asyncio.create_task(self._cancel_at(waiting))

    async def _cancel_at(self, sessions: Mapping[str, Trading]) -> None:
        for venue, session in sessions.items():
            names = [one.id for one in self._made_of[venue][0]]
            failed = await cancel_everything(session, names, DEADLINE_S)
            LOG.critical("canceled_for_halt venue=%s failed=%r", venue, failed)
            if not failed:
                self._canceled.add(venue)
        await asyncio.sleep(BEAT_S)


def _session_of(trading: Trading) -> s.VenueSession:
    per_minute = trading.countdowns_per_minute_max if isinstance(trading, CountsDown) else 0
    return s.VenueSession(
        trading.silence_s, trading.has_cancel_all, trading.has_positions, per_minute
    )
