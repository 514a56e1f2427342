"""The loop: journaled before it acts, rows in pieces, recovery to the same state."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from tradewind.adapters.memory.journal import Fault, MemoryJournal
from tradewind.core.engine import Engine
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.market import Quote
from tradewind.model.orders import Side, Sizing
from tradewind.ports.journal import JournalBroken
from tradewind.ports.platform import Clock
from tradewind.runtime.loop import BATCHES_WAITING_MAX, Loop, Turn
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover, snapshot_of
from tradewind.runtime.segments import MemorySegments
from tradewind.runtime.strategy_host import attach
from tradewind.strategies.base import Strategy
from tradewind.testing.virtual_time import VirtualClock, run_virtually

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")


class StandingClock:
    def __init__(self) -> None:
        self.time_ns = 1_000

    def now_ns(self) -> int:
        return self.time_ns


class Shell:
    """A loop with everything in memory, and what it told its listeners."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.standing = StandingClock()
        self.clock = clock or self.standing
        self.journal = MemoryJournal("j0")
        self.segments = MemorySegments()
        self.recorder = Recorder(self.segments)
        self.engine = Engine(State())
        self.loop = Loop(
            self.engine,
            self.journal,
            self.recorder,
            clock=self.clock,
            epoch=self.journal.take_over(),
            commit=self.commit,
        )
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.turns: list[Turn] = []
        self.loop.listeners.append(self.turns.append)
        self.loop.offer(m.RunStarted(0, "j0", 1, ""))
        self.loop.offer(m.InstrumentListed(0, GOOG))
        self.loop.offer(m.AccountOpened(0, "main", "USD"))
        self.loop.offer(m.CashDeposited(0, "main", "USD", 10**12))
        self.loop.offer(m.StrategyRegistered(0, "manual", "main", "", {}))

    async def commit(self, write: Callable[[], None]) -> None:
        await self.go_on.wait()
        write()

    async def start(self, strategy: Strategy) -> None:
        await self.loop.turn()
        attach(
            self.engine,
            strategy,
            name="quoter",
            account="main",
            instruments=[GOOG],
            sizing=Sizing.AT_FILL,
        )

    def recovered_hash(self) -> str:
        return state_hash(recover(self.journal, self.recorder).state)


def quotes(*bids: int, time_ns: int = 2_000) -> Columns:
    count = len(bids)
    arrays = {
        "time_ns": np.arange(time_ns, time_ns + count),
        "bid": np.array(bids),
        "bid_size": np.full(count, 5),
        "ask": np.array(bids) + 2,
        "ask_size": np.full(count, 5),
    }
    return Columns("quotes", GOOG, arrays)


class BuysBelow(Strategy):
    def on_start(self) -> None:
        self.subscribe_quotes(self.instrument)

    def on_quote(self, quote: Quote) -> None:
        if quote.bid < 100:
            self.buy(1, limit=quote.bid)


def order(number: int) -> m.OrderIntended:
    return m.OrderIntended(0, f"j0-manual-{number}", "manual", "GOOG.SIM", Side.BUY, 1)


def test_commands_are_told_behind_the_commit_of_what_caused_them() -> None:
    async def scenario() -> None:
        shell = Shell()
        await shell.loop.turn()
        shell.loop.offer_rows(quotes(10000))
        shell.loop.offer(order(1))
        seen: list[int] = []
        shell.loop.listeners.append(lambda turn: seen.append(shell.journal.last_sequence))
        await shell.loop.turn()
        (turn,) = shell.turns[1:]
        assert [type(command).__name__ for command in turn.commands] == ["SubmitOrder"]
        assert seen == [turn.group.last]

    asyncio.run(scenario())


def test_rows_that_come_to_an_idle_loop_are_durable_and_acted_on_when_the_call_returns() -> None:
    async def scenario() -> None:
        shell = Shell()
        await shell.start(BuysBelow())
        running = asyncio.create_task(shell.loop.run())
        await asyncio.sleep(0.001)
        shell.loop.take_rows(quotes(9999))
        (command,) = shell.turns[-1].commands
        assert isinstance(command, m.SubmitOrder)
        assert shell.journal.last_sequence == shell.turns[-1].group.last
        assert shell.recovered_hash() == state_hash(shell.engine.state)
        shell.loop.stop()
        await running

    asyncio.run(scenario())


def test_rows_that_come_during_a_commit_are_one_group_behind_it() -> None:
    async def scenario() -> None:
        shell = Shell()
        await shell.start(BuysBelow())
        await shell.loop.turn()
        shell.go_on.clear()
        running = asyncio.create_task(shell.loop.run())
        await asyncio.sleep(0.001)
        before = len(shell.turns)
        for number in range(3):
            shell.loop.take_rows(quotes(9999, time_ns=3_000 + number))
        assert len(shell.turns) == before
        shell.go_on.set()
        while len(shell.turns) < before + 2:
            await asyncio.sleep(0.001)
        counts = [len(turn.commands) for turn in shell.turns[before:]]
        assert counts == [1, 2]
        shell.loop.stop()
        await running

    asyncio.run(scenario())


def test_a_commit_that_fails_in_the_callers_turn_ends_the_loop_and_not_the_caller() -> None:
    async def scenario(fault: Fault) -> None:
        shell = Shell()
        await shell.start(BuysBelow())
        running = asyncio.create_task(shell.loop.run())
        await asyncio.sleep(0.001)
        before = len(shell.turns)
        shell.journal.fail_next(fault)
        shell.loop.take_rows(quotes(9999))
        shell.loop.take_rows(quotes(9998))
        with pytest.raises(JournalBroken):
            await running
        assert len(shell.turns) == before

    asyncio.run(scenario("fsync"))


class SetsTimer(Strategy):
    def on_start(self) -> None:
        self.subscribe_quotes(self.instrument)
        self.fired = False

    def on_quote(self, quote: Quote) -> None:
        self.set_timer("soon", quote.time_ns + 10_000_000)

    def on_timer(self, name: str) -> None:
        self.fired = True


def test_a_timer_set_in_the_callers_turn_fires_when_it_is_due() -> None:
    async def scenario() -> int:
        shell, strategy = Shell(VirtualClock()), SetsTimer()
        await shell.start(strategy)
        running = asyncio.create_task(shell.loop.run())
        await asyncio.sleep(0.1)
        start_ns = shell.clock.now_ns()
        shell.loop.take_rows(quotes(9999, time_ns=start_ns))
        while not strategy.fired:
            await asyncio.sleep(0.001)
        shell.loop.stop()
        await running
        return VirtualClock().now_ns() - start_ns

    assert run_virtually(scenario()) <= 12_000_000


def test_a_batch_is_kept_in_the_pieces_between_its_decisions_and_recovers_alike() -> None:
    async def scenario() -> None:
        shell = Shell()
        await shell.start(BuysBelow())
        shell.loop.offer_rows(quotes(10001, 9999, 9998, 10003, 10004))
        await shell.loop.turn()
        records = shell.turns[-1].records
        counts = [record.count for record in records if isinstance(record, m.MarketRecorded)]
        assert counts == [2, 1, 2]
        assert shell.recovered_hash() == state_hash(shell.engine.state)

    asyncio.run(scenario())


def test_recovery_from_a_snapshot_gives_the_state_of_a_clean_replay() -> None:
    async def scenario() -> None:
        shell = Shell()
        await shell.start(BuysBelow())
        shell.loop.offer_rows(quotes(9999))
        await shell.loop.turn()
        saved = snapshot_of(shell.engine.state, {}, b"")
        shell.journal.save_snapshot(saved)
        shell.loop.offer_rows(quotes(9997, time_ns=3_000))
        await shell.loop.turn()
        whole = recover(shell.journal, shell.recorder, before=saved.sequence)
        tail = recover(shell.journal, shell.recorder)
        assert tail.folded < whole.folded
        assert state_hash(tail.state) == state_hash(whole.state) == state_hash(shell.engine.state)

    asyncio.run(scenario())


def test_a_crash_behind_any_turn_recovers_what_was_committed_and_nothing_else() -> None:
    async def scenario() -> None:
        shell = Shell()
        await shell.start(BuysBelow())
        hashes = []
        for number in range(20):
            shell.loop.offer_rows(quotes(10000 + (number * 7) % 5 - 3, time_ns=3_000 + number))
            if number % 3 == 0:
                shell.loop.offer(m.OrderAccepted(0, "j0-quoter-1", "v1"))
            await shell.loop.turn()
            hashes.append((shell.engine.state.sequence, state_hash(shell.engine.state)))
            crashed = shell.journal.crash()
            recorder = Recorder(shell.segments.crash())
            state = recover(crashed, recorder).state
            assert (state.sequence, state_hash(state)) == hashes[-1]

    asyncio.run(scenario())


def test_what_cannot_be_made_durable_is_not_acknowledged_and_ends_the_loop() -> None:
    async def scenario() -> None:
        shell = Shell()
        await shell.loop.turn()
        shell.journal.fail_next("fsync")
        asking = asyncio.create_task(shell.loop.submit(order(1)))
        await asyncio.sleep(0)
        with pytest.raises(JournalBroken):
            await shell.loop.turn()
        with pytest.raises(JournalBroken):
            await asking
        assert len(shell.turns) == 1

    asyncio.run(scenario())


def test_a_full_disk_halts_all_from_the_reserve() -> None:
    async def scenario() -> None:
        shell = Shell()
        await shell.loop.turn()
        shell.journal.fail_next("full")
        shell.loop.offer(order(1))
        await shell.loop.turn()
        await shell.loop.turn()
        assert "all" in shell.engine.state.halts
        assert shell.recovered_hash() == state_hash(shell.engine.state)

    asyncio.run(scenario())


def test_batches_beyond_the_bound_drop_the_oldest_quotes_and_are_counted() -> None:
    shell = Shell()
    for _ in range(BATCHES_WAITING_MAX):
        shell.loop.offer_rows(quotes(10000))
    assert shell.loop.dropped_batches == 0
    shell.loop.offer_rows(quotes(10000))
    assert shell.loop.dropped_batches == 1


def test_time_never_goes_back_when_the_clock_does() -> None:
    async def scenario() -> None:
        shell = Shell()
        shell.loop.offer_rows(quotes(10000, time_ns=9_000))
        await shell.loop.turn()
        shell.standing.time_ns = 500
        shell.loop.offer(order(1))
        await shell.loop.turn()
        assert shell.engine.state.time_ns >= 9_000
        assert shell.recovered_hash() == state_hash(shell.engine.state)

    asyncio.run(scenario())


def test_an_event_that_cannot_be_is_refused_to_who_asked_and_nothing_changes() -> None:
    async def scenario() -> None:
        shell = Shell()
        await shell.loop.turn()
        before = state_hash(shell.engine.state)
        nobodys = m.CashDeposited(0, "nobody", "USD", 1)
        asking = asyncio.create_task(shell.loop.submit(nobodys))
        shell.loop.offer(nobodys)
        await asyncio.sleep(0)
        await shell.loop.turn()
        with pytest.raises(UserError, match="nobody"):
            await asking
        assert len(shell.loop.refused) == 1
        assert state_hash(shell.engine.state) == before

    asyncio.run(scenario())


def test_a_turn_whose_caller_is_called_off_is_journaled_to_its_end() -> None:
    """A task that is canceled in the middle of a commit once left its records unjournaled."""

    async def scenario() -> Shell:
        shell = Shell()
        writing = asyncio.Event()

        async def slowly(write: Callable[[], None]) -> None:
            writing.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            write()

        shell.loop._commit = slowly
        caller = asyncio.create_task(shell.loop.turn())
        await writing.wait()
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        shell.loop.offer(m.CashDeposited(0, "main", "USD", 1))
        await shell.loop.turn()
        return shell

    shell = asyncio.run(scenario())
    assert len(shell.turns) == 2
    recovered = recover(shell.journal, shell.recorder).state
    assert state_hash(recovered) == state_hash(shell.engine.state)


def test_how_long_a_turn_took_counts_from_what_came_in_first_to_its_commit() -> None:
    """The slow commit of one turn is in its own latency, and in that of what waited for it."""

    async def scenario() -> None:
        shell = Shell()
        await shell.loop.turn()
        messages, orders = shell.loop.latencies
        before = messages.metric().value
        shell.loop.offer_rows(quotes(10000))
        shell.clock.time_ns += 40_000_000
        shell.loop.offer(order(1))
        shell.clock.time_ns += 10_000_000
        await shell.loop.turn()
        assert round(messages.metric().value - before, 6) == 0.05
        counted = dict(orders.metric().buckets)
        assert (counted["0.035"], counted["0.05"]) == (0.0, 1.0)

    asyncio.run(scenario())


def test_what_belongs_together_is_stepped_in_one_turn_or_not_at_all() -> None:
    """An entry whose exit cannot be must not stay alone."""

    async def scenario() -> None:
        shell = Shell()
        await shell.loop.turn()
        before = state_hash(shell.engine.state)
        nobodys = m.CashDeposited(0, "nobody", "USD", 1)
        asking = asyncio.create_task(shell.loop.submit(order(1), nobodys))
        await asyncio.sleep(0)
        await shell.loop.turn()
        with pytest.raises(UserError, match="nobody"):
            await asking
        assert state_hash(shell.engine.state) == before

    asyncio.run(scenario())
