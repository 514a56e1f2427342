"""The loop: takes what waits, steps it, makes it durable, and only then lets it act.

Everything of one turn becomes one group of the journal. While a group is being written, what
arrives piles up and becomes the next one, so a busy moment makes fewer and larger commits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from tradewind.core.engine import Engine
from tradewind.core.event_checks import check
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.errors import OutsideError, TradewindError, UserError
from tradewind.ports.journal import Group, Journal, JournalBroken, JournalFull, group_of
from tradewind.ports.platform import Clock
from tradewind.runtime.arrival import not_before
from tradewind.runtime.head_start import Rest, begin
from tradewind.runtime.latencies import Latencies
from tradewind.runtime.read_models import Metric
from tradewind.runtime.recorder import Recorder

ROWS_PER_TURN_MAX = 100_000
"""Market rows stepped before a commit."""
BATCHES_WAITING_MAX = 2_000
"""Market batches that may wait; beyond it the oldest quotes or depth go, counted."""
EVENTS_WAITING_MAX = 100_000
"""Control events that may wait; beyond it a person's order is refused."""
REFUSED_KEPT = 100
"""Sentences kept of events that could not be: for people, not for the state."""
CLOCK_TICK_S = 1.0
SECOND_NS = 1_000_000_000

LOG = logging.getLogger("tradewind.loop")

COMMANDS = (m.SubmitOrder, m.CancelOrder, m.AmendOrder, m.QueryOrder)
_DROPPABLE = frozenset({"quotes", "depth"})

Together = tuple[m.ControlEvent, ...]
"""Events of one request."""
Commit = Callable[[Callable[[], None]], Awaitable[None]]
"""Runs a blocking write somewhere and returns when it is durable, or raises what it raised."""


class Turn(msgspec.Struct, frozen=True):
    """What one turn made durable: the group, its records, and the commands to send."""

    group: Group
    records: list[m.Record]
    commands: list[m.Command]


class Loop:
    """Owns the engine; everything else offers to it and hears of turns.

    `epoch` was taken from the journal; `commit` decides where the blocking write runs;
    `listeners` are called with every durable turn, in order, and must not block.
    """

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        recorder: Recorder,
        *,
        clock: Clock,
        epoch: int,
        commit: Commit,
    ) -> None:
        self.engine = engine
        self.listeners: list[Callable[[Turn], None]] = []
        self.rider: Callable[[], m.ControlEvent | None] | None = None
        """Asked at each turn for an event that goes along and is worth no turn of its own."""
        self.dropped_batches = 0
        self.refused: deque[str] = deque(maxlen=REFUSED_KEPT)
        self.last_commit_ns = 0
        self._journal = journal
        self._recorder = recorder
        self._clock = clock
        self._epoch = epoch
        self._commit = commit
        self._events: deque[m.ControlEvent] = deque()
        self._batches: deque[Columns] = deque()
        self._waiting: deque[tuple[Together, asyncio.Future[int]]] = deque()
        self._wake = asyncio.Event()
        self._turning = asyncio.Lock()
        self._is_running = self._is_stopping = False
        self._failure: BaseException | None = None
        self._under_way: asyncio.Task[None] | None = None
        self._next_tick_ns = self._sleeps_until_ns = 0
        self._journaled = engine.state.sequence
        self._begun_ns = 0
        self.latencies = (
            Latencies("message_latency_seconds", "From what came in to its durable turn."),
            Latencies("order_latency_seconds", "The same of turns that send an order."),
        )

    # --- what others call ------------------------------------------------------------------

    def offer(self, event: m.ControlEvent) -> None:
        """Take an event for the next turn; its time is set when it is stepped."""
        self._events.append(event)
        self._begin()

    def offer_rows(self, columns: Columns) -> None:
        """Take market rows for the next turn, making room by the rule of this file."""
        if len(self._batches) >= BATCHES_WAITING_MAX:
            self._drop_batch()
        self._batches.append(columns)
        self._begin()

    def take_rows(self, columns: Columns) -> None:
        """Take market rows, and turn in this very call where nothing is under way.

        What a strategy wants is then on its way when this returns, as far as the commit need not
        wait. A batch that comes during a turn waits, so that a busy moment makes larger groups.
        """
        if not self._is_running or self._turning.locked() or self._batches or self._failure:
            self.offer_rows(columns)
            return
        self._batches.append(columns)
        self._begun_ns = self._begun_ns or self._clock.now_ns()
        begun = None
        with suppress(TradewindError):  # `run` raises it
            begun = begin(self._whole_turn())
        if begun is not None:
            self._under_way = asyncio.create_task(_finished(begun))
            self._under_way.add_done_callback(self._turned)
        elif self._failure is not None or self._due_ns() < self._sleeps_until_ns:
            self._wake.set()  # or a timer was set that is due before `run` would look

    async def submit(self, event: m.ControlEvent, *more: m.ControlEvent) -> int:
        """Take an event and return its sequence once it is durable.

        `more` belongs to it: all are stepped in one turn, or none where one of them cannot be.
        """
        if len(self._waiting) + len(self._events) >= EVENTS_WAITING_MAX:
            raise OutsideError(
                f"{EVENTS_WAITING_MAX} events wait already: try again", fault="ours", retry=True
            )
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(((event, *more), future))
        self._begin()
        return await future

    def stop(self) -> None:
        """End `run` behind the turn that is under way and one last one."""
        self._is_stopping = True
        self._wake.set()

    def now_ns(self) -> int:
        """The time the next event gets: the clock, but never back."""
        return max(self._clock.now_ns(), self.engine.state.time_ns)

    def _begin(self) -> None:
        """Wake the loop; the first thing of a turn begins its latency."""
        if not self._begun_ns:
            self._begun_ns = self._clock.now_ns()
        self._wake.set()

    def latency_metrics(self) -> list[Metric]:
        """How long turns took, as a monitoring system is told."""
        return [each.metric() for each in self.latencies]

    # --- the loop --------------------------------------------------------------------------

    async def run(self) -> None:
        """Turn until stopped; raises `JournalBroken` where nothing can be made durable."""
        self._is_running = True
        try:
            while not self._is_stopping:
                await self._wait()
                await self._whole_turn()
        finally:
            self._is_running = False
        await self._whole_turn()

    async def turn(self) -> None:
        """Step what waits, commit it, act. Does nothing where nothing waits or is due.

        A turn whose caller is called off goes on to its end: what was stepped must be journaled.
        """
        await asyncio.shield(self._whole_turn())

    async def _whole_turn(self) -> None:
        async with self._turning:
            await self._turn()

    def _turned(self, under_way: asyncio.Task[None]) -> None:
        """A turn that began in `take_rows` is over; what it failed of ends `run`."""
        if not under_way.cancelled() and self._failure is None:
            self._failure = under_way.exception()
        self._wake.set()

    async def save(self, make: Callable[[], Callable[[], None]]) -> None:
        """Run another blocking write between turns; `make` sees a state that is all durable."""
        async with self._turning:
            await self._commit(make())

    async def _turn(self) -> None:
        if self._failure is not None:
            raise self._failure
        # what was stepped outside of a turn (a strategy that was attached) comes first
        records = self.engine.take_records()[1]
        begun_ns, self._begun_ns = self._begun_ns, 0
        futures = self._step_waiting(records)
        self._step_due(records)
        if not records:
            return
        state = self.engine.state
        group = group_of(
            records, after_sequence=self._journaled, epoch=self._epoch, time_ns=state.time_ns
        )
        assert group.last == state.sequence, "records and sequence disagree"
        try:
            await self._write(group)
        except TradewindError as error:
            self._failure = error
            for future, _ in futures:
                if not future.done():
                    future.set_exception(_not_durable(error))
            raise
        except asyncio.CancelledError:
            # what was stepped may be stored or not: nothing can follow it in this process
            self._failure = JournalBroken("a turn was called off while it was being journaled")
            raise
        self._journaled = group.last
        self.last_commit_ns = self._clock.now_ns()
        for future, sequence in futures:
            if not future.done():
                future.set_result(sequence)
        commands = [record for record in records if isinstance(record, COMMANDS)]
        turn = Turn(group, records, commands)
        for listener in self.listeners:
            listener(turn)
        if begun_ns:
            self._observe(self.last_commit_ns - begun_ns, commands)

    def _observe(self, duration_ns: int, commands: list[m.Command]) -> None:
        messages, orders = self.latencies
        messages.observe(duration_ns)
        if any(isinstance(command, m.SubmitOrder) for command in commands):
            orders.observe(duration_ns)

    async def _wait(self) -> None:
        """Sleep until something is offered, a timer is due, or a second has passed."""
        if self._events or self._batches or self._waiting or self._is_stopping:
            return
        self._wake.clear()
        now_ns = self._clock.now_ns()
        due_ns = self._sleeps_until_ns = self._due_ns()
        timeout_s = min(max(0.0, (due_ns - now_ns) / SECOND_NS), CLOCK_TICK_S)
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return

    def _due_ns(self) -> int:
        """When the next timer or the clock's tick is due."""
        return min(self._next_tick_ns, self.engine.next_timer_ns())

    def _step_waiting(self, records: list[m.Record]) -> list[tuple[asyncio.Future[int], int]]:
        """Reports and other events first, then market rows, then persons."""
        riding = None if self.rider is None else self.rider()
        if riding is not None:
            self._step_offered(riding, records)
        for _ in range(len(self._events)):
            self._step_offered(self._events.popleft(), records)
        row_count = 0
        while self._batches and row_count < ROWS_PER_TURN_MAX:
            columns = self._batches.popleft()
            row_count += len(columns)
            self._run_rows(columns, records)
        done = []
        for _ in range(len(self._waiting)):
            events, future = self._waiting.popleft()
            try:
                done.append((future, self._step_together(events, records)))
            except UserError as error:
                if not future.done():
                    future.set_exception(error)
        return done

    def _step_together(self, events: Together, records: list[m.Record]) -> int:
        """Step events of one request, none where one cannot be; the sequence of the first."""
        for event in events[1:]:
            check(self.engine.state, msgspec.structs.replace(event, time_ns=self.now_ns()))
        sequences = [self._step(event, records) for event in events]
        return sequences[0]

    def _step_offered(self, event: m.ControlEvent, records: list[m.Record]) -> None:
        """Step an event that nobody waits for; one that cannot be is logged, kept, left out."""
        try:
            self._step(event, records)
        except UserError as error:
            LOG.error("event_refused event=%r reason=%r", event, str(error))
            self.refused.append(str(error))

    def _step_due(self, records: list[m.Record]) -> None:
        """Timers that are due, and the clock's tick where a second has passed."""
        now_ns = self.now_ns()
        if self.engine.next_timer_ns() <= now_ns:
            self.engine.advance(now_ns)
            records += self.engine.take_records()[1]
        if now_ns >= self._next_tick_ns:
            self._step(m.ClockTicked(now_ns), records)
            self._next_tick_ns = now_ns - now_ns % SECOND_NS + SECOND_NS

    def _step(self, event: m.ControlEvent, records: list[m.Record]) -> int:
        """Step one event at the time of now; return its sequence."""
        stamped = msgspec.structs.replace(event, time_ns=self.now_ns())
        self.engine.step(stamped)
        sequences, stepped = self.engine.take_records()
        records += stepped
        own = [number for number, one in zip(sequences, stepped, strict=True) if one is stamped]
        return own[0]

    def _run_rows(self, columns: Columns, records: list[m.Record]) -> None:
        """Run a batch; the rows between two records are kept as one piece by the recorder."""
        columns = not_before(columns, self.engine.state.time_ns)
        before = self.engine.state.sequence
        if columns.kind == "bars":
            self.engine.run_closes(columns)
        else:
            self.engine.run(columns)
        sequences, stepped = self.engine.take_records()
        start = 0
        for place, (sequence, record) in enumerate(zip(sequences, stepped, strict=True)):
            end = sequence - before - 1 - place
            if end > start:
                records.append(self._recorder.record(columns.cut(start, end)))
                start = end
            records.append(record)
        if start < len(columns):
            records.append(self._recorder.record(columns.cut(start)))

    def _drop_batch(self) -> None:
        """Make room: the oldest quotes or depth go, else the oldest batch."""
        for place, batch in enumerate(self._batches):
            if batch.kind in _DROPPABLE:
                del self._batches[place]
                break
        else:
            self._batches.popleft()
        self.dropped_batches += 1

    # --- the write -------------------------------------------------------------------------

    async def _write(self, group: Group) -> None:
        """Market rows first, then the group that refers to them; a full disk halts all."""

        def write() -> None:
            self._recorder.flush()
            self._journal.append(group)

        try:
            await self._commit(write)
        except JournalFull as error:
            # The reserve is there so that what a halt causes can still be written.
            await self._commit(self._journal.release_reserve)
            await self._commit(write)
            self.offer(m.Halted(0, "all", str(error), "journal"))


async def _finished(begun: Rest[None]) -> None:
    await begun


def _not_durable(error: TradewindError) -> OutsideError:
    if isinstance(error, JournalBroken):
        return error
    return OutsideError(f"not durable: {error}", fault="ours", retry=False)
