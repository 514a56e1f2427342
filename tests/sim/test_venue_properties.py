"""What holds for every sequence of orders and market data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sim.desk import Desk
from tests.sim.judge import Judge
from tradewind.model.columns import DEPTH_LAST, DEPTH_SNAPSHOT
from tradewind.model.messages import OrderFilled
from tradewind.model.orders import Liquidity, OrderFlag, TimeInForce
from tradewind.sim import latency, queue_position

Action = tuple[Any, ...]

prices = st.integers(95, 105)
sizes = st.integers(1, 20)
sides = st.sampled_from([1, -1])
terms = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"limit": prices}),
    st.fixed_dictionaries({"limit": prices, "flags": st.just(OrderFlag.POST_ONLY)}),
    st.fixed_dictionaries({"stop": prices}),
    st.fixed_dictionaries({"stop": prices, "limit": prices}),
    st.fixed_dictionaries(
        {
            "limit": prices,
            "time_in_force": st.sampled_from([TimeInForce.IOC, TimeInForce.FOK, TimeInForce.DAY]),
        }
    ),
)
commands = st.one_of(
    st.tuples(st.just("order"), sides, sizes, terms),
    st.tuples(st.just("order"), sides, sizes, terms),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("amend"), st.integers(0, 9), sizes, st.one_of(st.just(0), prices)),
)
trades = st.tuples(st.just("trade"), prices, sizes, st.sampled_from([1, 0, -1]))
quotes = st.tuples(st.just("quote"), prices, sizes, st.integers(1, 4), sizes)
bars = st.tuples(
    st.just("bar"), prices, prices, st.integers(0, 3), st.integers(0, 3), st.integers(0, 300)
)
rows = st.lists(st.tuples(sides, prices, st.integers(0, 20)), min_size=1, max_size=4)
depth = st.tuples(st.just("depth"), rows, st.sampled_from([0, 0, 0, DEPTH_SNAPSHOT]))

MARKETS = {
    "bars": (bars,),
    "quotes": (quotes, trades),
    "trades": (trades,),
    "depth": (depth, depth, trades),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "touch": {"touch": "touch", "queue": queue_position.power(2)},
    "capped": {"participation": "0.05", "queue": queue_position.logarithmic()},
    "late": {"latency": latency.jitter(order_ns=15, report_ns=9, sigma=1.0, seed=3)},
    "close": {"fill": "next_close"},
    "signal": {"fill": "signal_close"},
}

cases = pytest.mark.parametrize("options", OPTIONS)
kinds = pytest.mark.parametrize("kind", MARKETS)


class Play:
    """Plays actions on a venue under the eyes of a judge."""

    def __init__(self, options: str) -> None:
        self.desk = Desk(**OPTIONS[options])
        self.judge = Judge()
        self.count = 0

    def play(self, actions: list[Action]) -> list[Any]:
        for action, *arguments in actions:
            self.desk.now_ns += 10
            getattr(self, action)(*arguments)
            self.judge.judge(self.desk.take_reports())
        self.desk.venue.advance(self.desk.now_ns + 10**6)
        self.judge.judge(self.desk.take_reports())
        return self.desk.reports

    def order(self, side: int, quantity: int, terms: dict[str, int]) -> None:
        self.count += 1
        self.judge.sent(f"o{self.count}", side, quantity, terms)
        self.desk.order(f"o{self.count}", side, quantity, **terms)

    def cancel(self, back: int) -> None:
        if back < self.count:
            self.desk.venue.cancel(self.desk.now_ns, f"o{self.count - back}")

    def amend(self, back: int, quantity: int, limit: int) -> None:
        if back < self.count:
            self.desk.venue.amend(self.desk.now_ns, f"o{self.count - back}", quantity, limit)

    def bar(self, first: int, last: int, above: int, below: int, volume: int) -> None:
        high, low = max(first, last) + above, min(first, last) - below
        self.desk.bar(first, high, low, last, volume=volume)

    def quote(self, bid: int, bid_size: int, spread: int, ask_size: int) -> None:
        self.judge.hide_others(1, bid)
        self.judge.hide_others(-1, bid + spread)
        self.judge.show(1, bid, bid_size)
        self.judge.show(-1, bid + spread, ask_size)
        self.desk.quote(bid, bid_size, bid + spread, ask_size)

    def trade(self, price: int, size: int, side: int) -> None:
        self.desk.trade(price, size, side)

    def depth(self, rows: list[tuple[int, int, int]], flags: int) -> None:
        for number, (side, price, size) in enumerate(rows, 1):
            last = DEPTH_LAST if number == len(rows) else 0
            self.judge.show(side, price, size)
            self.desk.venue.on_depth(0, self.desk.now_ns, side, price, size, flags | last)


def market(kind: str) -> st.SearchStrategy[list[Action]]:
    """Sequences of commands and rows of one kind of market data."""
    return st.lists(st.one_of(commands, *MARKETS[kind]), max_size=40)


@kinds
@cases
@given(data=st.data())
def test_no_rule_of_trading_is_ever_broken(kind: str, options: str, data: st.DataObject) -> None:
    Play(options).play(data.draw(market(kind)))


@cases
@given(actions=market("quotes"))
def test_a_quoted_size_is_never_taken_twice(options: str, actions: list[Action]) -> None:
    play = Play(options)
    # Once quotes are told, takers take nothing but quotes.
    for action in [("quote", 99, 5, 2, 5), *actions]:
        play.play([action])
        if options != "late":  # late reports tell of quotes that are gone
            play.judge.judge_taken()


@cases
@given(actions=market("depth"))
def test_a_level_is_never_taken_twice(options: str, actions: list[Action]) -> None:
    play = Play(options)
    for action in [("depth", [(1, 99, 5), (-1, 101, 5)], DEPTH_SNAPSHOT), *actions]:
        play.play([action])
        if options != "late":
            play.judge.judge_taken()


@given(actions=market("quotes"))
def test_a_trade_fills_no_more_at_its_price_than_its_size(actions: list[Action]) -> None:
    play = Play("plain")
    for action in [("quote", 99, 5, 2, 5), *actions]:
        known = len(play.desk.reports)
        play.play([action])
        if action[0] == "trade":
            price, size, _side = action[1:]
            made = [
                report.quantity
                for report in play.desk.reports[known:]
                if isinstance(report, OrderFilled)
                and report.liquidity == Liquidity.MAKER
                and report.price == price
            ]
            assert sum(made) <= size


@given(actions=market("bars"))
def test_all_orders_together_fill_at_most_their_share_of_a_bar(actions: list[Action]) -> None:
    play = Play("capped")
    for action in actions:
        known = len(play.desk.reports)
        play.play([action])
        if action[0] == "bar":
            fills = [r for r in play.desk.reports[known:] if isinstance(r, OrderFilled)]
            assert sum(fill.quantity for fill in fills) <= action[-1] * 0.05


@kinds
@cases
@settings(max_examples=25)
@given(data=st.data())
def test_the_same_calls_give_the_same_reports(kind: str, options: str, data: st.DataObject) -> None:
    actions = data.draw(market(kind))
    assert Play(options).play(actions) == Play(options).play(actions)
