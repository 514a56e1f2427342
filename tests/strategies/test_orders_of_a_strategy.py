"""What `buy` and `sell` can say: brackets, trails, touches, amounts, openings and closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tradewind as tw
from tradewind.model.errors import UserError

GOOG = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
SECOND_NS = 10**9
Wish = Callable[["Once"], Any]


class Once(tw.Strategy):
    """Says what it wants on the first trade, and what it wants next on the second."""

    def on_start(self) -> None:
        self.subscribe_trades(self.instrument)
        self.wishes: list[Wish] = list(getattr(self, "wishes", []))
        self.held_at_end: list[str] = []

    def on_trade(self, trade: tw.Trade) -> None:
        if self.wishes:
            self.wishes.pop(0)(self)

    def on_stop(self) -> None:
        self.held_at_end = [held.order_id for held in self.held_orders]


def fills(wishes: list[Wish], prices: list[float]) -> list[tuple[str, str, str]]:
    """Side, quantity and price of what came of some wishes over a path of prices."""
    strategy = Once()
    strategy.wishes = wishes
    times = [SECOND_NS * number for number in range(len(prices))]
    rows = {
        "time_ns": times,
        "price": prices,
        "size": [1000] * len(prices),
        "side": [0] * len(prices),
    }
    result = tw.backtest(strategy, trades=rows, instrument=GOOG, cash="100000")
    assert not result.state.anomalies if hasattr(result, "state") else True
    return [(fill.side.name, str(fill.quantity), str(fill.price)) for fill in result.fills]


BOUGHT = ("BUY", "10", "100.00")


@pytest.mark.parametrize(
    ("wish", "prices", "expected"),
    [
        (lambda s: s.buy(10, take_profit="110", stop_loss="95"), [100, 105, 111, 90],
         [BOUGHT, ("SELL", "10", "110.00")]),
        (lambda s: s.buy(10, take_profit="110", stop_loss="95"), [100, 105, 94, 111],
         [BOUGHT, ("SELL", "10", "94.00")]),
        (lambda s: s.buy(10, stop_loss="95"), [100, 95, 94],
         [BOUGHT, ("SELL", "10", "95.00")]),
        (lambda s: s.buy(10, trailing_loss="5"), [100, 120, 116, 115, 90],
         [BOUGHT, ("SELL", "10", "115.00")]),
        (lambda s: s.buy(10, trailing_loss_percent="5"), [100, 120, 114.5, 114],
         [BOUGHT, ("SELL", "10", "114.00")]),
        (lambda s: s.buy(10, touch="98"), [100, 99, 97], [("BUY", "10", "97.00")]),
        (lambda s: s.sell(10, touch="102", limit="103"), [100, 102, 102.5, 104],
         [("SELL", "10", "103.00")]),
        (lambda s: s.sell(10, trail="5"), [100, 103, 98.01, 98], [("SELL", "10", "98.00")]),
        (lambda s: s.sell(10, after=s.buy(10)), [100, 101],
         [BOUGHT, ("SELL", "10", "101.00")]),
        (lambda s: s.buy(value="1050"), [100, 100], [BOUGHT]),
        (lambda s: (s.buy(5, limit="98", oco="out"), s.buy(5, stop="103", oco="out")),
         [100, 99, 104, 90], [("BUY", "5", "104.00")]),
        (lambda s: (s.buy(5, limit="98", oco="out"), s.buy(5, stop="103", oco="out")),
         [100, 97, 104], [("BUY", "5", "98.00")]),
    ],
)  # fmt: skip
def test_what_a_strategy_can_say(
    wish: Wish, prices: list[float], expected: list[tuple[str, str, str]]
) -> None:
    assert fills([wish], [100, *prices]) == expected


def test_held_orders_can_be_seen_amended_and_canceled() -> None:
    seen: list[Any] = []

    def first(strategy: Once) -> None:
        strategy.sell(10, stop="95", oco="a")

    def second(strategy: Once) -> None:
        (held,) = strategy.held_orders
        seen.append((held.side.name, str(held.quantity), str(held.trigger_price), held.waits_for))
        strategy.amend(held.order_id, quantity=4, stop="99")

    assert fills([first, second], [100, 100, 99]) == [("SELL", "4", "99.00")]
    assert seen == [("SELL", "10", "95.00", "")]
    assert fills([first, lambda s: s.cancel_all()], [100, 100, 90]) == []


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (lambda s: s.buy(1, stopp="9"), "an order has no stopp=: known are"),
        (lambda s: s.buy(1, value="9"), "give a quantity or value=, not both"),
        (lambda s: s.buy(1, touch="9", stop="9"), "touch= or by a stop, not by both"),
        (lambda s: s.buy(1, trail="9", trail_percent="9"), "trail= or by trail_percent=, not"),
        (lambda s: s.buy(1, stop_loss="9", trailing_loss="9"), "a bracket has one stop"),
        (lambda s: s.buy(1, trail_percent="101"), "or by a share of the price under 1"),
        (lambda s: s.buy(1, trail="-1"), "a distance above 0"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(wish: Wish, reason: str) -> None:
    caught: list[str] = []

    def attempt(strategy: Once) -> None:
        try:
            wish(strategy)
        except UserError as error:
            caught.append(str(error))

    fills([attempt], [100, 100])
    assert len(caught) == 1
    assert reason in caught[0]
