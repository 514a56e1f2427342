"""The lender: the trading core's end towards signal-bridges, which run its strategies.

Every durable group goes to each bridge that has something to run, whole and in order. Wishes come
back under a lease with the strategy's state behind them: either both count or neither does. So a
bridge may die at any moment: the next one goes on from what was kept, and nothing is done twice or
by halves.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from tradewind.core.snapshot import encode_state
from tradewind.model import messages as m
from tradewind.model.codec import FORMAT, decode, split
from tradewind.model.errors import BadMessage, OutsideError, UserError
from tradewind.ports.link import Exchange, Frames
from tradewind.runtime import bridge_messages as b
from tradewind.runtime.followed_recorder import FollowedRecorder
from tradewind.runtime.leases import LEASE_S, Leases, Loan, Peer, best_offer
from tradewind.runtime.loop import Loop, Turn
from tradewind.runtime.read_models import Metric

LOOK_S = 0.05
TELL_IDLE_S = 0.5
"""How often a bridge that is told nothing hears that the core lives."""
FIRST_LOOK_S = 0.3
"""After a start bridges tell what they hold before anything is lent."""
END_S = 1.0
"""How long bridges may take to give strategies back when the run ends."""
MESSAGES_WAITING_MAX = 1_000
"""Messages of one strategy that are not durable yet; beyond it its lease is revoked."""
PEERS_MAX = 64

LOG = logging.getLogger("tradewind.lender")

WISHES = (*m.Intent.__args__, m.StrategyStopped)


class _Waiting(NamedTuple):
    loan: Loan
    message: b.Wished
    events: list[m.ControlEvent]


class Lender:
    """Lends strategies over an exchange; `session` is the core's epoch.

    `now_s` is a clock that only goes on; `want_bars` is told which bars a strategy asks for.
    """

    def __init__(
        self,
        loop: Loop,
        recorder: FollowedRecorder,
        exchange: Exchange,
        *,
        session: int,
        now_s: Callable[[], float],
    ) -> None:
        self.leases = Leases()
        self.want_bars: Callable[[str, str], None] = lambda instrument, timeframe: None
        self.wishes = self.refused = self.void = 0
        self._loop = loop
        self._recorder = recorder
        self._exchange = exchange
        self._session = session
        self._now_s = now_s
        self._begun_s = now_s()
        self._unsynced: set[bytes] = set()
        """Bridges that are given the state behind the turn that comes."""
        self._idle_told_s = 0.0
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()

    # --- what the core calls -------------------------------------------------------------------

    def lend(self, loan: Loan) -> None:
        """Have a strategy, which is registered, run by a bridge."""
        loan.free_since_s = self._now_s()
        self.leases.loans[loan.strategy] = loan

    async def take_back(self, strategies: list[str], deadline_s: float = END_S) -> None:
        """Call `on_stop` of strategies where they run; whoever does not answer in time loses them.

        To be called while the loop runs or, behind its end, turns by itself.
        """
        for name in strategies:
            loan = self.leases.loans.get(name)
            if loan is not None:
                loan.is_ending = True
            if loan is not None and loan.lease:
                loan.is_recalled = True
                self._send(loan.peer, b.Recalled(self._session, loan.lease, is_end=True))
        ends_s = self._now_s() + deadline_s
        while self._now_s() < ends_s and any(self._is_out(name) for name in strategies):
            await self._loop.turn()
            await asyncio.sleep(0.01)
        for name in strategies:
            if (loan := self.leases.loans.pop(name, None)) is not None and loan.lease:
                self._revoke(loan, "it was not given back")

    def _is_out(self, name: str) -> bool:
        loan = self.leases.loans.get(name)
        return loan is not None and bool(loan.lease or loan.pending)

    def on_turn(self, turn: Turn) -> None:
        """Hand a durable group on, and the whole state to whoever has none."""
        rows = self._recorder.take_recorded()
        synced = [name for name, peer in self.leases.peers.items() if peer.is_synced]
        if synced:
            stepped = b.Stepped(self._session, turn.group.first, turn.group.last)
            frames = [b.encoded(stepped), turn.group.body]
            for columns in rows:
                frames += b.row_frames(columns)
            for name in synced:
                self._send_frames(name, frames)
        for record in turn.records:
            if isinstance(record, m.StrategyStopped) and record.strategy in self.leases.loans:
                loan = self.leases.loans.pop(record.strategy)
                if loan.lease:
                    self._revoke(loan, "it was stopped")
        if self._unsynced:
            self._sync()

    async def run(self) -> None:
        """Serve bridges until cancelled."""
        running = [
            asyncio.create_task(self._exchange.run(self.take), name="exchange"),
            asyncio.create_task(self.take_wishes(), name="wishes"),
            asyncio.create_task(self._look_after(), name="leases"),
        ]
        try:
            await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def complaint(self) -> str:
        """Which strategies run nowhere, "" where all do."""
        now_s = self._now_s()
        idle = [
            loan.strategy
            for loan in self.leases.loans.values()
            if not loan.lease and now_s - loan.free_since_s > LEASE_S
        ]
        return f"no signal-bridge runs {', '.join(idle)}" if idle else ""

    def metrics(self) -> list[Metric]:
        """Bridges, leases and wishes."""
        leases = self.leases
        return [
            Metric("bridges", "gauge", "Signal-bridges that are heard.", float(len(leases.peers))),
            Metric("leases_total", "counter", "Strategies lent.", float(leases.granted)),
            Metric("wishes_total", "counter", "Wishes of bridges taken.", float(self.wishes)),
            Metric("wishes_refused_total", "counter", "That could not be.", float(self.refused)),
            Metric("wishes_void_total", "counter", "Under an old lease.", float(self.void)),
            *(
                Metric("strategy_lent", "gauge", "1 where a bridge runs it.", float(loan.lease > 0),
                       {"strategy": loan.strategy})
                for loan in leases.loans.values()
            ),
        ]  # fmt: skip

    # --- what bridges say ----------------------------------------------------------------------

    def take(self, peer: bytes, frames: Frames) -> None:
        """One message of a bridge; what is none is logged and left out."""
        try:
            message = b.from_bridge(frames)
            if isinstance(message, b.Hello):
                self._greet(peer, message)
            elif not self.leases.heard(peer, self._now_s()) or message.session != self._session:
                self.void += isinstance(message, b.Wished)
                self._send(peer, b.Revoked(self._session, 0))
            elif isinstance(message, b.Wished):
                self._want(peer, message)
        except BadMessage as error:
            LOG.error("bridge_message_refused reason=%r", str(error))

    def _greet(self, peer: bytes, hello: b.Hello) -> None:
        """A bridge that begins, or begins anew: what it had is lent again."""
        now_s = self._now_s()
        if peer not in self.leases.peers and len(self.leases.peers) >= PEERS_MAX:
            LOG.error("bridge_refused reason='%d are there already'", PEERS_MAX)
            return
        self._free(peer, "its bridge begins anew")
        state = self._loop.engine.state
        for name, offers in hello.offers.items():
            loan = self.leases.loans.get(name)
            if loan is not None and not loan.lease and not loan.pending:
                issued = state.strategy(name).intents
                loan.kept = best_offer(loan.kept, offers, issued, state.sequence)
        self.leases.peers[peer] = Peer(now_s)
        self._send(peer, b.Idle(self._session))

    def _want(self, peer: bytes, message: b.Wished) -> None:
        loan = self.leases.held(peer, message.lease)
        if loan is None:
            self.void += 1
            self._send(peer, b.Revoked(self._session, message.lease))
            return
        expected = loan.taken + loan.pending + 1
        if message.number < expected:
            return
        events = [_wish(part, loan.strategy) for part in split(message.wishes, FORMAT)]
        if message.number > expected or loan.pending >= MESSAGES_WAITING_MAX:
            self._revoke(loan, "messages of its bridge were lost")
            return
        loan.pending += 1
        self._waiting.append(_Waiting(loan, message, events))
        self._wake.set()

    async def take_wishes(self) -> None:
        """Have wishes stepped in the order they came; what is durable is said to be taken."""
        while True:
            while not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            together = list(self._waiting)
            self._waiting.clear()
            events = [event for waiting in together for event in waiting.events]
            try:
                if events:
                    await self._submit(events)
            except OutsideError as error:
                if not error.retry:
                    raise
                self._give_up(together, str(error))
            else:
                for loan, message, _ in together:
                    self._taken(loan, message)

    def _give_up(self, together: list[_Waiting], why: str) -> None:
        """What the core had no room for is void, with the states that it left."""
        for loan, message, _ in together:
            loan.pending -= 1
            if loan.lease == message.lease:
                self._revoke(loan, why)

    async def _submit(self, events: list[m.ControlEvent]) -> None:
        """One turn for all; where one of them cannot be any more, one by one without it."""
        self.wishes += len(events)
        try:
            await self._loop.submit(events[0], *events[1:])
            return
        except UserError:
            pass
        for event in events:
            try:
                await self._loop.submit(event)
            except UserError as error:
                self.refused += 1
                LOG.warning("wish_refused event=%r reason=%r", event, str(error))

    def _taken(self, loan: Loan, message: b.Wished) -> None:
        loan.pending -= 1
        loan.kept = message.offer
        if loan.lease != message.lease:
            return
        loan.taken = message.number
        for instrument, timeframe in message.bars:
            self.want_bars(instrument, timeframe)
        self._send(loan.peer, b.Taken(self._session, message.lease, message.number))
        if message.is_last:
            self.leases.free(loan, self._now_s())

    # --- leases --------------------------------------------------------------------------------

    async def _look_after(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """End the leases of bridges that are silent, and lend what nobody runs."""
        now_s = self._now_s()
        for peer in self.leases.silent(now_s):
            self._free(peer, "its bridge is silent")
        self._grant()
        for peer in self.leases.idle(now_s):
            self.leases.peers[peer].is_synced = False
            self._send(peer, b.Idle(self._session))
        if now_s - self._idle_told_s >= TELL_IDLE_S:
            self._idle_told_s = now_s
            idle = [name for name, peer in self.leases.peers.items() if not peer.is_synced]
            for name in idle:
                self._send(name, b.Idle(self._session))

    def _grant(self) -> None:
        """Lend to bridges that follow; one that does not yet is given the state first."""
        if self._now_s() - self._begun_s <= FIRST_LOOK_S:
            return
        for loan, peer in self.leases.to_grant():
            if not self._follows(peer):
                continue
            self.leases.grant(loan, peer)
            self._send(
                peer,
                b.Lent(
                    self._session, loan.lease, loan.strategy, loan.name, loan.parameters,
                    loan.instruments, loan.kept.state,
                ),
            )  # fmt: skip
            LOG.info("strategy_lent strategy=%s lease=%d", loan.strategy, loan.lease)
        moved = self.leases.to_move()
        if moved is not None and self._follows(moved[1]):
            loan = moved[0]
            loan.is_recalled = True
            self._send(loan.peer, b.Recalled(self._session, loan.lease, is_end=False))

    def _follows(self, peer: bytes) -> bool:
        """Whether a bridge follows; where it does not, it will behind the turn that comes."""
        if self.leases.peers[peer].is_synced:
            return True
        if peer not in self._unsynced:
            self._unsynced.add(peer)
            self._loop.offer(m.ClockTicked(0))  # a turn, behind which all is durable
        return False

    def _free(self, peer: bytes, why: str) -> None:
        self._unsynced.discard(peer)
        for loan in self.leases.drop(peer, self._now_s()):
            LOG.warning("lease_ended strategy=%s why=%r", loan.strategy, why)

    def _revoke(self, loan: Loan, why: str) -> None:
        LOG.warning("lease_ended strategy=%s why=%r", loan.strategy, why)
        self._send(loan.peer, b.Revoked(self._session, loan.lease))
        self.leases.free(loan, self._now_s())

    def _sync(self) -> None:
        synced = [b.encoded(b.Synced(self._session, encode_state(self._loop.engine.state)))]
        waiting, self._unsynced = self._unsynced & self.leases.peers.keys(), set()
        for peer in waiting:
            self.leases.peers[peer].is_synced = True
            self.leases.peers[peer].busy_s = self._now_s()
            self._send_frames(peer, synced)
        self._grant()

    def _send(self, peer: bytes, message: b.FromCore) -> None:
        self._send_frames(peer, [b.encoded(message)])

    def _send_frames(self, peer: bytes, frames: Frames) -> None:
        """Send; a bridge that has no room begins anew, once it is heard again."""
        if not self._exchange.send(peer, frames) and peer in self.leases.peers:
            self._free(peer, "its bridge has no room")


def _wish(data: bytes | memoryview, strategy: str) -> m.ControlEvent:
    """One wish of a strategy, and of no other; `BadMessage` where it is none."""
    wish = decode(bytes(data))
    if not isinstance(wish, WISHES) or wish.strategy != strategy:
        raise BadMessage(f"{type(wish).__name__} is no wish of {strategy}")
    return wish
