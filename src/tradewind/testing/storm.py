"""The storm: engine and shell on virtual time against a venue, a disk and a network that fail.

One seed replays one history. The venue outlives the crashes of the engine and keeps a log of its
own, by which the invariants are judged: RELIABILITY names them I1 to I10.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.analysis.ledger import Entry
from tradewind.core.engine import Engine
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.ids import order_id
from tradewind.model.limits import Limits
from tradewind.model.orders import OrderState, OrderType, Side
from tradewind.ports.journal import numbered
from tradewind.runtime.dispatch import Dispatch
from tradewind.runtime.last_check import LastCheck
from tradewind.runtime.loop import Loop, Turn
from tradewind.runtime.reconciliation import Reconciliation
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover, snapshot_of
from tradewind.runtime.run_ledger import ledger_differences, ledger_of_journal
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.venue_watch import VenueWatch
from tradewind.testing.storm_venue import CALM, COIN, MIDDLE, POSITION_MAX, Faults, StormVenue
from tradewind.testing.virtual_time import VirtualClock, run_virtually

RECONCILE_S = 10.0
HEALING_S = 120.0


class StormResult(msgspec.Struct, frozen=True):
    """What a storm went through and came to."""

    orders: int
    fills: int
    crashes: int
    unknown: int
    state_hash: str


class Life:
    """One process between two crashes: loop, dispatch, and someone who trades."""

    def __init__(self, storm: Storm) -> None:
        self.storm = storm
        recorder = Recorder(storm.segments)
        recovered = recover(storm.journal, recorder)
        self.engine = Engine(recovered.state)
        self.epoch = storm.journal.take_over()
        self.loop = Loop(
            self.engine,
            storm.journal,
            recorder,
            clock=VirtualClock(),
            epoch=self.epoch,
            commit=self._commit,
        )
        last_check = LastCheck(asyncio.get_running_loop().time)
        last_check.begin(self.engine.state)
        self.dispatch = Dispatch(
            {"STORM": storm.venue}, self.loop.offer, deadline_s=1.0, last_check=last_check
        )
        self.loop.listeners += [last_check.on_turn, self._send]
        reconciliation = Reconciliation(
            storm.venue,
            self.loop,
            account="main",
            journal_id="storm",
            owner="person",
            clock=VirtualClock(),
            under_way=self.dispatch.under_way,
        )
        self.watch = VenueWatch(storm.venue, reconciliation, self.loop, interval_s=RECONCILE_S)
        self.open_at_start = list(recovered.state.open_orders.values())

    async def live(self, seconds: float) -> None:
        """Start as the platform does, trade, and stop wherever the crash comes."""
        for event in self._setup():
            self.loop.offer(event)
        await self.dispatch.start()
        for order in self.open_at_start:
            self.loop.offer(m.OrderUnknown(0, order.order_id, "started again"))
        running = (self.loop.run(), self.watch.run(), self._trade())
        tasks = [asyncio.create_task(one) for one in running]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.dispatch.close()
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    def _setup(self) -> list[m.ControlEvent]:
        events: list[m.ControlEvent] = [m.RunStarted(0, "storm", self.epoch, "")]
        if not self.engine.state.accounts:
            events.append(m.InstrumentListed(0, COIN))
            events.append(m.AccountOpened(0, "main", "USD"))
            limits = Limits(position_quantity=str(POSITION_MAX))
            events.append(m.LimitsChanged(0, "account:main", limits, "storm"))
            events.append(m.StrategyRegistered(0, "person", "main", "", {}))
        return events

    async def _trade(self) -> None:
        storm, chance = self.storm, self.storm.chance
        while True:
            await asyncio.sleep(chance.random() * 0.2)
            self.loop.take_rows(storm.quotes())
            storm.venue.fill_some()
            if storm.is_healing or self.watch.lost_reason:
                continue
            if chance.random() < 0.7:
                storm.order_count += 1
                order = storm.order(storm.order_count)
                await self.loop.submit(order)
                storm.acknowledged.append(order.order_id)
            elif self.engine.state.open_orders:
                name = chance.choice(list(self.engine.state.open_orders))
                await self.loop.submit(m.CancelIntended(0, "person", name))

    async def _commit(self, write: Callable[[], None]) -> None:
        slow = self.storm.chance.random() < self.storm.faults.slow_disk
        await asyncio.sleep(self.storm.chance.random() * (0.5 if slow else 0.005))
        write()

    def _send(self, turn: Turn) -> None:
        for command in turn.commands:
            self.dispatch.send(command)


class Storm:
    """Everything that outlives a crash: disk, venue, what was acknowledged."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.chance = random.Random(seed)
        self.faults = faults
        self.journal = MemoryJournal("storm")
        self.segments = MemorySegments()
        self.venue = StormVenue(self.chance, faults)
        self.acknowledged: list[str] = []
        self.order_count = 0
        self.crash_count = 0
        self.is_healing = False

    async def rage(self, orders: int) -> State:
        """Crash and recover until enough orders were wanted, then heal; the last state."""
        while self.order_count < orders:
            life = Life(self)
            seconds = self.chance.expovariate(self.faults.crash_per_s)
            await life.live(seconds)
            self._crash(life)
        self.is_healing = True
        self.venue.faults = CALM
        life = Life(self)
        await life.live(HEALING_S)
        self._judge_recovery(life)
        return life.engine.state

    def quotes(self) -> Columns:
        """One quote around the middle."""
        bid = MIDDLE + self.chance.randint(-5, 5)
        row = {"time_ns": 0, "bid": bid, "bid_size": 9, "ask": bid + 2, "ask_size": 9}
        return Columns("quotes", COIN, {name: np.array([one]) for name, one in row.items()})

    def order(self, number: int) -> m.OrderIntended:
        """A random order."""
        is_limit = self.chance.random() < 0.8
        return m.OrderIntended(
            0,
            order_id("storm", "person", number),
            "person",
            COIN.id,
            self.chance.choice((Side.BUY, Side.SELL)),
            self.chance.randint(1, 5),
            OrderType.LIMIT if is_limit else OrderType.MARKET,
            MIDDLE if is_limit else 0,
        )

    def _crash(self, life: Life) -> None:
        """Lose what was not synced; what remains must lead to the state that was durable."""
        self.crash_count += 1
        self.journal = self.journal.crash()
        self.segments = self.segments.crash()
        if self.chance.random() < 0.3:
            state = recover(self.journal, Recorder(self.segments)).state
            self.journal.take_over()
            self.journal.save_snapshot(snapshot_of(state, {}, b""))
        self._judge_recovery(life)

    def _judge_recovery(self, life: Life) -> None:
        """I1, I3, I6: all that was acknowledged is there, and every way of replay agrees."""
        recorder = Recorder(self.segments)
        state = recover(self.journal, recorder).state
        clean = recover(self.journal, recorder, before=1).state
        assert state_hash(state) == state_hash(clean), "I6: replays disagree"
        wanted = set()
        for group in self.journal.groups():
            for _, record in numbered(group):
                if isinstance(record, m.OrderIntended):
                    assert record.order_id not in wanted, "an order was wanted twice"
                    wanted.add(record.order_id)
        assert not self.venue.broken, self.venue.broken[0]
        assert set(self.acknowledged) <= wanted, "I1: an acknowledged order is lost"
        ledger = ledger_of_journal(self.journal, sink=self._weigh)
        differences = ledger_differences(ledger, state)
        assert not differences, f"I3: the ledger is not the fold of the fills: {differences[0]}"
        for account in state.accounts:
            for wallet in account.wallets.values():
                wallet.check()

    def _weigh(self, entry: Entry) -> None:
        """I3: an entry sums to zero in each currency."""
        for currency in {currency for _, currency in entry.postings}:
            postings = entry.postings.items()
            total = sum(money for (_, one), money in postings if one == currency)
            assert total == 0, f"I3: entry {entry.number} does not balance in {currency}"


def run_storm(seed: int, *, orders: int, faults: Faults | None = None) -> StormResult:
    """One history; raises AssertionError with the name of the invariant that broke.

    >>> run_storm(1, orders=30).unknown
    0
    """
    storm = Storm(seed, faults or Faults())
    state = run_virtually(storm.rage(orders))
    judge_end(storm, state)
    unknown = sum(order.state == OrderState.UNKNOWN for order in state.open_orders.values())
    return StormResult(
        storm.order_count, storm.venue.fill_count, storm.crash_count, unknown, state_hash(state)
    )


def judge_end(storm: Storm, state: State) -> None:
    """I10 and I2: healed, we and the venue agree on every order and on the position."""
    venue = storm.venue
    for order in state.orders.values():
        assert order.state != OrderState.UNKNOWN, "I10: an order is still UNKNOWN"
        assert order.filled_quantity <= order.quantity, "I9: filled more than ordered"
        at_venue = venue.filled.get(order.order_id, 0)
        assert order.filled_quantity == at_venue, f"fills of {order.order_id} differ"
        assert order.is_open == (order.order_id in venue.working), f"{order.order_id} differs"
    known = set(state.orders)
    assert set(venue.reports) <= known, "the venue has an order that we do not know"
    position = state.strategies[0].quantity(0)
    assert position == venue.position, f"I3: we hold {position}, the venue {venue.position}"
    assert state.accounts[0].home.cash == venue.money, "I3: our money is not the venue's"
    assert not state.halts, f"reconciliation halted: {state.halts}"
    assert not state.lost_venues, f"the venue is lost: {state.lost_venues}"
