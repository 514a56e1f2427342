"""The base class: parameters, attaching, asking, saving; and what each wrong use is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import BadNumber, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.market import bar_of, quote_of
from tradewind.model.orders import Liquidity, OrderFlag, OrderState, Side, Sizing, TimeInForce
from tradewind.runtime.strategy_host import attach
from tradewind.signals.ema import EMA
from tradewind.signals.vwap import VWAP
from tradewind.strategies.base import Strategy

GOOG = Instrument("GOOG.SIM", tick="0.05", lot="1", currency="USD", price_digits=2)
BTC = Instrument("BTC/USD.SIM", tick="0.01", lot="0.001")


class Typed(Strategy):
    count: int = 3
    share: float = 0.5
    name: str = "x"
    bold: bool = False
    price: Decimal = Decimal("1.5")


def running(strategy: Strategy) -> Engine:
    engine = Engine(State())
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, GOOG),
        m.InstrumentListed(1, BTC),
        m.AccountOpened(1, "main", "USD"),
        m.CashDeposited(1, "main", "USD", 10**12),
    ):
        engine.step(event)
    attach(
        engine,
        strategy,
        name="s",
        account="main",
        instruments=[GOOG, BTC],
        sizing=Sizing.AT_SIGNAL,
    )
    return engine


def quoted(engine: Engine, time_ns: int = 5) -> list[Any]:
    return engine.step(quote_of(GOOG, time_ns, 9_995, 5, 10_005, 5))


def test_parameters_are_the_typed_attributes_with_their_defaults() -> None:
    assert Typed().parameters() == {
        "count": 3,
        "share": 0.5,
        "name": "x",
        "bold": False,
        "price": Decimal("1.5"),
    }


def test_a_parameter_given_as_text_is_read_as_its_type() -> None:
    given = Typed(count="7", share="0.1", bold="true", price="2.25")
    assert given.parameters() == {
        "count": 7,
        "share": 0.1,
        "name": "x",
        "bold": True,
        "price": Decimal("2.25"),
    }


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"speed": 1}, "Typed has no parameter 'speed': known: count, share, name, bold, price"),
        ({"count": "many"}, "count: 'many' is not of type int"),
        ({"count": 1.5}, "count: 1.5 is not a whole number"),
        ({"bold": "yes"}, "bold: 'yes' is not true or false"),
        ({"price": "dear"}, "price: 'dear' is not of type Decimal"),
        ({"instrument": "GOOG.SIM"}, "has no parameter 'instrument'"),
    ],
)
def test_a_wrong_parameter_is_told_in_one_sentence(parameters: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Typed(**parameters)


def test_two_strategies_of_one_class_do_not_share_parameters() -> None:
    one, two = Typed(count=1), Typed(count=2)
    assert (one.count, two.count, Typed().count) == (1, 2, 3)


def test_what_is_asked_before_the_run_is_refused() -> None:
    for ask in (lambda: Strategy().buy(1), lambda: Strategy().position, lambda: Strategy().time_ns):
        with pytest.raises(UserError, match="not running yet"):
            ask()


def test_an_unknown_instrument_is_told_with_the_known_ones() -> None:
    class Lost(Strategy):
        def on_start(self) -> None:
            self.subscribe_bars("MSFT.SIM")

    with pytest.raises(UserError, match=r"MSFT.SIM is not listed here: known are GOOG.SIM, BTC"):
        running(Lost())


class Gated(Strategy):
    """Subscribes bars in one of several wrong ways."""

    way: str = "loose"

    def on_start(self) -> None:
        self.average, self.whole = EMA(3), VWAP()
        if self.way == "loose":
            self.subscribe_bars(self.instrument, when=EMA(3))
        elif self.way == "whole":
            self.subscribe_bars(self.instrument, when=self.whole)
        else:
            self.subscribe_bars(self.instrument, when=self.average)
            self.subscribe_bars(BTC, when=self.average)


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("loose", "keep the signal in an attribute"),
        ("whole", r"takes \('price', 'volume'\): a bar has"),
        ("twice", "follows the bars of one subscription: make another"),
    ],
)
def test_a_signal_that_cannot_stand_before_bars_is_told(way: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        running(Gated(way=way))


def test_the_first_instrument_is_the_default_and_others_are_named() -> None:
    class Both(Strategy):
        def on_start(self) -> None:
            self.subscribe_quotes(self.instrument)

        def on_quote(self, quote: Any) -> None:
            self.buy(1)
            self.sell("0.002", BTC, limit="99.01", flags=OrderFlag.POST_ONLY)

    orders = [d for d in quoted(running(Both())) if type(d) is m.SubmitOrder]
    assert [(one.instrument, one.side, one.quantity) for one in orders] == [
        ("GOOG.SIM", Side.BUY, 1),
        ("BTC/USD.SIM", Side.SELL, 2),
    ]
    assert orders[1].limit_price == 9_901
    assert orders[1].flags == OrderFlag.POST_ONLY


def test_prices_make_the_type_of_an_order() -> None:
    class Four(Strategy):
        def on_start(self) -> None:
            self.subscribe_quotes(self.instrument)

        def on_quote(self, quote: Any) -> None:
            self.buy(1)
            self.buy(1, limit=100)
            self.buy(1, stop=101)
            self.buy(1, stop=101, limit="101.05", time_in_force=TimeInForce.IOC)

    orders = [d for d in quoted(running(Four())) if type(d) is m.SubmitOrder]
    assert [one.type.name for one in orders] == ["MARKET", "LIMIT", "STOP", "STOP_LIMIT"]
    assert orders[3].time_in_force == TimeInForce.IOC


def test_a_float_price_is_taken_through_its_text_and_refused_off_the_digits() -> None:
    class Floats(Strategy):
        def on_start(self) -> None:
            self.subscribe_quotes(self.instrument)

        def on_quote(self, quote: Any) -> None:
            self.buy(1, limit=quote.bid + 0.1)
            with pytest.raises(BadNumber):
                self.buy(1, limit=0.1 + 0.2)

    (order,) = quoted(running(Floats()))
    assert order.limit_price == 10_005


def test_the_nearest_prices_lie_on_the_tick() -> None:
    class Grid(Strategy):
        def on_start(self) -> None:
            self.found = (self.price_below(100.07), self.price_above(100.07))

    strategy = Grid()
    running(strategy)
    assert strategy.found == (Decimal("100.05"), Decimal("100.10"))


class Telling(Strategy):
    """Keeps all it is told."""

    def on_start(self) -> None:
        self.subscribe_quotes(self.instrument)
        self.told: list[str] = []

    def on_quote(self, quote: Any) -> None:
        if not self.open_orders and self.position.is_flat:
            self.buy(3, limit=100)

    def on_order(self, order: Any) -> None:
        self.told.append(f"{order.state.name} {order.filled_quantity}/{order.quantity}")

    def on_fill(self, fill: Any) -> None:
        self.told.append(f"fill {fill.quantity} @ {fill.price} fee {fill.fee} {fill.fee_currency}")


def test_a_strategy_is_told_of_each_change_of_its_order_and_sees_its_position() -> None:
    strategy = Telling()
    engine = running(strategy)
    quoted(engine)
    engine.step(m.OrderAccepted(6, "j0-s-1", "v"))
    engine.step(m.OrderFilled(7, "j0-s-1", "f", 9_995, 2, 5_000, "USD", Liquidity.MAKER))
    engine.step(m.OrderCanceled(8, "j0-s-1"))
    assert strategy.told == [
        "NEW 0/3",
        "fill 2 @ 99.95 fee 0.005000 USD",
        "PARTIALLY_FILLED 2/3",
        "CANCELED 2/3",
    ]
    position = strategy.position
    assert (position.quantity, position.average_price, position.is_long) == (
        2,
        Decimal("99.95"),
        True,
    )
    assert strategy.account.cash == Decimal("999800.095")
    assert strategy.open_orders == []


def test_a_denied_order_is_told_with_its_state() -> None:
    strategy = Telling()
    engine = running(strategy)
    engine.step(m.Halted(4, "all", "drill", "test"))
    quoted(engine)
    assert strategy.told == ["DENIED 0/3"]
    assert engine.state.orders["j0-s-1"].state == OrderState.DENIED


def test_a_strategy_hears_nothing_of_anothers_orders() -> None:
    strategy = Telling()
    engine = running(strategy)
    engine.step(m.StrategyRegistered(4, "person", "main", "", {}))
    engine.step(m.OrderIntended(4, "j0-person-1", "person", "GOOG.SIM", Side.BUY, 1))
    engine.step(m.OrderAccepted(5, "j0-person-1", "v"))
    assert strategy.told == []
    assert strategy.open_orders == []


class Remembering(Strategy):
    period: int = 3

    def on_start(self) -> None:
        self.average = EMA(self.period)
        self.seen: list[float] = []
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: Any) -> None:
        self.seen.append(self.average.update(bar.close))


def barred(engine: Engine, row: int) -> None:
    engine.step(bar_of(GOOG, row * 10, row * 10 + 9, 100, 120, 90, 100 + row * 5, 1))


def test_a_saved_strategy_goes_on_where_it_was() -> None:
    one = Remembering()
    engine = running(one)
    for row in range(1, 5):
        barred(engine, row)
    two = Remembering()
    other = running(two)
    two.restore(one.snapshot())
    for row in range(5, 9):
        barred(engine, row)
        barred(other, row)
    assert two.seen == one.seen
    assert two.snapshot() == one.snapshot()
