"""What spot has beyond the port: order types, lists, cancel and replace, the router."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.adapters.binance.scripted_venue import ORDER, ScriptedVenue
from tests.adapters.binance.trading_case import run, trading
from tradewind.adapters.binance.order_parameters import SpotOrder
from tradewind.adapters.binance.spot_extras import SpotExtras
from tradewind.ports.trading import Refused

LIST = {
    "orderListId": 1,
    "contingencyType": "OCO",
    "listStatusType": "EXEC_STARTED",
    "listOrderStatus": "EXECUTING",
    "listClientOrderId": "list-1",
    "symbol": "BTCUSDT",
    "orderReports": [ORDER],
}
LIMIT = SpotOrder(side="BUY", type="LIMIT", quantity="1", price="9", client_id="a")
ABOVE = SpotOrder(side="SELL", type="LIMIT_MAKER", quantity="1", price="70000", client_id="b")
BELOW = SpotOrder(
    side="SELL",
    type="STOP_LOSS_LIMIT",
    quantity="1",
    price="50000",
    stop_price="50001",
    client_id="c",
)
SIGNED = ("recvWindow", "timestamp", "signature")


def with_extras(scenario: Callable[[ScriptedVenue, SpotExtras], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with trading() as (venue, one, _):
            await scenario(venue, SpotExtras(one.rest))

    run(whole)


def only(venue: ScriptedVenue, call: str) -> dict[str, str]:
    (sent,) = venue.asked(call)
    return {name: value for name, value in sent.items() if name not in SIGNED}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (LIMIT, {"type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "9"}),
        (
            SpotOrder(side="BUY", type="MARKET", quote_quantity="100"),
            {"type": "MARKET", "quoteOrderQty": "100"},
        ),
        (ABOVE, {"type": "LIMIT_MAKER", "quantity": "1", "price": "70000"}),
        (
            SpotOrder(side="BUY", type="STOP_LOSS", quantity="1", trailing_bips=100),
            {"type": "STOP_LOSS", "quantity": "1", "trailingDelta": "100"},
        ),
        (
            BELOW,
            {
                "type": "STOP_LOSS_LIMIT",
                "timeInForce": "GTC",
                "quantity": "1",
                "price": "50000",
                "stopPrice": "50001",
            },
        ),
        (
            SpotOrder(side="BUY", type="TAKE_PROFIT", quantity="1", stop_price="5"),
            {"type": "TAKE_PROFIT", "quantity": "1", "stopPrice": "5"},
        ),
        (
            SpotOrder(
                side="BUY", type="TAKE_PROFIT_LIMIT", quantity="1", price="5", stop_price="6",
                time_in_force="IOC",
            ),
            {
                "type": "TAKE_PROFIT_LIMIT",
                "timeInForce": "IOC",
                "quantity": "1",
                "price": "5",
                "stopPrice": "6",
            },
        ),
    ],
)  # fmt: skip
def test_every_type_sends_what_it_takes_and_nothing_else(
    order: SpotOrder, expected: dict[str, str]
) -> None:
    async def scenario(venue: ScriptedVenue, extras: SpotExtras) -> None:
        venue.say("POST /api/v3/order", (200, ORDER))
        await extras.place("BTCUSDT", order)
        sent = only(venue, "POST /api/v3/order")
        for name in ("symbol", "side", "newOrderRespType", "newClientOrderId"):
            sent.pop(name, None)
        assert sent == expected

    with_extras(scenario)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "MARKET"},
        {"type": "MARKET", "quantity": "1", "quote_quantity": "1"},
        {"type": "MARKET", "quantity": "1", "price": "1"},
        {"type": "LIMIT", "quantity": "1"},
        {"type": "LIMIT_MAKER", "quantity": "1", "price": "1", "time_in_force": "GTC"},
        {"type": "STOP_LOSS", "quantity": "1"},
        {"type": "LIMIT", "quantity": "1", "price": "1", "stop_price": "1"},
    ],
)
def test_what_does_not_fit_a_type_is_refused_here(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="takes"):
        SpotOrder(side="BUY", **wrong).parameters()


def test_a_pair_names_its_legs_above_and_below() -> None:
    async def scenario(venue: ScriptedVenue, extras: SpotExtras) -> None:
        venue.say("POST /api/v3/orderList/oco", (200, LIST))
        answer = await extras.place_oco("BTCUSDT", above=ABOVE, below=BELOW, list_id="list-1")
        assert answer.order_reports[0].order_id == 28
        assert only(venue, "POST /api/v3/orderList/oco") == {
            "symbol": "BTCUSDT",
            "listClientOrderId": "list-1",
            "side": "SELL",
            "quantity": "1",
            "aboveType": "LIMIT_MAKER",
            "abovePrice": "70000",
            "aboveClientOrderId": "b",
            "belowType": "STOP_LOSS_LIMIT",
            "belowTimeInForce": "GTC",
            "belowPrice": "50000",
            "belowStopPrice": "50001",
            "belowClientOrderId": "c",
        }

    with_extras(scenario)


def test_a_bracket_names_its_working_and_pending_legs() -> None:
    async def scenario(venue: ScriptedVenue, extras: SpotExtras) -> None:
        venue.say("POST /api/v3/orderList/otoco", (200, LIST))
        venue.say("POST /api/v3/orderList/oto", (200, LIST))
        venue.say("DELETE /api/v3/orderList", (200, LIST))
        await extras.place_otoco(
            "BTCUSDT", working=LIMIT, above=ABOVE, below=BELOW, list_id="list-1"
        )
        sent = only(venue, "POST /api/v3/orderList/otoco")
        assert (sent["workingType"], sent["workingSide"], sent["workingTimeInForce"]) == (
            "LIMIT",
            "BUY",
            "GTC",
        )
        assert (sent["pendingSide"], sent["pendingQuantity"]) == ("SELL", "1")
        assert (sent["pendingAboveType"], sent["pendingBelowStopPrice"]) == (
            "LIMIT_MAKER",
            "50001",
        )
        await extras.place_oto("BTCUSDT", working=LIMIT, pending=BELOW, list_id="list-1")
        sent = only(venue, "POST /api/v3/orderList/oto")
        assert (sent["pendingSide"], sent["pendingStopPrice"]) == ("SELL", "50001")
        await extras.cancel_list("BTCUSDT", "list-1")
        assert only(venue, "DELETE /api/v3/orderList")["listClientOrderId"] == "list-1"

    with_extras(scenario)


def test_a_half_done_cancel_and_replace_says_which_half() -> None:
    body = {
        "code": -2021,
        "msg": "Order cancel-replace partially failed.",
        "data": {
            "cancelResult": "SUCCESS",
            "newOrderResult": "FAILURE",
            "cancelResponse": ORDER,
            "newOrderResponse": {"code": -1015, "msg": "Too many new orders."},
        },
    }

    async def scenario(venue: ScriptedVenue, extras: SpotExtras) -> None:
        call = "POST /api/v3/order/cancelReplace"
        venue.say(call, (409, body), (400, {"code": -1102, "msg": "Mandatory parameter"}))
        answer = await extras.cancel_replace("BTCUSDT", "old", LIMIT)
        assert (answer.cancel_result, answer.new_order_result) == ("SUCCESS", "FAILURE")
        sent = only(venue, call)
        assert (sent["cancelOrigClientOrderId"], sent["newClientOrderId"]) == ("old", "a")
        with pytest.raises(Refused, match="Mandatory"):
            await extras.cancel_replace("BTCUSDT", "old", LIMIT)

    with_extras(scenario)


def test_the_router_and_the_check_have_calls_of_their_own() -> None:
    async def scenario(venue: ScriptedVenue, extras: SpotExtras) -> None:
        venue.say("POST /api/v3/sor/order", (200, {**ORDER, "usedSor": True}))
        venue.say("POST /api/v3/order/test", (200, {}))
        await extras.place_by_router("BTCUSDT", LIMIT)
        await extras.check("BTCUSDT", LIMIT)
        assert len(venue.asked("POST /api/v3/sor/order")) == 1
        assert len(venue.asked("POST /api/v3/order/test")) == 1

    with_extras(scenario)
