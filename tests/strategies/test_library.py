"""Every strategy of the library: it runs, it is the same twice, and it can be saved midway."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from tradewind.core.engine import Engine
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Sizing
from tradewind.runtime.strategy_host import attach
from tradewind.signals.ema import EMA
from tradewind.signals.zscore import ZScore
from tradewind.sim import fees
from tradewind.sim.venue import SimulatedVenue
from tradewind.strategies.base import Strategy
from tradewind.strategies.library import LIBRARY, library_strategy
from tradewind.strategies.ma_crossover import MaCrossover
from tradewind.strategies.mean_reversion import MeanReversion

BTC = Instrument("BTC/USD.SIM", tick="0.01", lot="0.001")
ROWS = 400
every = pytest.mark.parametrize("name", sorted(LIBRARY))


def rows(kind: Any, count: int = ROWS) -> Columns:
    """A price that swings around 100.00 with a little noise, a row a minute."""
    draw = np.random.default_rng(5)
    steps = np.arange(count)
    price = 10_000 + (800 * np.sin(steps / 25)).astype(np.int64) + draw.integers(-60, 61, count)
    opened = (steps + 1) * 60 * 10**9
    if kind == "quotes":
        size = draw.integers(1, 2_000, (2, count))
        arrays = {"bid": price - 1, "bid_size": size[0], "ask": price + 1, "ask_size": size[1]}
        return Columns(kind, BTC, {"time_ns": opened, **arrays})
    first = np.concatenate([price[:1], price[:-1]])
    prices = {"open": first, "high": np.maximum(first, price), "low": np.minimum(first, price)}
    times = {"open_time_ns": opened, "close_time_ns": opened + 60 * 10**9}
    volume = draw.integers(1, 10**6, count)
    return Columns(kind, BTC, {**times, **prices, "close": price, "volume": volume})


def run(strategy: Strategy, name: str) -> Engine:
    engine = Engine(State(), SimulatedVenue(fees=fees.percent("0.001")))
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, BTC),
        m.AccountOpened(1, "main", "USD"),
        m.CashDeposited(1, "main", "USD", 10**10),
    ):
        engine.step(event)
    attach(
        engine,
        strategy,
        name=name[:10],
        account="main",
        instruments=[BTC],
        sizing=Sizing.AT_FILL,
    )
    return engine


def columns_of(name: str) -> Columns:
    return rows("quotes" if name == "market_maker" else "bars")


@every
def test_a_strategy_of_the_library_trades_and_is_never_stopped(name: str) -> None:
    engine = run(library_strategy(name)(), name)
    engine.run(columns_of(name))
    assert not engine.state.strategies[0].is_stopped
    assert any(order.filled_quantity for order in engine.state.orders.values())
    assert not engine.state.anomalies


@every
def test_the_same_strategy_twice_gives_the_same_state(name: str) -> None:
    engines = [run(library_strategy(name)(), name) for _ in range(2)]
    for engine in engines:
        engine.run(columns_of(name))
    assert state_hash(engines[0].state) == state_hash(engines[1].state)


@every
def test_what_a_strategy_saves_can_be_encoded_and_brings_it_back(name: str) -> None:
    columns = columns_of(name)
    strategy, again = library_strategy(name)(), library_strategy(name)()
    engine, other = run(strategy, name), run(again, name)
    engine.run(columns.cut(0, ROWS // 2))
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(strategy.snapshot()))
    again.restore(saved)
    assert again.snapshot() == strategy.snapshot()
    assert other.state.strategies[0].intents == 0


@every
def test_a_strategy_says_what_its_parameters_are(name: str) -> None:
    kind = library_strategy(name)
    assert kind.__doc__
    assert kind().parameters()
    for parameter in kind().parameters():
        assert parameter in (kind.__doc__ or "") or parameter in ("timeframe", "fast", "slow")


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    known = "choose from accumulator, ma_crossover, market_maker, mean_reversion"
    with pytest.raises(UserError, match=known):
        library_strategy("money_machine")


class CrossAtEachBar(Strategy):
    """The rule of `MaCrossover` asked at each bar."""

    def on_start(self) -> None:
        self.fast_average, self.slow_average = EMA(10), EMA(30)
        self.side = 0
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: Any) -> None:
        fast = self.fast_average.update(bar.close)
        slow = self.slow_average.update(bar.close)
        if not self.slow_average.ready:
            return
        side = 1 if fast > slow else -1
        if side != self.side:
            self.side = side
            self.target_weight(0.95 if side > 0 else -0.95)


class ReversionAtEachBar(Strategy):
    """The rule of `MeanReversion` asked at each bar."""

    def on_start(self) -> None:
        self.distance = ZScore(20)
        self.side = 0
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: Any) -> None:
        distance = self.distance.update(bar.close)
        if not self.distance.ready:
            return
        side = self.side
        if distance < -1.5:
            side = 1
        elif distance > 1.5:
            side = -1
        elif abs(distance) < 0.5:
            side = 0
        if side != self.side:
            self.side = side
            self.target_weight(0.3 * side)


@pytest.mark.parametrize(
    ("strategy", "twin"),
    [
        (MaCrossover(short=True), CrossAtEachBar()),
        (MeanReversion(short=True, entry=1.5), ReversionAtEachBar()),
    ],
)
def test_a_strategy_called_at_changes_fills_what_its_rule_at_each_bar_fills(
    strategy: Strategy, twin: Strategy
) -> None:
    filled = []
    for one in (strategy, twin):
        engine = run(one, "same")
        engine.run(columns_of("bars"))
        orders = engine.state.orders.values()
        filled.append([(order.order_id, order.side, order.filled_quantity) for order in orders])
    assert filled[0] == filled[1]
    assert len(filled[0]) > 4
