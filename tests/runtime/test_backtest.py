"""Backtests: the public call, its conventions, and that runs repeat."""

import subprocess
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import tradewind as tw
from tradewind.model.errors import UserError

GOOG = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
FRAME = {
    "open_time_ns": [0, 60, 120, 180],
    "open": [10.0, 11.0, 12.0, 11.5],
    "high": [11.0, 12.0, 13.0, 12.0],
    "low": [9.0, 10.5, 11.0, 10.0],
    "close": [11.0, 12.0, 11.5, 10.5],
    "volume": [5, 5, 5, 5],
}


DAY_NS = 86_400 * 10**9


class Once(tw.Strategy):
    weight: str = "1"

    def on_start(self) -> None:
        self.done = False
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: tw.Bar) -> None:
        if not self.done:
            self.done = True
            self.target_weight(self.weight)


def run(**options: Any) -> tw.BacktestResult:
    return tw.backtest(Once(), bars=FRAME, instrument=GOOG, cash="1000", **options)


def test_a_signal_on_the_close_fills_at_the_next_open_with_the_opens_time() -> None:
    (fill,) = run().fills
    assert (fill.time_ns, fill.price, fill.quantity) == (60, Decimal("11.00"), Decimal(90))


def test_a_target_sized_at_the_signal_uses_the_price_of_the_signal() -> None:
    frame = FRAME | {"open": [10.0, 12.0, 12.0, 11.5]}
    sizes = {
        size: tw.backtest(Once(), bars=frame, instrument=GOOG, cash="1000", size=size)
        for size in ("at_fill", "at_signal")
    }
    assert [result.fills[0].quantity for result in sizes.values()] == [83, 90]


def test_fees_and_positions_come_out_to_the_cent() -> None:
    result = run(fees=tw.fees.percent("0.001"))
    # 90 x 11.00 = 990.00, fee 0.99; worth 90 x 10.50 at the end
    assert result.end_equity == Decimal("1000") - 990 - Decimal("0.99") + 945


def test_a_cash_buffer_is_left_alone() -> None:
    assert run(cash_buffer="0.1").fills[0].quantity == 81


def test_the_equity_curve_has_a_point_for_each_close() -> None:
    curve = run().equity_curve
    assert curve.time_ns.tolist() == [60, 120, 180, 240]
    assert curve.equity.tolist() == [1000.0, 1090.0, 1045.0, 955.0]


def test_a_run_without_limits_says_so_and_one_with_them_keeps_them() -> None:
    assert run().limits == "none"
    limited = run(limits=tw.Limits(position_quantity="50"))
    assert limited.fills == []


PROGRAM = """
import tests.runtime.test_backtest as t
print(t.run().journal_hash, t.run().state_hash)
"""


def test_two_processes_give_the_same_hashes() -> None:
    command = [sys.executable, "-c", PROGRAM]
    outputs = {
        subprocess.run(command, capture_output=True, check=True, text=True).stdout for _ in range(2)
    }
    assert outputs == {f"{run().journal_hash} {run().state_hash}\n"}


def test_other_data_gives_another_hash() -> None:
    other = FRAME | {"volume": [5, 5, 5, 6]}
    result = tw.backtest(Once(), bars=other, instrument=GOOG, cash="1000")
    assert result.journal_hash != run().journal_hash
    assert result.state_hash == run().state_hash


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bars": None}, "there is no data"),
        ({"instrument": None}, "needs instrument="),
        ({"size": "later"}, "size='later'"),
        ({"cash": "ten"}, "'ten' is not a number"),
    ],
)
def test_wrong_use_gets_one_sentence(options: dict[str, Any], sentence: str) -> None:
    arguments: dict[str, Any] = {"bars": FRAME, "instrument": GOOG, "cash": "1000"} | options
    with pytest.raises(UserError, match=sentence):
        tw.backtest(Once(), **arguments)


class MovingAverages(tw.Strategy):
    """A toy with its own books, to judge the engine's by."""

    def on_start(self) -> None:
        self.closes: list[float] = []
        self.side = 0
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: tw.Bar) -> None:
        self.closes.append(bar.close)
        if len(self.closes) < 20:
            return
        side = 1 if np.mean(self.closes[-5:]) > np.mean(self.closes[-20:]) else -1
        if side != self.side:
            self.side = side
            self.target_position(side * 7)


def test_a_long_run_equals_a_toy_that_keeps_its_own_books() -> None:
    rng = np.random.default_rng(3)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 500))), 2)
    opened = np.concatenate([[100.0], close[:-1]])
    times = np.arange(500) * 60
    frame = {
        "open_time_ns": times,
        "open": opened,
        "high": np.maximum(opened, close),
        "low": np.minimum(opened, close),
        "close": close,
        "volume": np.full(500, 10),
    }
    result = tw.backtest(
        MovingAverages(),
        bars=frame,
        instrument=GOOG,
        cash="100000",
        fees=tw.fees.percent("0.001"),
    )
    assert result.end_equity == toy(opened.tolist(), close.tolist())


def toy(opens: list[float], closes: list[float]) -> Decimal:
    cash, position, side, wanted = Decimal(100_000), 0, 0, 0
    for row, close in enumerate(closes):
        price = Decimal(str(opens[row]))
        change = wanted - position
        cash -= price * change + abs(change) * price * Decimal("0.001")
        position = wanted
        if row >= 19:
            now = (
                1
                if np.mean(closes[row - 4 : row + 1]) > np.mean(closes[row - 19 : row + 1])
                else -1
            )
            if now != side:
                side, wanted = now, now * 7
        last = Decimal(str(close))
    return cash + position * last


class Starter(tw.Strategy):
    """Wants an order and a timer at once, and asks for no market data."""

    def on_start(self) -> None:
        self.fired: list[int] = []
        self.buy(10)
        self.set_timer("look", DAY_NS // 2, DAY_NS)

    def on_timer(self, name: str) -> None:
        self.fired.append(self.time_ns)


def test_what_is_wanted_at_the_start_waits_for_no_callback() -> None:
    strategy = Starter()
    prices = [10, 11, 12]
    days = [number * DAY_NS for number in range(3)]
    frame = dict.fromkeys(("open", "high", "low", "close"), prices)
    bars = frame | {"open_time_ns": days, "volume": [5, 5, 5]}
    result = tw.backtest(strategy, bars=bars, instrument=GOOG, cash="1000")
    assert [(fill.time_ns, str(fill.price)) for fill in result.fills] == [(0, "10.00")]
    assert strategy.fired == [DAY_NS // 2 + number * DAY_NS for number in range(3)]
