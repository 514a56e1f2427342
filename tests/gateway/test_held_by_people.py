"""Orders that the core holds or works, over HTTP: gateway, socket, desk and core are real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import running
from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import Algorithm, AlgorithmIntended, AtEnd, ParentEnded
from tradewind.model.instruments import Instrument
from tradewind.model.orders import OrderFlag, Side, TimeInForce
from tradewind.model.route_messages import route
from tradewind.runtime.desk import Desk

ORDERS = "/api/v1/orders"
BTC = Instrument("BTC/USDT.SIM", tick="0.05", lot="0.001", currency="USDT")
ETH = Instrument("ETH/USDT.SIM", tick="0.01", lot="0.001", currency="USDT")
WANTED = {"instrument": BTC.id, "side": "SELL", "quantity": "0.250"}


class Stepping:
    """What a desk needs of a loop: an engine that steps at once, and its records."""

    def __init__(self) -> None:
        self.engine = Engine(State())
        self.listeners: list[Any] = []
        self.records: list[Any] = []

    async def submit(self, event: m.ControlEvent, *more: m.ControlEvent) -> int:
        for each in (event, *more):
            self.engine.step(each)
        sequences, records = self.engine.take_records()
        self.records += records
        return int(sequences[0])

    def made(self, kind: type) -> list[Any]:
        return [record for record in self.records if isinstance(record, kind)]


@pytest.fixture
def loop() -> Stepping:
    stepping = Stepping()
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, BTC),
        m.InstrumentListed(1, ETH),
        m.AccountOpened(1, "paper", "USDT"),
        m.CashDeposited(1, "paper", "USDT", 10**12),
        m.StrategyRegistered(1, "person", "paper", "", {}),
        m.StrategyRegistered(1, "cross", "paper", "", {}),
    ):
        stepping.engine.step(event)
    stepping.engine.take_records()
    return stepping


@pytest.fixture
def trader(tmp_path: Path, loop: Stepping) -> Iterator[TestClient]:
    desk = cast(Any, Desk(cast(Any, loop), cast(Any, None), mode="paper", now_ns=lambda: 0))
    with running(tmp_path, desk):
        served = Served(tmp_path, desk)
        with served.client() as client:
            served.add("ann", "trader")
            served.login(client, "ann")
            yield client


def placed(client: TestClient, key: str, **terms: Any) -> Any:
    return client.post(ORDERS, json=WANTED | terms, headers={"Idempotency-Key": key})


@pytest.mark.parametrize(
    ("terms", "trigger", "prices", "shown"),
    [
        (
            {"type": "TRAILING_STOP", "trail": "50.00"},
            m.Trigger.TRAIL,
            (0, 0, 5_000, 0),
            ("", "", "trails its price by 50.00"),
        ),
        (
            {"type": "TRAILING_STOP", "trail_percent": "1.5", "stop_price": "59000"},
            m.Trigger.TRAIL,
            (0, 5_900_000, 0, 15_000_000),
            ("", "59000.00", "trails its price by 1.5 %"),
        ),
        (
            {"type": "IF_TOUCHED", "touch_price": "61000"},
            m.Trigger.TOUCH,
            (0, 6_100_000, 0, 0),
            ("", "61000.00", "waits for its price"),
        ),
        (
            {"type": "IF_TOUCHED", "touch_price": "61000", "limit_price": "60990"},
            m.Trigger.TOUCH,
            (6_099_000, 6_100_000, 0, 0),
            ("60990.00", "61000.00", "waits for its price"),
        ),
    ],
)
def test_a_held_order_reaches_the_core_exactly_and_is_shown_and_canceled(
    trader: TestClient,
    loop: Stepping,
    terms: dict[str, str],
    trigger: m.Trigger,
    prices: Any,
    shown: tuple[str, str, str],
) -> None:
    answer = placed(trader, "k1", time_in_force="DAY", reduce_only=True, **terms)
    assert answer.status_code == 202, answer.text
    order_id = answer.json()["order_id"]
    (intent,) = loop.made(m.ConditionalIntended)
    assert (intent.order_id, intent.strategy, intent.quantity) == (order_id, "person", 250)
    assert (intent.side, intent.trigger) == (Side.SELL, trigger)
    told = (intent.limit_price, intent.trigger_price, intent.trail, intent.trail_share)
    assert told == prices
    assert (intent.time_in_force, intent.flags) == (TimeInForce.DAY, OrderFlag.REDUCE_ONLY)
    assert len(loop.made(m.OrderHeld)) == 1
    (row,) = trader.get(f"{ORDERS}/open").json()["orders"]
    assert (row["order_id"], row["state"], row["type"]) == (order_id, "HELD", trigger.name)
    told = trader.get(f"{ORDERS}/{order_id}").json()
    assert (told["state"], told["type"], told["is_open"]) == ("HELD", trigger.name, 1)
    assert (told["limit_price"], told["stop_price"], told["reason"]) == shown
    assert (told["quantity"], told["time_in_force"], told["fills"]) == ("0.250", "DAY", [])
    assert trader.delete(f"{ORDERS}/{order_id}").status_code == 202
    assert trader.get(f"{ORDERS}/{order_id}").status_code == 404
    assert [record.reason for record in loop.made(m.HeldOrderEnded)] == ["canceled"]


def test_a_bracket_waits_for_its_entry_and_then_sends_the_profit(
    trader: TestClient, loop: Stepping
) -> None:
    bracket = {"side": "BUY", "take_profit": "61000", "stop_loss": "59000"}
    answer = placed(trader, "k1", type="LIMIT", limit_price="60000", **bracket).json()
    entry, (profit, loss) = answer["order_id"], answer["exit_ids"]
    assert [order.order_id for order in loop.made(m.SubmitOrder)] == [entry]
    first, second = loop.made(m.ConditionalIntended)
    assert (first.order_id, first.side, first.limit_price) == (profit, Side.SELL, 6_100_000)
    assert (second.order_id, second.trigger) == (loss, m.Trigger.STOP)
    assert {(exit.parent, exit.group) for exit in (first, second)} == {(entry, entry)}
    assert placed(trader, "k1", type="LIMIT", limit_price="60000", **bracket).json() == answer
    assert len(loop.made(m.ConditionalIntended)) == 2
    waiting = [trader.get(f"{ORDERS}/{name}").json() for name in (profit, loss)]
    assert [row["state"] for row in waiting] == ["HELD", "HELD"]
    assert {row["reason"] for row in waiting} == {f"waits for fills of {entry}"}
    loop.engine.step(m.OrderAccepted(9, entry, "v1"))
    loop.engine.step(m.OrderFilled(9, entry, "f1", 6_000_000, 250, 0, "USDT", 1))
    loop.records += loop.engine.take_records()[1]
    assert [order.order_id for order in loop.made(m.SubmitOrder)] == [entry, profit]
    assert loop.made(m.OrderDenied) == []


def test_one_cancels_the_other_and_one_after_the_other(trader: TestClient, loop: Stepping) -> None:
    entry = placed(trader, "k1", type="LIMIT", side="BUY", limit_price="60000").json()["order_id"]
    for key, terms in (("k2", {"type": "LIMIT", "limit_price": "61000"}), ("k3", {"type": "STOP"})):
        stop = {"stop_price": "59000"} if key == "k3" else {}
        assert placed(trader, key, after=entry, oco="out", **terms, **stop).status_code == 202
    one, other = loop.made(m.ConditionalIntended)
    assert (one.parent, one.group) == (other.parent, other.group) == (entry, one.group)
    assert one.group.endswith(":out")
    assert loop.made(m.OrderDenied) == []


@pytest.mark.parametrize("word", ["OPG", "CLS"])
def test_times_and_flags_of_the_core_are_taken(
    trader: TestClient, loop: Stepping, word: str
) -> None:
    answer = placed(
        trader, "k1", time_in_force=word, type="LIMIT", limit_price="60000", extended_hours=True
    )
    assert answer.status_code == 202, answer.text
    (intent,) = loop.made(m.OrderIntended)
    wanted = (TimeInForce[word], OrderFlag.EXTENDED_HOURS)
    assert (intent.time_in_force, intent.flags) == wanted


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"trail": "5"}, "trail: an order of type MARKET has none"),
        ({"type": "TRAILING_STOP"}, "needs either this distance or trail_percent"),
        ({"type": "TRAILING_STOP", "trail": "1", "trail_percent": "1"}, "needs either"),
        ({"type": "TRAILING_STOP", "trail_percent": "100"}, "less than 100 percent"),
        ({"type": "TRAILING_STOP", "trail_percent": "0.00000001"}, "more than 7 digits"),
        ({"type": "IF_TOUCHED"}, "touch_price: an order of type IF_TOUCHED needs one"),
        ({"type": "IF_TOUCHED", "touch_price": "1", "stop_price": "1"}, "stop_price"),
        ({"type": "LIMIT", "oco": "out"}, "limit_price: an order of type LIMIT needs one"),
        ({"oco": "out", "limit_price": "1"}, "limit_price: an order of type MARKET has none"),
        ({"stop_loss": "1", "trailing_loss": "1"}, "a bracket has one stop"),
        ({"stop_loss": "59000", "take_profit": "61000"}, "is below its stop_loss"),
        ({"side": "BUY", "stop_loss": "61000", "take_profit": "59000"}, "is above its stop_loss"),
        ({"stop_loss": "59000.01"}, "multiples of 0.05"),
        ({"stop_loss": "0"}, "stop_loss: give one above 0"),
        ({"stop_loss": "61000", "reduce_only": True}, "reduce_only"),
        ({"trailing_loss_percent": "100.5"}, "less than 100 percent"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_reaches_nobody(
    trader: TestClient, loop: Stepping, terms: dict[str, Any], words: str
) -> None:
    answer = placed(trader, "k1", **terms)
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["detail"]
    assert loop.records == []


def test_cancel_all_is_one_record_by_strategy_and_instrument(
    trader: TestClient, loop: Stepping
) -> None:
    held = {"type": "IF_TOUCHED", "touch_price": "61000"}
    btc = placed(trader, "k1", **held).json()["order_id"]
    eth = placed(trader, "k2", instrument=ETH.id, **held).json()["order_id"]
    sent = placed(trader, "k3", type="LIMIT", limit_price="60000").json()["order_id"]
    loop.engine.step(
        m.ConditionalIntended(
            9, "j0-cross-1", "cross", BTC.id, Side.SELL, 1, m.Trigger.STOP, trigger_price=100
        )
    )
    loop.engine.take_records()
    for query, gone in (
        (f"?instrument={ETH.id}&strategy=person", [eth]),
        ("?strategy=cross", ["j0-cross-1"]),
        ("", [btc]),
    ):
        loop.records.clear()
        answer = trader.delete(ORDERS + query)
        assert answer.status_code == 202, answer.text
        assert [record.order_id for record in loop.made(m.HeldOrderEnded)] == gone
        assert len(loop.made(m.CancelAllIntended)) == 1
        assert set(gone) <= set(answer.json()["order_ids"])
    assert [command.order_id for command in loop.made(m.CancelOrder)] == [sent]
    loop.records.clear()
    for query in ("?strategy=nobody", "?instrument=XRP/USDT.SIM"):
        assert trader.delete(ORDERS + query).status_code == 404
    assert loop.records == []


def test_the_stop_price_of_a_held_order_is_amended(trader: TestClient, loop: Stepping) -> None:
    terms = {"type": "TRAILING_STOP", "stop_price": "58000", "trail": "500"}
    order_id = placed(trader, "k1", side="SELL", **terms).json()["order_id"]
    change = {"stop_price": "58500"}
    answer = trader.patch(
        f"/api/v1/orders/{order_id}", json=change, headers={"Idempotency-Key": "a1"}
    )
    assert answer.status_code == 200, answer.text
    assert loop.engine.state.held[order_id].trigger_price == 5_850_000


def test_a_stop_that_trails_takes_another_distance_and_nothing_else_does(
    trader: TestClient, loop: Stepping
) -> None:
    def amend(order_id: str, key: str, **change: str) -> tuple[int, str]:
        answer = trader.patch(f"{ORDERS}/{order_id}", json=change, headers={"Idempotency-Key": key})
        return answer.status_code, answer.json().get("detail", "")

    terms = {"type": "TRAILING_STOP", "trail": "500"}
    order_id = placed(trader, "k1", side="SELL", **terms).json()["order_id"]
    held = loop.engine.state.held[order_id]
    assert amend(order_id, "a1", trail="600.50")[0] == 200
    assert (held.terms.trail, held.terms.trail_share) == (60_050, 0)
    assert amend(order_id, "a2", trail_percent="1.5")[0] == 200
    assert (held.terms.trail, held.terms.trail_share) == (0, 15_000_000)
    limit = placed(trader, "k2", side="BUY", type="LIMIT", limit_price="59000").json()["order_id"]
    loop.records.clear()
    assert amend(limit, "a3", trail="5") == (400, f"trail: {limit} is no stop that trails")
    for number, (change, sentence) in enumerate(WRONG_TRAILS):
        assert amend(order_id, f"b{number}", **change) == (400, sentence)
    assert loop.records == []
    assert held.terms.trail_share == 15_000_000


WRONG_TRAILS: list[tuple[dict[str, str], str]] = [
    ({"trail": "0"}, "trail: the distance of a stop that trails is above 0"),
    ({"trail_percent": "100"}, "trail: a stop trails by less than 100 percent of the price"),
    (
        {"trail": "1", "trail_percent": "1"},
        "trail: give a distance in price or in percent, not both",
    ),
]


def test_the_stop_price_of_an_order_at_its_venue_is_amended(
    trader: TestClient, loop: Stepping
) -> None:
    stop = placed(trader, "k1", side="SELL", type="STOP", stop_price="58000").json()["order_id"]
    limit = placed(trader, "k2", side="BUY", type="LIMIT", limit_price="59000").json()["order_id"]
    change = {"json": {"stop_price": "58500"}, "headers": {"Idempotency-Key": "a1"}}
    loop.engine.step(m.OrderAccepted(9, stop, "v1"))
    loop.engine.take_records()
    loop.records.clear()
    assert trader.patch(f"{ORDERS}/{stop}", **change).status_code == 200
    (held,) = loop.made(m.OrderHeld)
    assert held.order_id == f"{stop}_2"
    assert held.reason.startswith("SIM changes no stop price")
    change["headers"] = {"Idempotency-Key": "a2"}
    answer = trader.patch(f"{ORDERS}/{limit}", **change)
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"stop_price: {limit} is a LIMIT order: it has none"
    loop.engine.step(m.OrderCanceled(10, stop, "", 0))
    assert loop.engine.state.open_orders[f"{stop}_2"].stop_price == 5_850_000


def test_an_algorithm_reaches_the_core_exactly_is_shown_and_is_placed_once(
    trader: TestClient, loop: Stepping
) -> None:
    terms: dict[str, Any] = {
        "algorithm": "vwap", "seconds": "600", "curve": [1, 3], "limit_price": "60000.00",
        "participation": "0.25", "min_child": "0.010", "at_end": "cross", "side": "BUY",
    }  # fmt: skip
    answer = placed(trader, "k1", **terms)
    assert answer.status_code == 202, answer.text
    assert placed(trader, "k1", **terms).json() == answer.json()
    (wanted,) = loop.made(AlgorithmIntended)
    assert (wanted.order_id, wanted.algorithm) == (answer.json()["order_id"], Algorithm.VWAP)
    assert (wanted.quantity, wanted.limit_price, wanted.weights) == (250, 6_000_000, (1, 3))
    assert (wanted.participation, wanted.min_child) == (250_000_000, 10)
    assert wanted.at_end == AtEnd.CROSS
    (row,) = trader.get(f"{ORDERS}/open").json()["orders"]
    assert (row["state"], row["type"]) == ("WORKED", "VWAP")
    assert trader.delete(f"{ORDERS}/{row['order_id']}").status_code == 202
    assert [ended.reason for ended in loop.made(ParentEnded)] == ["canceled"]


def test_an_iceberg_needs_no_other_word_and_shows_its_part(
    trader: TestClient, loop: Stepping
) -> None:
    answer = placed(trader, "k1", side="BUY", display="0.100", limit_price="60000", type="LIMIT")
    assert answer.status_code == 202, answer.text
    assert [order.quantity for order in loop.made(m.SubmitOrder)] == [100]


def test_the_name_of_a_route_stands_for_its_listings(trader: TestClient, loop: Stepping) -> None:
    loop.engine.step(route("coins", (BTC.id, "0", 0)))
    loop.engine.take_records()
    assert placed(trader, "k1", instrument="coins").status_code == 202
    (wanted,) = loop.made(AlgorithmIntended)
    assert (wanted.route, wanted.instrument) == ("coins", BTC.id)
    assert wanted.algorithm == Algorithm.AT_ONCE


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"seconds": "60"}, "seconds: is for an algorithm"),
        ({"algorithm": "twap"}, "twap needs a window"),
        ({"algorithm": "pov"}, "participation: pov needs the share"),
        ({"algorithm": "twap", "seconds": "60", "take_profit": "1"}, "take_profit: an order that"),
        ({"algorithm": "twap", "seconds": "60", "time_in_force": "DAY"}, "time_in_force"),
        ({"algorithm": "twap", "seconds": "60", "type": "STOP"}, "type: children are MARKET"),
        ({"display": "0.1"}, "an iceberg rests at a price"),
        ({"algorithm": "twap", "seconds": "60", "urgency": "2"}, "urgency: only shortfall"),
        ({"algorithm": "twap", "seconds": "NaN"}, "seconds"),
    ],
)
def test_what_cannot_be_worked_is_one_sentence_and_reaches_nobody(
    trader: TestClient, loop: Stepping, terms: dict[str, Any], words: str
) -> None:
    answer = placed(trader, "k1", **terms)
    assert answer.status_code in (400, 422), answer.text
    assert words in answer.text
    assert loop.records == []


def test_an_amend_of_a_filled_order_and_a_cancel_of_an_unknown_one_change_nothing(
    trader: TestClient, loop: Stepping
) -> None:
    name = placed(trader, "k1", side="BUY", type="LIMIT", limit_price="60000").json()["order_id"]
    loop.engine.step(m.OrderAccepted(9, name, "v1"))
    loop.engine.step(m.OrderFilled(9, name, "f1", 6_000_000, 250, 0, "USDT", 1))
    loop.engine.take_records()
    before, sequence = list(loop.records), loop.engine.state.sequence
    change = {"json": {"quantity": "0.300"}, "headers": {"Idempotency-Key": "k2"}}
    answers = [
        trader.patch(f"{ORDERS}/{name}", **change),
        trader.delete(f"{ORDERS}/{name}"),
        trader.patch(f"{ORDERS}/j0-person-9", **change),
        trader.delete(f"{ORDERS}/j0-person-9"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert f"there is no open order '{name}'" in answers[0].json()["detail"]
    assert "there is no open order 'j0-person-9'" in answers[3].json()["detail"]
    assert (loop.records, loop.engine.state.sequence) == (before, sequence)
