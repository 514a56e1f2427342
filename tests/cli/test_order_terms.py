"""What the words of `tradewind order` ask the engine for, and which go together."""

from __future__ import annotations

import argparse

import pytest

from tradewind.cli.commands.order import add_arguments, request_of
from tradewind.model.algorithm_messages import AlgorithmIntended
from tradewind.model.conditional_messages import ConditionalIntended, Trigger
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.messages import OrderIntended
from tradewind.model.orders import OrderFlag, OrderType, Side, TimeInForce
from tradewind.runtime.control_messages import PlaceRequest

BTC = Instrument("BTC/USDT.SIM", tick="0.01", lot="0.001", currency="USDT")


def asked(*words: str) -> PlaceRequest:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    parsed = parser.parse_args([*words[:2], BTC.id, *words[2:], "--key", "mine"])
    return request_of(parsed, "j0", BTC, 5)


@pytest.mark.parametrize(
    ("words", "kind", "limit", "stop"),
    [
        ((), OrderType.MARKET, 0, 0),
        (("--limit", "60000"), OrderType.LIMIT, 6_000_000, 0),
        (("--stop", "61000"), OrderType.STOP, 0, 6_100_000),
        (("--stop", "61000", "--limit", "61010.5"), OrderType.STOP_LIMIT, 6_101_050, 6_100_000),
    ],
)
def test_the_type_of_an_order_for_the_venue_follows_from_its_prices(
    words: tuple[str, ...], kind: OrderType, limit: int, stop: int
) -> None:
    order = asked("buy", "0.5", *words).order
    assert isinstance(order, OrderIntended)
    assert (order.type, order.limit_price, order.stop_price) == (kind, limit, stop)
    assert (order.side, order.quantity) == (Side.BUY, 500)
    assert order.time_in_force is TimeInForce.GTC


@pytest.mark.parametrize("name", ["gtc", "day", "ioc", "fok", "opg", "cls"])
def test_a_time_in_force_and_flags_reach_the_order(name: str) -> None:
    order = asked("sell", "1", "--limit", "9", "--time-in-force", name, "--post-only").order
    assert isinstance(order, OrderIntended)
    assert (order.time_in_force, order.flags) == (TimeInForce[name.upper()], OrderFlag.POST_ONLY)


@pytest.mark.parametrize("until", ["2026-11-23T15:30Z", "2026-11-23T15:30", "2026-11-23T10:30-05"])
def test_gtd_ends_at_a_time_that_is_utc_where_it_names_no_zone(until: str) -> None:
    words = ("--limit", "9", "--time-in-force", "gtd", "--until", until)
    order = asked("sell", "1", *words, "--reduce-only", "--extended-hours").order
    assert isinstance(order, OrderIntended)
    assert order.expire_time_ns == 1_795_447_800 * 10**9
    assert order.flags == OrderFlag.REDUCE_ONLY | OrderFlag.EXTENDED_HOURS


def test_what_the_core_holds_has_its_trigger_its_group_and_whom_it_waits_for() -> None:
    order = asked("sell", "1", "--trail-percent", "1.5", "--after", "j0-a-1", "--oco", "out").order
    assert isinstance(order, ConditionalIntended)
    assert (order.trigger, order.trail_share) == (Trigger.TRAIL, 15_000_000)
    assert (order.parent, order.group) == ("j0-a-1", "cli:out")
    touched = asked("buy", "1", "--touch", "59000", "--limit", "58990").order
    assert isinstance(touched, ConditionalIntended)
    assert (touched.trigger, touched.trigger_price) == (Trigger.TOUCH, 5_900_000)
    assert touched.limit_price == 5_899_000
    trailing = asked("sell", "1", "--trail", "5", "--stop", "58000").order
    assert isinstance(trailing, ConditionalIntended)
    assert (trailing.trail, trailing.trigger_price) == (500, 5_800_000)


def test_a_bracket_has_exits_with_ids_of_their_own_that_its_key_makes_again() -> None:
    words = ("buy", "1", "--take-profit", "70000", "--stop-loss", "50000")
    wanted = asked(*words)
    profit, loss = wanted.exits
    entry = wanted.order.order_id
    assert (profit.limit_price, loss.trigger_price) == (7_000_000, 5_000_000)
    assert {one.parent for one in wanted.exits} == {one.group for one in wanted.exits} == {entry}
    assert {one.side for one in wanted.exits} == {Side.SELL}
    assert len({entry, profit.order_id, loss.order_id}) == 3
    assert asked(*words) == wanted
    trailing = asked("buy", "1", "--trailing-loss-percent", "2").exits
    assert [one.trail_share for one in trailing] == [20_000_000]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--stop", "0"], "--stop: 0 is not above 0"),
        (["--touch", "-1"], "--touch: -1 is not above 0"),
        (["--stop", "x"], "'x' is not a number"),
        (["--touch", "5", "--stop", "6"], "stop_price: an order of type IF_TOUCHED has none"),
        (["--trail", "5", "--trail-percent", "1"], "needs either this distance or trail_percent"),
        (["--trail-percent", "100"], "a stop trails by less than 100 percent of the price"),
        (["--time-in-force", "gtd"], "--time-in-force gtd and --until go together"),
        (["--until", "2026-11-23"], "--time-in-force gtd and --until go together"),
        (["--time-in-force", "gtd", "--until", "soon"], "--until: 'soon' is no time"),
        (["--take-profit", "5", "--stop-loss", "6"], "it is above its stop_loss"),
        (["--stop-loss", "5", "--trailing-loss", "6"], "a bracket has one stop"),
        (["--stop-loss", "0"], "stop_loss: give one above 0"),
        (["--stop-loss", "5.001"], "5.001"),
        (["--algorithm", "twap", "--seconds", "9", "--stop", "5"], "--stop: an order that is work"),
        (["--display", "0.1", "--limit", "9", "--oco", "out"], "--oco: an order that is worked"),
        (["--seconds", "9"], "--seconds is for an algorithm: name one"),
    ],
)
def test_what_does_not_go_together_is_refused(words: list[str], sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        asked("buy", "1", *words)
    assert sentence in str(refused.value)


def test_an_algorithm_is_asked_for_as_before() -> None:
    order = asked("buy", "1", "--algorithm", "twap", "--seconds", "60", "--slices", "4").order
    assert isinstance(order, AlgorithmIntended)
    assert order.weights == (1, 1, 1, 1)
