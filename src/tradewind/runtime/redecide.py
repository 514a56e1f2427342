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
from tradewind.core.snapshot import decode_state
from tradewind.core.state import State
from tradewind.core.view import View
from tradewind.model import messages as m
from tradewind.model.errors import Inconsistent
from tradewind.model.orders import Sizing
from tradewind.ports.journal import SNAPSHOTS_KEPT, JournalReader, numbered, width
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import SavedParts, oldest_snapshot, parts_of
from tradewind.runtime.strategy_host import begin, code_hash
from tradewind.strategies.base import Strategy

INTENTS = (
    m.OrderIntended,
    m.TargetIntended,
    m.ConditionalIntended,
    m.AlgorithmIntended,
    m.CancelIntended,
    m.CancelAllIntended,
    m.AmendIntended,
    m.TimerSet,
)


IN_BRIDGES = ", strategies in signal-bridges"
"""Ends what a run says it is whose strategies were called in other processes: when, the journal
does not tell."""


class Fresh(msgspec.Struct, frozen=True):
    """A strategy as its run made it: with these instruments and this sizing.

    `saved_name` is the name under which snapshots keep what it saved.
    """

    strategy: Strategy
    instruments: list[str]
    sizing: Sizing
    saved_name: str = ""


Make = Callable[[m.StrategyRegistered], Fresh | None]
"""A fresh strategy for a registration; None where intents came from outside, as a person's do."""


class Redecided(msgspec.Struct):
    """What was compared: `records` of the journal up to `last`, `intents` among them.

    Of `runs_again` of all `runs` the strategies decided again. Of the others it is not known with
    what they began: strategies go on from a snapshot after a restart, and old ones are not kept.
    There, in a run whose beginning was pruned, and where strategies ran in processes of their own,
    the journaled intents were taken as they are.
    `changed_code` names strategies whose source is another one now.
    """

    records: int = 0
    intents: int = 0
    last: int = 0
    runs: int = 0
    runs_again: int = 0
    strategies: list[str] = []
    changed_code: list[str] = []


def redecide(journal: JournalReader, recorder: Recorder, make: Make) -> Redecided:
    """Decide a whole journal again; `Inconsistent` at the first record that differs."""
    state = State() if journal.first_sequence == 1 else oldest_state(journal)
    start = state.sequence
    again = Redecider(state, recorder, make)
    for group in journal.groups(start):
        for number, record in numbered(group):
            if number <= start:
                continue
            if isinstance(record, m.RunStarted):
                is_elsewhere = record.code.endswith(IN_BRIDGES)
                again.begin_run(None if is_elsewhere else saved_before(journal, number))
            again.take(number, record)
    return again.finish()


def oldest_state(journal: JournalReader) -> State:
    """The state of the oldest snapshot: where a pruned journal can be followed from."""
    oldest = oldest_snapshot(journal)
    if oldest is None:
        raise Inconsistent("the journal was pruned and has no whole snapshot: restore a backup")
    return decode_state(parts_of(oldest).state)


def saved_before(journal: JournalReader, number: int) -> dict[str, bytes] | None:
    """What strategies had saved when the run of a record began; None where it is not known.

    Of all snapshots the newest are kept, so one that is there from before the record is the one
    the run began with; if none is, there was none, or it went when later ones were saved.
    """
    snapshot = journal.latest_snapshot(number)
    if snapshot is not None:
        return msgspec.msgpack.decode(snapshot.body, type=SavedParts).strategies
    later, before = 0, journal.latest_snapshot()
    while before is not None:
        later, before = later + 1, journal.latest_snapshot(before.sequence)
    return {} if number == 1 or later < SNAPSHOTS_KEPT else None


class Redecider:
    """Feeds inputs to an engine and compares all it makes of them with what was journaled."""

    def __init__(self, state: State, recorder: Recorder, make: Make) -> None:
        self.found = Redecided()
        self._engine = Engine(state)
        self._recorder = recorder
        self._make = make
        self._made: deque[tuple[int, m.Record]] = deque()
        self._saved: dict[str, bytes] | None = None
        self._own: set[str] = set()

    def begin_run(self, saved: dict[str, bytes] | None) -> None:
        """A new process: the state goes on, strategies begin with what they had saved, if known."""
        self._engine = Engine(self._engine.state)
        self._saved = saved
        self._own = set()
        self.found.runs += 1
        self.found.runs_again += saved is not None

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
        return isinstance(record, (*INTENTS, m.StrategyStopped)) and record.strategy in self._own

    def _attach(self, registered: m.StrategyRegistered) -> None:
        if self._saved is None or (fresh := self._make(registered)) is None:
            return
        self._own.add(registered.strategy)
        _note(self.found.strategies, registered.strategy)
        if code_hash(fresh.strategy) != registered.code:
            _note(self.found.changed_code, registered.strategy)
        engine = self._engine
        book = engine.state.strategy(registered.strategy)
        instruments = [engine.state.market(name).instrument for name in fresh.instruments]
        fresh.strategy.attach(View(engine, book, sizing=fresh.sizing), instruments)
        begin(engine, book.index, fresh.strategy)
        if kept := self._saved.get(fresh.saved_name):
            fresh.strategy.restore(msgspec.msgpack.decode(kept))


DECISIONS = (
    m.OrderDenied,
    m.OrderHeld,
    m.HeldOrderEnded,
    m.OrderRouted,
    m.ChildSent,
    m.ParentEnded,
    m.SubmitOrder,
    m.CancelOrder,
    m.AmendOrder,
    m.QueryOrder,
)


def _differs(number: int, journaled: object, made: object) -> Inconsistent:
    was = "nothing" if journaled is None else repr(journaled)
    now = "nothing" if made is None else repr(made)
    return Inconsistent(f"record {number} of the journal is {was}, deciding again gives {now}")


def _note(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)
