"""A whole engine in memory over the paper venue, reconciled, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from tradewind.adapters.local.trading import PaperTrading
from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.runtime.acceptance import find_fill
from tradewind.runtime.dispatch import Dispatch
from tradewind.runtime.loop import Loop, Turn
from tradewind.runtime.payment_search import find_posted
from tradewind.runtime.reconciliation import Reconciliation
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.venue_watch import VenueWatch
from tradewind.sim.venue import SimulatedVenue
from tradewind.testing.virtual_time import VirtualClock, run_virtually

COIN = Instrument("COIN/USD.SIM", tick="0.01", lot="1")
CASH = 10**10

Scenario = Callable[["VenueEngine"], Awaitable[None]]


class VenueEngine:
    """Loop, dispatch, paper venue and reconciliation; `turn` lets everything happen."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.records: list[m.Record] = []
        journal = self._journal = MemoryJournal("j0")
        epoch = journal.take_over()
        self.loop = Loop(
            Engine(State()),
            journal,
            Recorder(MemorySegments()),
            clock=self.clock,
            epoch=epoch,
            commit=self._commit,
        )
        self.paper = PaperTrading("SIM", SimulatedVenue(), clock=self.clock, session="1")
        self.paper.list_instruments([COIN])
        self.paper.open_account({"USD": CASH}, {(COIN.id, Leg.NET): 3})
        self.dispatch = Dispatch({"SIM": self.paper}, self.loop.offer)
        self.loop.listeners.append(self._on_turn)
        self.reconciliation = Reconciliation(
            self.paper,
            self.loop,
            account="main",
            journal_id="j0",
            owner="person",
            clock=self.clock,
            find_fill=self._find_fill,
            find_posted=self._find_posted,
            under_way=self.dispatch.under_way,
        )
        self.watch = VenueWatch(self.paper, self.reconciliation, self.loop)

    @property
    def state(self) -> State:
        return self.loop.engine.state

    async def start(self) -> None:
        """Set up, and leave the venue to be reconciled."""
        for event in (
            m.RunStarted(0, "j0", 1, ""),
            m.InstrumentListed(0, COIN),
            m.AccountOpened(0, "main", "USD"),
            m.LimitsChanged(0, "account:main", Limits(position_quantity="50"), "test"),
            m.StrategyRegistered(0, "person", "main", "", {}),
        ):
            self.loop.offer(event)
        await self.loop.turn()
        await self.dispatch.start()
        self.quote(100, 102)
        await self.loop.turn()

    def quote(self, bid: int, ask: int) -> None:
        """A quote for the engine and for the paper venue."""
        row = {"time_ns": self.clock.now_ns(), "bid": bid, "bid_size": 9, "ask": ask, "ask_size": 9}
        columns = Columns("quotes", COIN, {name: np.array([one]) for name, one in row.items()})
        self.loop.offer_rows(columns)
        self.paper.on_rows(columns)

    async def order(self, number: int, price: int) -> str:
        """A limit order to buy one, as a person would place it."""
        name = f"j0-person-{number}"
        event = m.OrderIntended(0, name, "person", COIN.id, Side.BUY, 1, OrderType.LIMIT, price)
        self.loop.offer(event)
        await self.loop.turn()
        await asyncio.sleep(0.1)
        await self.loop.turn()
        return name

    def told(self, kind: type[m.TimedMessage] = m.VenueDiffered) -> list[m.TimedMessage]:
        """The records of a kind, oldest first."""
        return [one for one in self.records if isinstance(one, kind)]

    async def _find_fill(self, order_id: str, fill_id: str) -> m.OrderFilled | None:
        return find_fill(self._journal, order_id, fill_id)

    async def _find_posted(self, references: frozenset[str]) -> frozenset[str]:
        return find_posted(self._journal, references)

    async def _commit(self, write: Callable[[], None]) -> None:
        write()

    def _on_turn(self, turn: Turn) -> None:
        self.records += turn.records
        for command in turn.commands:
            self.dispatch.send(command)


def placed(name: str, price: int) -> m.SubmitOrder:
    """An order that reaches the venue without the engine."""
    return m.SubmitOrder(
        0, name, "main", "SIM", COIN.id, Side.BUY, 1, OrderType.LIMIT, price, 0,
        TimeInForce.GTC, OrderFlag.NONE, 0, Leg.NET,
    )  # fmt: skip


def through(scenario: Scenario) -> VenueEngine:
    """Start, reconcile for the first time, then play the scenario."""

    async def play() -> VenueEngine:
        engine = VenueEngine()
        await engine.start()
        await engine.watch.check()
        await engine.loop.turn()
        await scenario(engine)
        await engine.dispatch.close()
        return engine

    return run_virtually(play())


def kinds(engine: VenueEngine) -> list[str]:
    """Of the differences that were told, oldest first."""
    return [one.kind for one in engine.told() if isinstance(one, m.VenueDiffered)]
