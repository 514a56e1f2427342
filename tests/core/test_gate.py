"""A strategy called only where a signal changes does what it does when it is called at each bar."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.core.market_run import events
from tradewind.core.engine import Engine
from tradewind.core.journal_hash import JournalHash
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.core.tape import Tape
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Sizing
from tradewind.runtime.strategy_host import attach
from tradewind.signals.atr import ATR
from tradewind.signals.crossing import Crossing
from tradewind.signals.ema import EMA
from tradewind.signals.signal import Signal
from tradewind.signals.sma import SMA
from tradewind.sim import fees
from tradewind.sim.venue import SimulatedVenue
from tradewind.strategies.base import Strategy

MINUTE = 60_000_000_000
ROWS = 600
FORM = {"is_gated": True}
GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")


class Follower(Strategy):
    """Follows a signal; one source for both forms, since the journal has the source's hash."""

    kind: str = "cross"

    def on_start(self) -> None:
        self.calls = 0
        self.side = 0.0
        self.signal: Any = SIGNALS[self.kind]()
        if FORM["is_gated"]:
            self.subscribe_bars(self.instrument, when=self.signal)
        else:
            self.before = self.signal.value
            self.subscribe_bars(self.instrument)

    def on_bar(self, bar: Any) -> None:
        if not FORM["is_gated"]:
            value = self.signal.take_bar(bar.high, bar.low, bar.close, bar.volume)
            before, self.before = self.before, value
            if value == before or value != value:
                return
        self.calls += 1
        assert bar.close_time_ns == self.time_ns
        if self.calls == 30:
            self.buy(1, stop=bar.close_exact)
        elif self.calls == 33:
            self.set_timer("later", self.time_ns + 3 * MINUTE + 1)
        elif self.calls == 40:
            raise ValueError("no more")
        elif self.calls % 3:
            self.target_position(3 if self.calls % 2 else -2)

    def on_timer(self, name: str) -> None:
        self.sell(1)


class Step(Signal):
    """A signal as a user writes it: undefined now and then."""

    inputs = ("high", "close")

    def update(self, high: float, close: float) -> float:
        whole = int(close / 3)
        self.value = float("nan") if whole % 5 == 0 else float(whole)
        return self.value


SIGNALS: dict[str, Any] = {
    "cross": lambda: Crossing(EMA(3), SMA(12)),
    "range": lambda: ATR(200),  # a number that changes at each bar
    "step": Step,
}


def bars(count: int = ROWS) -> Columns:
    """Bars of a random walk."""
    draw = np.random.default_rng(3)
    price = 10_000_00 + np.cumsum(draw.integers(-60, 61, count))
    times = np.arange(count, dtype=np.int64) * MINUTE
    prices = {"open": price - 3, "high": price + 9, "low": price - 8, "close": price}
    ends = {"open_time_ns": times, "close_time_ns": times + MINUTE}
    volume = draw.integers(1, 1_000, count)
    return Columns("bars", GOOG, {**ends, **prices, "volume": volume})


def engine_of(journal: JournalHash, *strategies: Strategy) -> Engine:
    """An engine over a venue with strategies named `one`, `two` and so on."""
    venue = SimulatedVenue(fees=fees.percent("0.001"))
    engine = Engine(State(), venue, Tape(journal.body))
    for event in (
        m.RunStarted(0, "j0", 1, ""),
        m.InstrumentListed(0, GOOG),
        m.AccountOpened(0, "main", "USD"),
        m.CashDeposited(0, "main", "USD", 10**6 * 10**6),
    ):
        engine.step(event)
    for name, strategy in zip(("one", "two"), strategies, strict=False):
        attach(
            engine, strategy, name=name, account="main", instruments=[GOOG], sizing=Sizing.AT_FILL
        )
    return engine


def ran(kind: str, cuts: list[int] | None, *, count: int = 1) -> list[Any]:
    """All that came of a run: of one column cut at rows, or of one row after the other."""
    journal = JournalHash()
    strategies = [Follower(kind=kind) for _ in range(count)]
    engine = engine_of(journal, *strategies)
    batch = bars()
    if cuts is None:
        for event in events([batch]):
            engine.step(event)
    else:
        for start, stop in pairwise([0, *cuts, ROWS]):
            engine.run(batch.cut(start, stop))
    engine.flush()
    curve = [engine.curve.time_ns.tolist(), engine.curve.equity.tolist()]
    calls = [strategy.calls for strategy in strategies]
    saved = [strategy.signal.value for strategy in strategies]
    return [journal.hexdigest(), state_hash(engine.state), curve, calls, saved]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("kind", sorted(SIGNALS))
def test_a_gated_strategy_does_what_it_does_when_it_is_called_at_each_bar(
    kind: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated = [ran(kind, cuts, count=count) for cuts in ([], [1, 2, 57, 58, 300], None)]
    monkeypatch.setitem(FORM, "is_gated", False)
    plain = ran(kind, [], count=count)
    assert gated == [plain, plain, plain]
    assert plain[3] == [40] * count  # stopped in the last of its calls


class Refusing(Strategy):
    """Its signal refuses one bar."""

    def on_start(self) -> None:
        self.signal = Breaking()
        self.subscribe_bars(self.instrument, when=self.signal)


class Breaking(Signal):
    """Raises at its hundredth bar."""

    def __init__(self) -> None:
        self.value = float("nan")
        self.count = 0

    def update(self, close: float) -> float:
        self.count += 1
        if self.count == 100:
            raise ValueError("a bar too many")
        return self.value


def test_a_strategy_whose_signal_raises_is_stopped_at_that_bar() -> None:
    found = []
    for by_rows in (True, False):
        engine = engine_of(JournalHash(), Refusing())
        for event in events([bars()]) if by_rows else ():
            engine.step(event)
        if not by_rows:
            engine.run(bars())
        book = engine.state.strategies[0]
        assert book.stop_reason == "ValueError: a bar too many"
        found.append((state_hash(engine.state), engine.state.sequence))
    assert found[0] == found[1]


def test_a_gate_goes_on_where_the_saved_signal_stood() -> None:
    batch = bars()
    whole = Follower()
    engine_of(JournalHash(), whole).run(batch)
    first, second = Follower(), Follower()
    engine_of(JournalHash(), first).run(batch.cut(0, 250))
    later = engine_of(JournalHash(), second)
    second.restore(first.snapshot())
    assert 0 < second.calls < whole.calls
    later.run(batch.cut(250, ROWS))
    assert second.calls == whole.calls
    assert second.signal.snapshot() == whole.signal.snapshot()
