"""One run over stored data: engine, simulated venue and strategies, fed with columns."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import msgspec

from tradewind.core.engine import Engine
from tradewind.core.journal_hash import JournalHash
from tradewind.core.state import State
from tradewind.core.tape import Tape
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.limits import NONE, Limits
from tradewind.model.numbers import money_of, units_of
from tradewind.model.orders import WEIGHT_DIGITS
from tradewind.runtime.backtest_result import BacktestResult
from tradewind.runtime.strategy_host import attach, end, parse_sizing, strategy_name
from tradewind.sim.clearing import Clearing
from tradewind.sim.venue import SimulatedVenue
from tradewind.sim.venue_group import VenueGroup
from tradewind.strategies.base import Strategy

JOURNAL_ID = "bt"
ACCOUNT = "main"
YOUNG_OBJECTS_MAX = 100_000
"""New objects in a run until the garbage collector looks at them."""

Number = Decimal | str | int | float


class RunTerms(msgspec.Struct, frozen=True):
    """What an account and its strategies are given; the currency is the first instrument's."""

    cash: Number = "100000"
    currency: str = ""
    limits: Limits = NONE
    size: str = "at_fill"
    cash_buffer: Number = 0
    hedging: bool = False
    mark: str = "latest"
    clearing: Clearing | None = None
    routes: tuple[m.RouteSet, ...] = ()


class SimulatedRun:
    """Strategies over columns, from `start_time_ns` on; deterministic for the same inputs.

    >>> from tradewind.sim.market_bars import generate_bars
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> run = SimulatedRun([Strategy()], [goog], SimulatedVenue(), RunTerms(), start_time_ns=0)
    >>> run.take(generate_bars(goog, 7, start_time_ns=0, duration_ns=60 * 10**9, count=3))
    >>> run.finish().end_equity
    Decimal('100000.000000')
    """

    def __init__(
        self,
        strategies: Sequence[Strategy],
        instruments: Sequence[Instrument],
        venue: SimulatedVenue | VenueGroup,
        terms: RunTerms,
        *,
        start_time_ns: int,
    ) -> None:
        self._strategies = strategies
        self._terms = terms
        self._start_time_ns = start_time_ns
        self._journal = JournalHash()
        self._tape = Tape(self._journal.body)
        self._currency = terms.currency or instruments[0].currency
        self._cash = money_of(terms.cash, currency_digits(self._currency))
        self._engine = Engine(State(), venue, self._tape)
        self._engine.fills = []
        for event in self._setup(instruments):
            self._engine.step(event)
        for strategy, name in zip(strategies, names_of(strategies), strict=True):
            attach(
                self._engine,
                strategy,
                name=name,
                account=ACCOUNT,
                instruments=list(instruments),
                sizing=parse_sizing(terms.size),
                cash_buffer=units_of(terms.cash_buffer, WEIGHT_DIGITS),
            )

    def take(self, *batches: Columns) -> None:
        """Run the rows of some batches, merged by time; they come behind those before."""
        with collected_rarely():
            self._engine.run(*batches)
        for batch in batches:
            self._journal.rows(batch)

    def finish(self) -> BacktestResult:
        """Tell the strategies that it is over, and give what came out."""
        engine = self._engine
        for number, strategy in enumerate(self._strategies):
            end(engine, number, strategy)
        if engine.intents:  # what they wanted last is journaled, though no price follows it
            engine.step(m.ClockTicked(engine.state.time_ns))
        engine.flush()
        return BacktestResult(
            self._engine,
            self._journal,
            self._tape.counts,
            start_time_ns=self._start_time_ns,
            cash=self._cash,
            currency=self._currency,
            limits=self._terms.limits,
        )

    def _setup(self, instruments: Sequence[Instrument]) -> list[m.ControlEvent]:
        time_ns, terms = self._start_time_ns, self._terms
        events: list[m.ControlEvent] = [m.RunStarted(time_ns, JOURNAL_ID, 1, "", terms.mark)]
        events += [m.InstrumentListed(time_ns, instrument) for instrument in instruments]
        events += [msgspec.structs.replace(route, time_ns=time_ns) for route in terms.routes]
        opened = m.AccountOpened(time_ns, ACCOUNT, self._currency, terms.hedging)
        events.append(opened)
        events.append(m.CashDeposited(time_ns, ACCOUNT, self._currency, self._cash))
        if terms.clearing is not None:
            terms.clearing.open(time_ns, instruments, opened, self._cash)
            events += terms.clearing.setup(time_ns, ACCOUNT, self._currency)
        if terms.limits != NONE:
            events.append(m.LimitsChanged(time_ns, f"account:{ACCOUNT}", terms.limits, "backtest"))
        return events


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Let the garbage collector look less often at what a run keeps, which has no cycles.

    What a strategy drops in cycles is still collected.
    """
    before = gc.get_threshold()
    if before[0]:  # 0 is a collector switched off
        gc.set_threshold(max(before[0], YOUNG_OBJECTS_MAX), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def names_of(strategies: Sequence[Strategy]) -> list[str]:
    """A name for each strategy, no two alike.

    >>> names_of([Strategy(), Strategy()])
    ['strategy', 'strategy1']
    """
    names: list[str] = []
    for strategy in strategies:
        name = strategy_name(strategy)
        while name in names:
            name = name[:8].rstrip("_0123456789") + str(len(names))
        names.append(name)
    return names
