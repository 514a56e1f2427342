"""A trading core and its signal-bridges in memory, moved on by hand: no clock, no process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import numpy as np

from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.adapters.memory.link import MemoryExchange, MemoryLine
from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.market import Quote
from tradewind.model.orders import Sizing
from tradewind.ports.journal import numbered
from tradewind.runtime.followed_recorder import FollowedRecorder
from tradewind.runtime.leases import LEASE_S, Loan
from tradewind.runtime.lender import FIRST_LOOK_S, Lender
from tradewind.runtime.loop import Loop
from tradewind.runtime.recovery import recover
from tradewind.runtime.redecide import IN_BRIDGES
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.signal_bridge import SignalBridge
from tradewind.runtime.strategy_host import attach
from tradewind.strategies.base import Strategy

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
SECOND_NS = 10**9
QUIET_MIN = 4
"""Rounds in which nothing came of anything, until nothing more will."""
DECIDED = (
    *m.Intent.__args__,
    m.StrategyStopped,
    m.SubmitOrder,
    m.CancelOrder,
    m.OrderDenied,
    m.OrderAccepted,
    m.OrderFilled,
    m.OrderCanceled,
    m.TimerFired,
)
"""Records that tell what was decided and what became of it."""


class Dipper(Strategy):
    """Buys below a price, sells what was filled, cancels by a timer, counts."""

    below: float = 100.0
    fails_at: int = 0

    def on_start(self) -> None:
        self.held = 0
        self.seen = 0
        self.subscribe_quotes(self.instrument)
        self.set_timer("tidy", 3 * SECOND_NS, SECOND_NS)

    def on_quote(self, quote: Quote) -> None:
        self.seen += 1
        if self.seen == self.fails_at:
            raise ValueError("that was one too many")
        if quote.bid < self.below:
            self.buy(1, limit=self.price_below(quote.bid))

    def on_fill(self, fill: object) -> None:
        self.held += 1
        self.target_position(0)

    def on_timer(self, name: str) -> None:
        self.cancel_all()

    def on_stop(self) -> None:
        self.cancel_all()


class Bridge:
    """One signal-bridge; `is_alive` False is one that was killed, `is_frozen` one that waits."""

    def __init__(self, core: SplitCore, name: bytes) -> None:
        self._core = core
        self.made: list[Strategy] = []
        self.is_frozen = False
        self.line = MemoryLine(core.exchange, name)
        self.bridge = SignalBridge(self.line, self._make, lambda: core.now_s)

    def _make(self, name: str, parameters: dict[str, str]) -> Strategy:
        self.made.append(self._core.make(parameters))
        return self.made[-1]

    def kill(self) -> None:
        """Be there no more."""
        self.is_frozen = self.line.is_cut = True


class SplitCore:
    """A journal, the process of the core that has it, and bridges."""

    def __init__(
        self,
        room: int = 1_000,
        instrument: Instrument = GOOG,
        make: Callable[[dict[str, str]], Strategy] = lambda parameters: Dipper(**parameters),
    ) -> None:
        self.instrument = instrument
        self.make = make
        self.clock_ns = 0
        self.program = f"tradewind{IN_BRIDGES}"
        self.journal = MemoryJournal("j0")
        self.exchange = MemoryExchange(room)
        self.segments = MemorySegments()
        self.bridges: list[Bridge] = []
        self.now_ms = 0
        self.quotes = 0
        self.begin(State())

    @property
    def now_s(self) -> float:
        """A clock that only goes on."""
        return self.now_ms / 1000

    def now_ns(self) -> int:
        """The clock of the core."""
        return self.clock_ns or SECOND_NS + self.now_ms * 1_000_000

    def begin(self, state: State) -> None:
        """A process takes the journal over."""
        self.epoch = self.journal.take_over()
        self.engine = Engine(state)
        recorder = FollowedRecorder(self.segments)
        self.loop = Loop(
            self.engine,
            self.journal,
            recorder,
            clock=self,
            epoch=self.epoch,
            commit=self._commit,
        )
        self.lender = Lender(
            self.loop, recorder, self.exchange, session=self.epoch, now_s=lambda: self.now_s
        )
        self.loop.listeners.append(self.lender.on_turn)

    async def _commit(self, write: Callable[[], None]) -> None:
        write()

    async def set_up(self, *, strategies: int = 1, bridges: int = 1, **parameters: str) -> None:
        """Open an account, register strategies, and let bridges have them."""
        await self._open()
        self.lend(strategies, parameters)
        for _ in range(bridges):
            self.join()
        await self.wait(FIRST_LOOK_S + 0.3)

    async def set_up_alone(self) -> Strategy:
        """The same with the strategy in the core's own process."""
        await self._open()
        strategy = self.make({})
        attach(self.engine, strategy, name="dipper0", account="main", instruments=[self.instrument],
               sizing=Sizing.AT_FILL)  # fmt: skip
        await self.wait(FIRST_LOOK_S + 0.3)
        return strategy

    async def _open(self) -> None:
        await self.step(
            m.RunStarted(0, "j0", self.epoch, self.program),
            m.InstrumentListed(0, self.instrument),
            m.AccountOpened(0, "main", self.instrument.currency),
            m.CashDeposited(0, "main", self.instrument.currency, 10**13),
        )

    def lend(self, strategies: int, parameters: dict[str, str]) -> None:
        """Register strategies and have them lent."""
        for number in range(strategies):
            name, time_ns = f"dipper{number}", self.engine.state.time_ns
            if name not in self.engine.state.strategy_numbers:
                self.engine.step(
                    m.StrategyRegistered(
                        time_ns,
                        name,
                        "main",
                        "",
                        parameters,
                        (self.instrument.id,),
                    )
                )
            self.lender.lend(Loan(name, "dipper", dict(parameters), [self.instrument.id]))

    def join(self) -> Bridge:
        """One more bridge."""
        bridge = Bridge(self, b"bridge %d" % len(self.bridges))
        self.bridges.append(bridge)
        return bridge

    def running(self) -> Bridge:
        """The bridge that lives and runs a strategy."""
        return next(one for one in self.bridges if one.bridge.strategies and not one.is_frozen)

    async def restart(self) -> None:
        """The core's process dies, and another one recovers what is durable."""
        recorder = FollowedRecorder(self.segments)
        self.exchange.coming.clear()
        for bridge in self.bridges:
            bridge.line.coming.clear()
        self.begin(recover(self.journal, recorder).state)
        await self.step(m.RunStarted(0, "j0", self.epoch, ""))
        self.lend(1, {})

    async def step(self, *events: m.ControlEvent) -> None:
        """Step events, and let all hear of it."""
        for event in events:
            self.loop.offer(event)
        await self.settle()

    async def quote(self, *bids: int) -> None:
        """Quotes of now, each behind the other, and all that comes of them."""
        self.loop.offer_rows(self.quotes_of(*bids))
        await self.settle()

    def quotes_of(self, *bids: int) -> Columns:
        """Quotes of now, each behind the other."""
        count = len(bids)
        arrays = {
            "time_ns": np.full(count, self.now_ns()),
            "bid": np.array(bids),
            "bid_size": np.full(count, 5),
            "ask": np.array(bids) + 2,
            "ask_size": np.full(count, 5),
        }
        return Columns("quotes", self.instrument, arrays)

    async def trade(self, count: int) -> None:
        """Quotes up and down a tenth of a second apart; orders are accepted, a third filled."""
        for _ in range(count):
            self.now_ms += 100
            await self.settle()  # what is due comes first, in a turn of its own
            self.quotes += 1
            bid = 9_995 + self.quotes * 7 % 11
            await self.quote(bid)
            for order in list(self.engine.state.open_orders.values()):
                number = int(order.order_id.rpartition("-")[2], 36)
                if not order.venue_order_id:
                    await self.step(m.OrderAccepted(0, order.order_id, f"v{number}"))
                elif number % 3 == 0:
                    price, quantity = order.limit_price or bid, order.quantity
                    filled = m.OrderFilled(
                        0, order.order_id, f"f{order.order_id}", price, quantity, 0, "USD", 1
                    )
                    await self.step(filled)

    async def wait(self, seconds: float) -> None:
        """Let time pass, a twentieth of a second at a time."""
        for _ in range(round(seconds / 0.05)):
            self.now_ms += 50
            self.beat()
            await self.settle()

    def beat(self) -> None:
        """Let all look at their clocks."""
        self.lender.look()
        for bridge in self.bridges:
            if not bridge.is_frozen:
                bridge.bridge.look()

    async def settle(self) -> None:
        """Turn and deliver until nothing more comes of it."""
        taking = asyncio.create_task(self.lender.take_wishes())
        quiet = 0
        while quiet < QUIET_MIN:
            before = self.engine.state.sequence
            is_coming = bool(self.exchange.coming) or any(
                bridge.line.coming for bridge in self.bridges if not bridge.is_frozen
            )
            self.exchange.deliver(self.lender.take)
            for bridge in self.bridges:
                if not bridge.is_frozen:
                    bridge.line.deliver(bridge.bridge.take)
            await self.loop.turn()
            await asyncio.sleep(0)
            is_still = not is_coming and self.engine.state.sequence == before
            quiet = quiet + 1 if is_still else 0
        taking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await taking

    async def let_lease_end(self) -> None:
        """Be silent for longer than a lease."""
        await self.wait(LEASE_S + 0.2)

    def records(self) -> list[m.Record]:
        """All that is durable."""
        return [record for group in self.journal.groups() for _, record in numbered(group)]

    def decided(self) -> list[m.Record]:
        """What was decided and what became of it."""
        return [record for record in self.records() if isinstance(record, DECIDED)]

    def ids(self) -> list[int]:
        """The numbers in the ids of what strategies wanted, as journaled."""
        return list(self._numbers())

    def _numbers(self) -> Iterator[int]:
        for record in self.records():
            if isinstance(record, m.OrderIntended | m.TargetIntended):
                yield int(record.order_id.rpartition("-")[2], 36)
