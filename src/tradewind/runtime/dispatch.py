"""Dispatch: carries durable commands to their venues, once, and brings the outcome back.

Commands of one order keep their order. A refusal is a report; anything that leaves the outcome
open makes the order UNKNOWN, and the venue is asked until it tells or until the order can surely
not have reached it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

import msgspec

from tradewind.model import messages as m
from tradewind.model.errors import OutsideError, TradewindError
from tradewind.ports.journal import JournalBroken
from tradewind.ports.trading import Refused, SendsAtOnce, Trading
from tradewind.runtime.head_start import begin
from tradewind.runtime.last_check import NEVER_REACHED as NEVER_REACHED
from tradewind.runtime.last_check import LastCheck
from tradewind.runtime.loop import Turn

WORKERS = 8
"""Commands under way at once; those of one order always meet the same worker."""
COMMANDS_WAITING_MAX = 100_000
DEADLINE_S = 10.0
"""Our own deadline on each call to a venue."""
QUERY_PAUSE_MIN_S = 0.2
QUERY_PAUSE_MAX_S = 5.0
LEFT_MAX = 10_000
"""Times of leaving that wait for a turn of the journal; those beyond it are not kept."""
LEFT_KEPT_S = 60.0
"""How long it is kept when an order left."""

Deliver = Callable[[m.ControlEvent], None]


class UnderWay(msgspec.Struct, frozen=True):
    """Orders of which a command waits here or at the venue, and those it is asked about."""

    acting: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()


class Dispatch:
    """Workers that send; `deliver` takes every report and unknown outcome as an event.

    A `last_check` must have heard of a turn before its commands are sent here. With `now_ns`
    `take_left` tells when orders left.
    """

    def __init__(
        self,
        venues: Mapping[str, Trading],
        deliver: Deliver,
        *,
        deadline_s: float = DEADLINE_S,
        last_check: LastCheck | None = None,
        now_ns: Callable[[], int] | None = None,
    ) -> None:
        self._last_check = last_check
        self._now_ns = now_ns
        self._handed: list[tuple[str, int]] = []
        self._venues = dict(venues)
        self._prompt = {
            name: venue for name, venue in venues.items() if isinstance(venue, SendsAtOnce)
        }
        self._deliver = deliver
        self._deadline_s = deadline_s
        self._queues: list[asyncio.Queue[m.Command]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: list[asyncio.Task[None] | None] = [None] * WORKERS
        self._busy = [0] * WORKERS
        """Commands of each worker that wait or are under way."""
        self._acting: Counter[str] = Counter()
        """How many of them are about each order."""
        self._queries: dict[str, asyncio.Task[None]] = {}
        self._further: dict[str, m.QueryOrder] = {}
        self._left_s: dict[str, float] = {}
        self._sweeps: set[asyncio.Task[None]] = set()
        self._waiting: set[str] = set()
        self._leaving: set[str] = set()
        self._given_up: set[str] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._blocks = 0

    @contextlib.contextmanager
    def blocked(self) -> Iterator[None]:
        """Let no new order leave: a halt was called that is not durable yet.

        Orders that were given up meanwhile do not leave behind it. Where the journal fails the
        block stays, since then nothing may leave any more.
        """
        self._blocks += 1
        self._open.clear()
        try:
            yield
        except JournalBroken:
            self._blocks += 1
            raise
        finally:
            self._blocks -= 1
            if not self._blocks:
                self._open.set()

    @property
    def venues(self) -> list[str]:
        """Venues it can reach."""
        return list(self._venues)

    def under_way(self) -> UnderWay:
        """What has no outcome yet."""
        return UnderWay(frozenset(self._acting), frozenset(self._queries))

    def cancel_all(self, commands: Sequence[m.CancelOrder]) -> None:
        """Cancel all these orders, by the venue's own cancel-all where it has one.

        One that still waits here never leaves. What the venue leaves unclear is asked about.
        """
        groups: dict[tuple[str, str], list[m.CancelOrder]] = {}
        for command in commands:
            if command.order_id in self._waiting:
                self._give_up(command.order_id)
            elif command.order_id in self._leaving:
                self.send(command)  # behind its order, which may be on its way
            else:
                groups.setdefault((command.venue, command.instrument), []).append(command)
        self._sweep_groups(groups)

    def cancel_each(self, commands: Sequence[m.CancelOrder]) -> None:
        """Cancel these orders one by one; one that still waits here never leaves."""
        for command in commands:
            if command.order_id in self._waiting:
                self._give_up(command.order_id)
            else:
                self.send(command)

    def _sweep_groups(self, groups: Mapping[tuple[str, str], list[m.CancelOrder]]) -> None:
        for (name, instrument), group in groups.items():
            venue = self._venues.get(name)
            if venue is not None and venue.has_cancel_all and len(group) > 1:
                task = asyncio.create_task(self._sweep(venue, instrument, group))
                self._sweeps.add(task)
                task.add_done_callback(self._sweeps.discard)
            else:
                for command in group:
                    self.send(command)

    async def start(self) -> None:
        """Connect the venues and start the workers."""
        for venue in self._venues.values():
            await venue.start(self._deliver)
        self._queues = [asyncio.Queue(COMMANDS_WAITING_MAX // WORKERS) for _ in range(WORKERS)]
        self._tasks = [asyncio.create_task(self._work(worker)) for worker in range(WORKERS)]

    def send_turn(self, turn: Turn) -> None:
        """Send what became durable; a halt of all its orders goes by the venue's cancel-all."""
        halts = [record for record in turn.records if isinstance(record, m.Halted)]
        cancels = [one for one in turn.commands if isinstance(one, m.CancelOrder)] if halts else []
        for command in turn.commands:
            if not (halts and isinstance(command, m.CancelOrder)):
                self.send(command)
        if any(map(_is_wide, halts)):
            self.cancel_all(cancels)
        else:
            self.cancel_each(cancels)

    def send(self, command: m.Command) -> None:
        """Take a durable command; an order whose queue is full becomes UNKNOWN, never dropped."""
        if isinstance(command, m.QueryOrder):
            self._ask(command)
            return
        worker = zlib.crc32(command.order_id.encode()) % WORKERS
        venue = self._prompt.get(command.venue)
        may_leave = self._open.is_set() or not isinstance(command, m.SubmitOrder)
        if venue is not None and may_leave and self._queues and not self._busy[worker]:
            self._send_now(venue, command, worker)
            return
        try:
            self._queues[worker].put_nowait(command)
        except asyncio.QueueFull:
            self._deliver(m.OrderUnknown(0, command.order_id, "too many commands wait to be sent"))
            return
        self._take(worker, command)
        if isinstance(command, m.SubmitOrder):
            self._waiting.add(command.order_id)

    def take_left(self) -> m.OrdersLeft | None:
        """When orders were handed to their venues since the last call; None where none were."""
        if not self._handed:
            return None
        handed, self._handed = self._handed, []
        return m.OrdersLeft(0, tuple(handed))

    async def close(self) -> None:
        """Stop sending; what waits stays unsent and is asked for at the next start."""
        self._further.clear()
        under_way = [task for task in self._under_way if task is not None]
        tasks = [*self._tasks, *under_way, *self._queries.values(), *self._sweeps]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for venue in self._venues.values():
            await venue.close()

    async def _work(self, worker: int) -> None:
        queue = self._queues[worker]
        while True:
            command = await queue.get()
            under_way = self._under_way[worker]
            if under_way is not None:
                await asyncio.wait([under_way])
            venue = self._venues.get(command.venue)
            if venue is None:
                self._deliver(_refusal(command, f"no connection to {command.venue}"))
            else:
                if isinstance(command, m.SubmitOrder):
                    await self._open.wait()
                await self._send(command, self._act(venue, command))
            self._let_go(worker, command)

    def _send_now(self, venue: Trading, command: m.Command, worker: int) -> None:
        """Send in this very call what nothing waits before; a task takes what it must wait for."""
        try:
            rest = begin(self._act(venue, command))
        except (Refused, OutsideError) as error:
            self._deliver(_outcome(command, error))
            return
        if rest is None:
            return
        self._take(worker, command)
        task = self._under_way[worker] = asyncio.create_task(self._send(command, rest))
        task.add_done_callback(lambda _: self._left(worker, command))

    def _left(self, worker: int, command: m.Command) -> None:
        self._under_way[worker] = None
        self._let_go(worker, command)

    def _take(self, worker: int, command: m.Command) -> None:
        self._busy[worker] += 1
        self._acting[command.order_id] += 1

    def _let_go(self, worker: int, command: m.Command) -> None:
        self._busy[worker] -= 1
        self._acting[command.order_id] -= 1
        if not self._acting[command.order_id]:
            del self._acting[command.order_id]

    async def _send(self, command: m.Command, acting: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._deadline_s):
                await acting
        except TimeoutError:
            reason = f"no answer within {self._deadline_s:g} s"
            self._deliver(m.OrderUnknown(0, command.order_id, reason))
        except (Refused, OutsideError) as error:
            self._deliver(_outcome(command, error))

    async def _act(self, venue: Trading, command: m.Command) -> None:
        if isinstance(command, m.SubmitOrder):
            await self._submit(venue, command)
        elif isinstance(command, m.CancelOrder):
            await venue.cancel(command)
        elif isinstance(command, m.AmendOrder):
            await venue.amend(command)

    async def _sweep(self, venue: Trading, instrument: str, group: Sequence[m.CancelOrder]) -> None:
        try:
            async with asyncio.timeout(self._deadline_s):
                await venue.cancel_all(instrument)
        except Refused:
            for command in group:
                self.send(command)
        except (TimeoutError, OutsideError) as error:
            for command in group:
                self._deliver(m.OrderUnknown(0, command.order_id, f"cancel-all: {error}"))

    def _give_up(self, order_id: str) -> None:
        """An order that waits here, or that the venue surely never got, will not leave."""
        if len(self._given_up) < COMMANDS_WAITING_MAX:
            self._given_up.add(order_id)
        self._deliver(m.OrderRejected(0, order_id, NEVER_REACHED))

    async def _submit(self, venue: Trading, command: m.SubmitOrder) -> None:
        self._waiting.discard(command.order_id)
        if command.order_id in self._given_up or not self._may_leave(command):
            return
        self._leaving.add(command.order_id)
        if self._now_ns is not None and len(self._handed) < LEFT_MAX:
            self._handed.append((command.order_id, self._now_ns()))
        try:
            await venue.submit(command)
        finally:
            self._leaving.discard(command.order_id)
            # whatever became of it, it left before now or never will
            self._note_left(command.order_id)

    def _may_leave(self, command: m.SubmitOrder) -> bool:
        """Ask the last check; what it says of an order that may not is delivered."""
        told = () if self._last_check is None else self._last_check.leave(command)
        for event in told:
            self._deliver(event)
        return not told

    def _note_left(self, order_id: str) -> None:
        """Keep when an order left; of one that left long ago a question assumes just now."""
        now_s = asyncio.get_running_loop().time()
        self._left_s[order_id] = now_s
        for oldest in list(itertools.islice(self._left_s, 2)):
            if self._left_s[oldest] < now_s - LEFT_KEPT_S:
                del self._left_s[oldest]

    def _ask(self, command: m.QueryOrder) -> None:
        """Ask about an order in the background, once at a time.

        One asked before further amendments left is asked again behind its answer.
        """
        if command.order_id in self._queries:
            self._further[command.order_id] = command
            return
        task = asyncio.create_task(self._resolve(command))
        self._queries[command.order_id] = task
        task.add_done_callback(lambda _: self._answered(command))

    def _answered(self, command: m.QueryOrder) -> None:
        self._queries.pop(command.order_id, None)
        further = self._further.pop(command.order_id, command)
        if further.amends != command.amends:
            self._ask(further)

    async def _resolve(self, command: m.QueryOrder) -> None:
        """Ask until the venue knows the order, or until it surely never got it."""
        venue = self._venues.get(command.venue)
        if venue is None:
            return
        loop = asyncio.get_running_loop()
        left_s = self._left_s.pop(command.order_id, loop.time())
        pause_s = QUERY_PAUSE_MIN_S
        while True:
            asked_s = loop.time()
            reports = await self._query(venue, command)
            if reports:
                for report in reports:
                    self._deliver(report)
                return
            if reports == [] and asked_s > left_s + venue.silence_s:
                self._give_up(command.order_id)
                return
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, QUERY_PAUSE_MAX_S)

    async def _query(self, venue: Trading, command: m.QueryOrder) -> list[m.Report] | None:
        """What the venue knows: reports, [] where it has no such order, None without an answer."""
        try:
            async with asyncio.timeout(self._deadline_s):
                found = await venue.query(command)
        except (TimeoutError, OutsideError, Refused):
            return None
        return [] if found is None else found


def _is_wide(halt: m.Halted) -> bool:
    """Whether no order of ours at an instrument outlives the halt."""
    return halt.scope.partition(":")[0] in ("all", "venue", "account", "instrument")


def _outcome(command: m.Command, error: TradewindError) -> m.ControlEvent:
    """A refusal is a report; anything else leaves it open what became of the order."""
    if isinstance(error, Refused):
        return _refusal(command, str(error))
    return m.OrderUnknown(0, command.order_id, str(error))


def _refusal(command: m.Command, reason: str) -> m.ControlEvent:
    if isinstance(command, m.CancelOrder):
        return m.CancelRejected(0, command.order_id, reason)
    if isinstance(command, m.AmendOrder):
        return m.AmendRejected(0, command.order_id, reason, command.number)
    return m.OrderRejected(0, command.order_id, reason)
