"""The documented examples of Binance: what we parse is in them, what we send is as they send it.

The examples lie beside the real data (`../venues/examples`), not in this repository.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewind.adapters.binance import order_wire as w
from tradewind.adapters.binance.exchange_info import ExchangeInfo, Filter, decode_exchange_info
from tradewind.adapters.binance.history import AggregateRow, BarRow, PrintRow
from tradewind.adapters.binance.limits import RateLimit
from tradewind.adapters.binance.order_parameters import SpotOrder
from tradewind.adapters.binance.refusals import ErrorBody
from tradewind.adapters.binance.rest import ServerTime
from tradewind.adapters.binance.spot_extras import _leg
from tradewind.adapters.binance.wire import (
    AggregateTradeFrame,
    BookTickerFrame,
    DepthSnapshotFrame,
    DepthUpdateFrame,
    KlineFrame,
    OtherFrame,
    TradeFrame,
    decode_frame,
)

pytestmark = pytest.mark.skipif(
    not os.environ.get("TRADEWIND_REAL_DATA"),
    reason="TRADEWIND_REAL_DATA is not set: Binance's documented examples are not beside it",
)


def examples() -> list[dict[str, Any]]:
    path = Path(os.environ["TRADEWIND_REAL_DATA"]).parent / "venues" / "examples"
    found: list[dict[str, Any]] = json.loads((path / "binance_doc_examples.json").read_text())
    return found


def sections(doc: str, *names: str) -> list[Any]:
    """The examples of some sections of a document."""
    return [
        each["json"]
        for each in examples()
        if each["doc"] == doc and each["section"].split(" (")[0] in names
    ]


# Sections of the REST document and the type that reads their answers.
ANSWERS: list[tuple[tuple[str, ...], Any]] = [
    (("Check server time",), ServerTime),
    (("Order book",), DepthSnapshotFrame),
    (("Recent trades list", "Old trade lookup"), list[PrintRow]),
    (("Compressed/Aggregate trades list",), list[AggregateRow]),
    (("Kline/Candlestick data",), list[BarRow]),
    (("New order", "Query order", "New order using SOR"), w.OrderAnswer),
    (("Current open orders", "All orders"), list[w.OrderAnswer]),
    (("Order Amend Keep Priority",), w.AmendAnswer),
    (
        (
            "New Order list - OCO",
            "New Order list - OTO",
            "New Order list - OTOCO",
            "Cancel Order list",
        ),
        w.OrderListAnswer,
    ),
    (("Account information",), w.SpotAccount),
    (("Account trade list",), list[w.OwnTrade]),
    (("Error Codes",), ErrorBody),
]


@pytest.mark.parametrize(("names", "kind"), ANSWERS, ids=lambda each: str(each)[:40])
def test_documented_answers_are_read_as_their_types(names: tuple[str, ...], kind: Any) -> None:
    found = sections("rest-api.md", *names)
    assert found, names
    for answer in found:
        msgspec.json.decode(json.dumps(answer), type=kind)


def test_every_answer_to_a_cancel_is_read() -> None:
    for answer in sections("rest-api.md", "Cancel order"):
        kind: Any = ErrorBody if "code" in answer else w.OrderAnswer
        read = msgspec.json.decode(json.dumps(answer), type=kind)
        if isinstance(read, w.OrderAnswer):
            assert read.orig_client_order_id
            assert read.status == "CANCELED"


def test_both_halves_of_cancel_and_replace_are_read() -> None:
    found = sections("rest-api.md", "Cancel an Existing Order and Send a New Order")
    assert len(found) >= 7
    for answer in found:
        if "code" in answer:
            data = msgspec.json.decode(json.dumps(answer), type=ErrorBody).data
            if data is None:
                continue
            answer = data
        read = msgspec.json.decode(json.dumps(answer), type=w.CancelReplaceAnswer)
        assert read.cancel_result in {"SUCCESS", "FAILURE"}
        assert read.new_order_result in {"SUCCESS", "FAILURE", "NOT_ATTEMPTED"}


def test_the_documented_exchange_information_is_read() -> None:
    (found,) = sections("rest-api.md", "Exchange information")
    found["rateLimits"] = sections("enums.md", "Rate limiters")
    info = decode_exchange_info(json.dumps(found).encode())
    assert isinstance(info, ExchangeInfo)
    assert info.symbols[0].order_types == found["symbols"][0]["orderTypes"]


def test_every_documented_filter_and_limit_is_read() -> None:
    filters = [each["json"] for each in examples() if "filterType" in each["json"]]
    assert len(filters) >= 18
    for one in filters:
        read = msgspec.json.decode(json.dumps(one), type=Filter)
        assert read.filter_type == one["filterType"]
    limits = [each["json"] for each in examples() if "rateLimitType" in each["json"]]
    assert len(limits) == 3
    for one in limits:
        assert msgspec.json.decode(json.dumps(one), type=RateLimit).limit == one["limit"]


STREAMS: dict[str, type] = {
    "Aggregate Trade Streams": AggregateTradeFrame,
    "Trade Streams": TradeFrame,
    "Kline/Candlestick Streams for UTC": KlineFrame,
    "Individual Symbol Book Ticker Streams": BookTickerFrame,
    "Diff. Depth Stream": DepthUpdateFrame,
    "Partial Book Depth Streams": DepthSnapshotFrame,
    "Average Price": OtherFrame,
    "Individual Symbol Mini Ticker Stream": OtherFrame,
}


@pytest.mark.parametrize("section", STREAMS)
def test_documented_market_events_are_the_frames_we_know(section: str) -> None:
    found = sections("web-socket-streams.md", section)
    assert found
    for event in found:
        assert type(decode_frame(json.dumps(event).encode())) is STREAMS[section]


def test_documented_user_events_are_read() -> None:
    found = [each["json"] for each in examples() if each["doc"] == "user-data-stream.md"]
    events = [each["event"] for each in found if "event" in each]
    assert len(events) >= 4
    for frame in found:
        msgspec.json.decode(json.dumps(frame), type=w.ApiFrame)
    reports = [event for event in events if event["e"] == "executionReport"]
    for report in reports:
        read = msgspec.json.decode(json.dumps(report), type=w.ExecutionReport)
        assert read.order_id == report["c"]


def test_every_frame_of_the_websocket_api_is_read() -> None:
    frames = [
        each["json"]
        for each in examples()
        if each["doc"] == "web-socket-api.md" and "method" not in each["json"]
    ]
    assert len(frames) > 50
    for frame in frames:
        msgspec.json.decode(json.dumps(frame), type=w.ApiFrame)


def requests(method: str) -> list[dict[str, Any]]:
    """The parameters of each documented request of a method."""
    return [
        each["json"]["params"]
        for each in examples()
        if isinstance(each["json"], dict) and each["json"].get("method") == method
    ]


def test_a_subscription_has_the_documented_parameters() -> None:
    (params,) = requests("userDataStream.subscribe.signature")
    assert set(params) == {"apiKey", "timestamp", "signature"}


LIMIT = SpotOrder(side="BUY", type="LIMIT", quantity="1", price="1", client_id="a")
STOP = SpotOrder(
    side="BUY", type="STOP_LOSS_LIMIT", quantity="1", price="1", stop_price="1", client_id="a",
    iceberg_quantity="1", trailing_bips=1, self_trade_prevention="NONE",
)  # fmt: skip
SIGNING = {"apiKey", "signature", "timestamp", "recvWindow"}
SENT: dict[str, Callable[[], set[str]]] = {
    "order.place": lambda: {"symbol", *LIMIT.parameters()},
    "orderList.place.oco": lambda: {
        "symbol", "side", "quantity", "listClientOrderId",
        *_leg("above", STOP), *_leg("below", STOP),
    },
    "orderList.place.oto": lambda: {
        "symbol", "listClientOrderId", *_leg("working", STOP), *_leg("pending", STOP),
    },
    "orderList.place.otoco": lambda: {
        "symbol", "listClientOrderId", "pendingSide", "pendingQuantity",
        *_leg("working", STOP), *_leg("pendingAbove", STOP), *_leg("pendingBelow", STOP),
    },
    "order.cancelReplace": lambda: {
        "symbol", "cancelReplaceMode", "cancelOrigClientOrderId", *LIMIT.parameters(),
    },
    "sor.order.place": lambda: {"symbol", *LIMIT.parameters()},
}  # fmt: skip
"""The names that our requests use, by the method whose example has them."""


@pytest.mark.parametrize("method", SENT)
def test_what_an_example_sends_is_among_what_we_send(method: str) -> None:
    found = requests(method)
    assert found
    # the venue's id of an order, which we name by ours
    others = {"newOrderRespType", "cancelOrderId"}
    for params in found:
        assert set(params) - SIGNING - others <= SENT[method]()
