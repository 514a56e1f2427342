"""Deciding again: the journaled events through fresh strategies must give the journaled intents.

Whatever mode wrote the journal, an engine that gets the same events in the same order, with the
same strategies attached at the same places, has to want and to decide the same. This is how
backtest, paper and live are held to each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import msgspec

from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.core.view import View
from tradewind.model import messages as m
from tradewind.model.errors import Inconsistent
from tradewind.model.orders import Sizing
from tradewind.ports.journal import JournalReader, numbered, width
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.strategy_host import begin, code_hash
from tradewind.strategies.base import Strategy

INTENTS = (m.OrderIntended, m.TargetIntended, m.CancelIntended, m.AmendIntended, m.TimerSet)


class Fresh(msgspec.Struct, frozen=True):
    """A strategy as its run made it: with these instruments and this sizing."""

    strategy: Strategy
    instruments: list[str]
    sizing: Sizing


Make = Callable[[m.StrategyRegistered], Fresh | None]
"""A fresh strategy for a registration; None where intents came from outside, as a person's do."""


class Redecided(msgspec.Struct):
    """What was compared: `records` of the first run up to `last`, `intents` among them.

    `is_whole` is false where the journal has further runs: their strategies began with what they
    had saved, which is not in the journal. `changed_code` names strategies whose source is another
    one now.
    """

    records: int = 0
    intents: int = 0
    last: int = 0
    is_whole: bool = True
    strategies: list[str] = []
    changed_code: list[str] = []


def redecide(journal: JournalReader, recorder: Recorder, make: Make) -> Redecided:
    """Decide the journal's first run again; `Inconsistent` at the first record that differs."""
    again = Redecider(Engine(State()), recorder, make)
    for group in journal.groups(0):
        for number, record in numbered(group):
            if isinstance(record, m.RunStarted) and again.found.records:
                again.found.is_whole = False
                return again.finish()
            again.take(number, record)
    return again.finish()


class Redecider:
    """Feeds inputs to an engine and compares all it makes of them with what was journaled."""

    def __init__(self, engine: Engine, recorder: Recorder, make: Make) -> None:
        self.found = Redecided()
        self._engine = engine
        self._recorder = recorder
        self._make = make
        self._made: deque[tuple[int, m.Record]] = deque()

    def take(self, number: int, record: m.Record) -> None:
        """The next journaled record: one that was made again, or an input."""
        if not self._made:
            self._step(record)
            self._made.extend(zip(*self._engine.take_records(), strict=True))
        if not isinstance(record, m.MarketRecorded):
            self._compare(number, record)
        self.found.records += 1
        self.found.intents += isinstance(record, INTENTS)
        self.found.last = number + width(record) - 1

    def finish(self) -> Redecided:
        """The counts; `Inconsistent` where more was wanted than was journaled."""
        if self._made:
            raise _differs(self.found.last + 1, None, self._made[0][1])
        return self.found

    def _step(self, record: m.Record) -> None:
        if isinstance(record, m.MarketRecorded):
            columns = self._recorder.read(record)
            if columns.kind == "bars":
                self._engine.run_closes(columns)
            else:
                self._engine.run(columns)
        elif isinstance(record, m.TimerFired):
            self._engine.advance(record.time_ns)
        elif not isinstance(record, DECISIONS) and not self._is_own(record):
            self._engine.step(record)
            if isinstance(record, m.StrategyRegistered):
                self._attach(record)

    def _compare(self, number: int, record: m.Record) -> None:
        if not self._made:
            raise _differs(number, record, None)
        made_number, made = self._made.popleft()
        if made != record or made_number != number:
            raise _differs(number, record, made)

    def _is_own(self, record: m.Record) -> bool:
        """Whether a record can only come from a strategy that decides again."""
        return (
            isinstance(record, (*INTENTS, m.StrategyStopped))
            and record.strategy in self.found.strategies
        )

    def _attach(self, registered: m.StrategyRegistered) -> None:
        fresh = self._make(registered)
        if fresh is None:
            return
        self.found.strategies.append(registered.strategy)
        if code_hash(fresh.strategy) != registered.code:
            self.found.changed_code.append(registered.strategy)
        engine = self._engine
        book = engine.state.strategy(registered.strategy)
        instruments = [engine.state.market(name).instrument for name in fresh.instruments]
        fresh.strategy.attach(View(engine, book, sizing=fresh.sizing), instruments)
        begin(engine, book.index, fresh.strategy)


DECISIONS = (m.OrderDenied, m.SubmitOrder, m.CancelOrder, m.AmendOrder, m.QueryOrder)


def _differs(number: int, journaled: object, made: object) -> Inconsistent:
    was = "nothing" if journaled is None else repr(journaled)
    now = "nothing" if made is None else repr(made)
    return Inconsistent(f"record {number} of the journal is {was}, deciding again gives {now}")
