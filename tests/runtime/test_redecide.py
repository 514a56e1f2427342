"""Deciding again: a paper run's journal through fresh strategies gives the journaled intents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.core.engine import Engine
from tradewind.core.snapshot import SNAPSHOT_FORMAT, state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns, concatenate
from tradewind.model.errors import Inconsistent
from tradewind.model.instruments import Instrument
from tradewind.model.market import Quote
from tradewind.model.orders import Sizing
from tradewind.ports.journal import SNAPSHOTS_KEPT, Snapshot, group_of, numbered
from tradewind.runtime.backtest import backtest
from tradewind.runtime.loop import Loop
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import SavedParts, recover, snapshot_of
from tradewind.runtime.redecide import Fresh, Redecided, redecide
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.strategy_host import attach
from tradewind.runtime.verification import JournalUntil, verify_journal
from tradewind.strategies.base import Strategy

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
SECOND_NS = 10**9


class SteppingClock:
    """Each look is a tenth of a second later."""

    def __init__(self) -> None:
        self.time_ns = SECOND_NS

    def now_ns(self) -> int:
        self.time_ns += SECOND_NS // 10
        return self.time_ns


class Dipper(Strategy):
    """Buys below a price, sells what was filled, cancels by a timer."""

    below: float = 100.0
    ticks_below: int = 0

    def on_start(self) -> None:
        self.held = 0
        self.subscribe_quotes(self.instrument)
        self.set_timer("tidy", 3 * SECOND_NS, SECOND_NS)

    def on_quote(self, quote: Quote) -> None:
        if quote.bid < self.below:
            self.buy(1, limit=self.price_below(quote.bid - self.ticks_below / 100))

    def on_fill(self, fill: object) -> None:
        self.held += 1
        self.target_position(0)

    def on_timer(self, name: str) -> None:
        self.cancel_all()


class Paper:
    """A paper run in memory: a loop, its journal, and one strategy."""

    def __init__(self) -> None:
        self.journal = MemoryJournal("j0")
        self.recorder = Recorder(MemorySegments())
        self.begin(State())

    def begin(self, state: State) -> None:
        """A process takes the journal over."""
        self.engine = Engine(state)
        self.loop = Loop(
            self.engine,
            self.journal,
            self.recorder,
            clock=SteppingClock(),
            epoch=self.journal.take_over(),
            commit=self.commit,
        )

    async def commit(self, write: Callable[[], None]) -> None:
        write()

    async def set_up(self, strategy: Strategy) -> None:
        """List, open, deposit, attach."""
        await self.step(
            m.RunStarted(0, "j0", 1, ""),
            m.InstrumentListed(0, GOOG),
            m.AccountOpened(0, "main", "USD"),
            m.CashDeposited(0, "main", "USD", 10**12),
            m.StrategyRegistered(0, "person", "main", "", {}),
        )
        self.attach(strategy)

    def attach(self, strategy: Strategy) -> None:
        """Attach the strategy."""
        attach(
            self.engine,
            strategy,
            name="dipper",
            account="main",
            instruments=[GOOG],
            sizing=Sizing.AT_FILL,
        )

    async def trade(self, strategy: Strategy) -> None:
        """Set up, then quotes, reports, timers and a person's order."""
        await self.set_up(strategy)
        await self.rows(10001, 9999, 9998, 10003)
        await self.step(m.OrderAccepted(0, "j0-dipper-1", "v1"))
        await self.step(m.OrderFilled(0, "j0-dipper-1", "f1", 9999, 1, 0, "USD", 1))
        await self.step(m.OrderIntended(0, "j0-person-1", "person", "GOOG.SIM", 1, 1))
        for number in range(30):
            await self.rows(10000 + (number * 7) % 5 - 3)

    async def step(self, *events: m.ControlEvent) -> None:
        for event in events:
            self.loop.offer(event)
        await self.loop.turn()

    async def rows(self, *bids: int) -> None:
        time_ns, count = self.engine.state.time_ns + 1, len(bids)
        arrays = {
            "time_ns": np.arange(time_ns, time_ns + count),
            "bid": np.array(bids),
            "bid_size": np.full(count, 5),
            "ask": np.array(bids) + 2,
            "ask_size": np.full(count, 5),
        }
        self.loop.offer_rows(Columns("quotes", GOOG, arrays))
        await self.loop.turn()

    def again(self, **parameters: float) -> Redecided:
        """Decide again with fresh strategies."""

        def make(registered: m.StrategyRegistered) -> Fresh | None:
            if registered.strategy == "person":
                return None
            strategy = Dipper(**(registered.parameters | parameters))
            return Fresh(strategy, [GOOG.id], Sizing.AT_FILL, saved_name="dipper")

        return redecide(self.journal, self.recorder, make)


def traded() -> Paper:
    """Return a paper run that is over."""
    paper = Paper()
    asyncio.run(paper.trade(Dipper()))
    return paper


def test_fresh_strategies_want_what_the_paper_run_wanted() -> None:
    paper = traded()
    found = paper.again()
    assert found.last == paper.journal.last_sequence
    assert found.intents > 20
    assert (found.runs, found.runs_again) == (1, 1)
    assert (found.strategies, found.changed_code) == (["dipper"], [])
    records = [record for group in paper.journal.groups() for _, record in numbered(group)]
    assert sum(isinstance(record, m.TimerFired) for record in records) > 1


def test_a_strategy_that_wants_something_else_is_named_with_the_first_record() -> None:
    paper = traded()
    with pytest.raises(Inconsistent, match=r"record \d+ of the journal is .*, deciding again"):
        paper.again(below=99.99)
    with pytest.raises(Inconsistent, match=r"is OrderIntended.*deciding again gives nothing"):
        paper.again(below=0.0)


def test_the_same_number_of_other_intents_is_found() -> None:
    with pytest.raises(Inconsistent, match=r"is OrderIntended.*again gives OrderIntended"):
        traded().again(ticks_below=1)


def test_more_wanted_than_journaled_is_found_at_the_end() -> None:
    paper = Paper()

    async def quiet() -> None:
        await paper.set_up(Dipper(below=0.0))
        await paper.rows(9999)

    asyncio.run(quiet())
    with pytest.raises(Inconsistent, match="deciding again gives OrderIntended"):
        paper.again(below=100.0)


def restarted(paper: Paper, strategy: Dipper, saved: bytes) -> None:
    """A second run on the same journal, its strategy restored; then it trades on."""
    second = Paper.__new__(Paper)
    second.journal, second.recorder = paper.journal, paper.recorder
    second.begin(recover(paper.journal, paper.recorder).state)

    async def trade() -> None:
        await second.step(m.RunStarted(0, "j0", second.journal.epoch, ""))
        second.attach(strategy)
        if saved:
            strategy.restore(msgspec.msgpack.decode(saved))
        await second.rows(9999, 10001, 9998)

    asyncio.run(trade())
    paper.engine = second.engine


def save(paper: Paper, strategy: Dipper) -> bytes:
    """Keep a snapshot of state and strategy; return what the strategy gave."""
    kept = msgspec.msgpack.encode(strategy.snapshot())
    paper.journal.save_snapshot(snapshot_of(paper.engine.state, {"dipper": kept}, b""))
    return kept


def test_a_restarted_strategy_decides_again_from_what_it_had_saved() -> None:
    paper, first = Paper(), Dipper()
    asyncio.run(paper.trade(first))
    first.below = 99.5  # what it learned, which no parameter says
    restarted(paper, Dipper(), save(paper, first))
    found = paper.again()
    assert (found.runs, found.runs_again) == (2, 2)
    assert found.last == paper.journal.last_sequence


def test_a_crash_before_the_first_snapshot_starts_strategies_afresh() -> None:
    paper = traded()
    restarted(paper, Dipper(), b"")
    assert (paper.again().runs_again, paper.again().last) == (2, paper.journal.last_sequence)


def test_a_run_whose_first_snapshot_is_gone_is_taken_as_it_is() -> None:
    paper, first = Paper(), Dipper()
    asyncio.run(paper.trade(first))
    first.below = 99.5
    second = Dipper()
    restarted(paper, second, save(paper, first))
    for _ in range(SNAPSHOTS_KEPT):
        paper.engine.step(m.ClockTicked(paper.engine.state.time_ns))
        journal_what_was_stepped(paper)
        save(paper, second)
    found = paper.again()
    assert (found.runs, found.runs_again) == (2, 1)
    assert found.last == paper.journal.last_sequence


def journal_what_was_stepped(paper: Paper) -> None:
    """Append a group with the records that the engine holds."""
    journal, state = paper.journal, paper.engine.state
    records = paper.engine.take_records()[1]
    after = journal.last_sequence
    group = group_of(records, after_sequence=after, epoch=journal.epoch, time_ns=state.time_ns)
    journal.append(group)


def test_other_code_is_named() -> None:
    paper = Paper()

    class Other(Dipper):
        """The same decisions, another source."""

    asyncio.run(paper.trade(Other()))
    assert paper.again().changed_code == ["dipper"]


def test_a_journal_is_folded_from_its_start_and_from_a_snapshot_to_the_same_state() -> None:
    paper = traded()
    paper.journal.save_snapshot(snapshot_of(paper.engine.state, {}, b""))
    saved = paper.engine.state.sequence
    asyncio.run(paper.rows(9999, 10001))
    found = verify_journal(paper.journal, paper.recorder)
    assert (found.snapshot, found.folded_from) == (saved, 0)
    assert found.state_hash == state_hash(paper.engine.state)
    assert found.verified.last == paper.journal.last_sequence


def test_a_snapshot_that_leads_elsewhere_is_found() -> None:
    paper = traded()
    other = traded()
    other.engine.state.anomalies["invented"] = 1
    paper.journal.save_snapshot(snapshot_of(other.engine.state, {}, b""))
    with pytest.raises(Inconsistent, match="restore the last backup"):
        verify_journal(paper.journal, paper.recorder)


def of_another_version(paper: Paper) -> Snapshot:
    """A snapshot of now whose state no version here can read."""
    whole = snapshot_of(paper.engine.state, {"dipper": b"kept"}, b"")
    saved = msgspec.msgpack.decode(whole.body, type=SavedParts)
    state = msgspec.msgpack.decode(saved.state)
    state[0] = SNAPSHOT_FORMAT + 1
    body = msgspec.structs.replace(saved, state=msgspec.msgpack.encode(state))
    return msgspec.structs.replace(whole, body=msgspec.msgpack.encode(body))


def test_a_snapshot_of_another_format_costs_only_the_time_to_fold_again() -> None:
    paper = traded()
    paper.journal.save_snapshot(of_another_version(paper))
    found = recover(paper.journal, paper.recorder)
    assert state_hash(found.state) == state_hash(paper.engine.state)
    assert found.folded == paper.engine.state.sequence
    assert found.strategies == {"dipper": b"kept"}


def test_a_pruned_journal_under_snapshots_of_another_format_names_who_wrote_them() -> None:
    paper = traded()
    for _ in range(2):
        asyncio.run(paper.rows(9999, 10001))
        paper.journal.save_snapshot(of_another_version(paper))
    paper.journal.prune(paper.journal.last_sequence)
    assert paper.journal.first_sequence > 1
    with pytest.raises(Inconsistent, match="start the version that wrote them"):
        recover(paper.journal, paper.recorder)


def test_what_is_written_meanwhile_does_not_disturb_a_reader() -> None:
    paper = traded()
    before = state_hash(paper.engine.state)
    ended = JournalUntil(paper.journal, paper.journal.last_sequence)
    asyncio.run(paper.rows(9999, 10001))
    paper.journal.save_snapshot(snapshot_of(paper.engine.state, {}, b""))
    assert ended.latest_snapshot() is None
    assert state_hash(recover(ended, paper.recorder).state) == before


def test_a_pruned_journal_is_folded_from_its_oldest_snapshot() -> None:
    paper = traded()
    saved = []
    for _ in range(3):
        paper.journal.save_snapshot(snapshot_of(paper.engine.state, {}, b""))
        saved.append(paper.engine.state.sequence)
        asyncio.run(paper.rows(9999, 10001))
    assert paper.journal.prune(saved[-1]) > 0
    found = verify_journal(paper.journal, paper.recorder)
    assert (found.snapshot, found.folded_from) == (saved[2], saved[1])
    again = paper.again()
    assert (again.last, again.runs) == (paper.journal.last_sequence, 0)
    restarted(paper, Dipper(), b"")
    again = paper.again()
    assert (again.runs, again.runs_again, again.strategies) == (1, 1, ["dipper"])


class Signal(Strategy):
    """Wants a position by the last two bids, and keeps when and what it wanted."""

    def on_start(self) -> None:
        self.wanted: list[tuple[int, int]] = []
        self.last = 0.0
        self.subscribe_quotes(self.instrument)

    def on_quote(self, quote: Quote) -> None:
        side = 1 if quote.bid > self.last else -1
        self.last = quote.bid
        self.wanted.append((self.time_ns, side))
        self.target_position(side)


def test_a_backtest_and_a_paper_run_decide_alike_on_the_same_rows() -> None:
    paper, on_paper = Paper(), Signal()

    async def trade() -> None:
        await paper.set_up(on_paper)
        for number in range(20):
            await paper.rows(10000 + (number * 7) % 5, 10000 + (number * 3) % 4)

    asyncio.run(trade())
    rows = [
        paper.recorder.read(record)
        for group in paper.journal.groups()
        for _, record in numbered(group)
        if isinstance(record, m.MarketRecorded)
    ]
    tested = Signal()
    result = backtest(tested, data=[concatenate(rows)])
    assert tested.wanted == on_paper.wanted
    assert len(on_paper.wanted) == 40
    assert result.order_count > 0
