"""Algorithms as strategies want them: what fills, what is refused, and the same twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tradewind as tw
from tradewind.analysis.execution_curves import volume_curve
from tradewind.model.columns import Columns
from tradewind.model.errors import UserError
from tradewind.model.frames import columns_from

GOOG = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
MINUTE_NS = 60 * 10**9
Wish = Callable[["Once"], Any]


class Once(tw.Strategy):
    """Says what it wants on the first bar, and notes what became of it on the others."""

    def on_start(self) -> None:
        self.subscribe_bars(self.instrument, "1m")
        self.wish: Wish | None = getattr(self, "wish", None)
        self.refused: list[str] = []
        self.seen: list[tuple[str, str, str]] = []

    def on_bar(self, bar: tw.Bar) -> None:
        wish, self.wish = self.wish, None
        for parent in self.parent_orders:
            done = (str(parent.filled_quantity), str(parent.working_quantity))
            self.seen.append((parent.algorithm, *done))
        if wish is not None:
            try:
                wish(self)
            except UserError as error:
                self.refused.append(str(error))


def bars(count: int = 30) -> Columns:
    prices = [100 + number % 5 for number in range(count)]
    opens = [number * MINUTE_NS for number in range(count)]
    return columns_from(
        "bars",
        {
            "open_time_ns": opens,
            "close_time_ns": [each + MINUTE_NS for each in opens],
            "open": prices,
            "high": [price + 1 for price in prices],
            "low": [price - 1 for price in prices],
            "close": prices,
            "volume": [100 + 10 * number for number in range(count)],
        },
        GOOG,
    )


def run(wish: Wish) -> tuple[Once, Any]:
    strategy = Once()
    strategy.wish = wish
    return strategy, tw.backtest(strategy, data=[bars()], cash="1000000")


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (lambda s: s.buy(100, algorithm="twap", seconds=600, slices=5), [20] * 5),
        (lambda s: s.buy(100, algorithm="twap", seconds=600, slices=7),
         [14, 14, 14, 15, 14, 14, 15]),
        (lambda s: s.buy(100, algorithm="vwap", seconds=600, curve=(1, 2, 1)), [25, 50, 25]),
        (lambda s: s.sell(100, algorithm="shortfall", seconds=600, slices=3, urgency=0),
         [33, 33, 34]),
        (lambda s: s.buy(90, algorithm="pov", participation="0.1", min_child=20), [23, 27, 31, 9]),
        # capped: the curve asks for more than a tenth of what has traded
        (lambda s: s.buy(100, algorithm="twap", seconds=300, slices=2, participation="0.1"),
         [11, 12, 13, 14]),
        (lambda s: s.buy(100, algorithm="twap", seconds=300, slices=2, participation="0.1",
                         at_end="cross"), [11, 12, 13, 14, 50]),
        (lambda s: s.buy(25, display=10, limit="99.5"), [10, 10, 5]),
    ],
)  # fmt: skip
def test_what_fills_of_an_algorithm(wish: Wish, expected: list[int]) -> None:
    _, result = run(wish)
    assert [int(fill.quantity) for fill in result.fills] == expected


def test_a_strategy_sees_its_parents() -> None:
    strategy, result = run(lambda s: s.buy(100, algorithm="twap", seconds=240, slices=4))
    assert strategy.seen[:3] == [("twap", "25", "25"), ("twap", "50", "25"), ("twap", "75", "25")]
    assert [int(fill.quantity) for fill in result.fills] == [25] * 4


def test_a_canceled_parent_sends_no_more() -> None:
    class Stopped(Once):
        def on_bar(self, bar: tw.Bar) -> None:
            if len(self.seen) == 3 and self.parent_orders:
                self.cancel(self.parent_orders[0].order_id)
            super().on_bar(bar)

    strategy = Stopped()
    strategy.wish = lambda s: s.buy(100, algorithm="twap", seconds=600, slices=10)
    result = tw.backtest(strategy, data=[bars()], cash="1000000")
    assert [int(fill.quantity) for fill in result.fills] == [10] * 4


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (lambda s: s.buy(10, display=-1, limit="9"),
         "display: an iceberg shows a quantity above 0"),
        (lambda s: s.buy(10, display=11, limit="9"),
         "display: an iceberg cannot show more than its quantity"),
        (lambda s: s.buy(10, algorithm="twap", start_time_ns=9 * 10**15, end_time_ns=10**15),
         "a window ends behind its start, and behind now"),
        (lambda s: s.buy(10, algorithm="pov", participation="1.5"),
         "participation is a share of the volume: give more than 0, at most 1"),
        (lambda s: s.buy(10, algorithm="twap", seconds=60, take_profit="120"),
         "an algorithm has no take_profit=: place the exit when it fills"),
        (lambda s: s.buy(10, algorithm="twap", seconds=60, trail="1"),
         ("an algorithm has no trail=: known are algorithm, at_end, curve, display, end_time_ns, "
          "flags, leg, limit, min_child, participation, route, seconds, slices, start_time_ns, "
          "urgency")),
        (lambda s: s.buy(10, algorithm="twap", seconds=60, urgency=2),
         "urgency: only shortfall without a curve has one"),
        (lambda s: s.buy(10, algorithm="shortfall", seconds=60, urgency=-1),
         "urgency: give 0 to 20"),
        (lambda s: s.buy(10, algorithm="twap", seconds=60, slices=0),
         "a window has 1 to 10000 slices"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_sentence(wish: Wish, sentence: str) -> None:
    strategy, result = run(wish)
    assert strategy.refused == [sentence]
    assert not result.fills


def test_the_curve_of_the_past_is_the_volume_of_its_slices() -> None:
    curve = volume_curve(
        bars(), start_time_ns=24 * 60 * MINUTE_NS, end_time_ns=(24 * 60 + 20) * MINUTE_NS, slices=2
    )
    assert curve == (371795, 628205)
    with pytest.raises(UserError, match="the bars have no volume in the window"):
        volume_curve(bars(), start_time_ns=10**15, end_time_ns=10**15 + 5, slices=2)


def test_the_same_inputs_give_the_same_journal() -> None:
    hashes = {
        run(lambda s: s.buy(100, algorithm="vwap", seconds=600, curve=(3, 1, 2)))[1].journal_hash
        for _ in range(2)
    }
    assert len(hashes) == 1
