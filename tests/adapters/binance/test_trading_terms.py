"""Terms of orders at Binance: amendments, USD-M, what it has not, and that no secret shows."""

from __future__ import annotations

import traceback
from typing import Any

import msgspec
import pytest

from tests.adapters.binance.scripted_venue import ORDER
from tests.adapters.binance.trading_case import (
    BTC,
    ETH_USDM,
    KEYS,
    ORDERS,
    run,
    submit,
    trading,
)
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.model.orders import Leg, OrderFlag, OrderType, TimeInForce
from tradewind.ports.trading import Refused


def test_a_spot_amendment_lowers_the_quantity_and_keeps_the_id() -> None:
    amended = {
        "transactTime": 1741926410255,
        "executionId": 75,
        "amendedOrder": {
            "symbol": "BTCUSDT",
            "orderId": 28,
            "origClientOrderId": "j0-cross-1",
            "clientOrderId": "j0-cross-1",
            "price": "60000.00000000",
            "qty": "0.00200000",
            "status": "NEW",
        },
    }
    call = "PUT /api/v3/order/amend/keepPriority"

    async def scenario() -> None:
        async with trading() as (venue, one, reports):
            venue.say("GET /api/v3/order", (200, ORDER))
            venue.say(call, (200, amended))
            order = m.AmendOrder(0, "j0-cross-1", "BINANCE", BTC.id, 200_000, 6_000_000)
            await one.amend(order)
            assert reports == [m.OrderAmended(0, "j0-cross-1", 200_000, 6_000_000)]
            (sent,) = venue.asked(call)
            assert (sent["newQty"], sent["newClientOrderId"]) == ("0.002", "j0-cross-1")
            with pytest.raises(Refused, match="does not change prices"):
                await one.amend(msgspec.structs.replace(order, limit_price=6_000_001))

    run(scenario)


def test_usdm_orders_and_events_are_spoken_too() -> None:
    answer = {**ORDER, "symbol": "ETHUSDT", "orderId": 7, "cumQty": "0", "positionSide": "BOTH"}
    update = {
        "s": "ETHUSDT", "c": "j0-cross-1", "S": "BUY", "o": "MARKET", "q": "0.003", "p": "0",
        "x": "TRADE", "X": "FILLED", "i": 7, "l": "0.003", "z": "0.003", "L": "2681.63",
        "T": 1568879465650, "t": 4308068523, "m": True, "N": "USDT",
        "n": "0.00321795", "ps": "BOTH",
    }  # fmt: skip

    async def scenario() -> None:
        async with trading("usdm") as (venue, one, reports):
            venue.say("POST /fapi/v1/order", (200, answer))
            order = submit(
                instrument=ETH_USDM.id,
                quantity=3,
                limit_price=268_163,
                flags=OrderFlag.POST_ONLY | OrderFlag.REDUCE_ONLY,
            )
            await one.submit(order)
            (sent,) = venue.asked("POST /fapi/v1/order")
            assert (sent["timeInForce"], sent["reduceOnly"], sent["quantity"]) == (
                "GTX",
                "true",
                "0.003",
            )
            event = {"e": "ORDER_TRADE_UPDATE", "E": 1, "T": 1, "o": update}
            for socket in venue.sockets:
                await socket.send_str(msgspec.json.encode(event).decode())
            await reports.until(2)
            assert reports[1] == m.OrderFilled(
                0, "j0-cross-1", "4308068523", 268_163, 3, 321_795, "USDT", 1
            )

    run(scenario)


@pytest.mark.parametrize(
    "changes",
    [
        {"time_in_force": TimeInForce.DAY},
        {"time_in_force": TimeInForce.GTD},
        {"flags": OrderFlag.REDUCE_ONLY},
        {"leg": Leg.LONG},
        {"type": OrderType.MARKET, "flags": OrderFlag.POST_ONLY},
        {"type": OrderType.MARKET, "time_in_force": TimeInForce.FOK},
        {"flags": OrderFlag.POST_ONLY, "time_in_force": TimeInForce.IOC},
        {"instrument": "XRP/USDT.BINANCE"},
    ],
)
def test_what_the_venue_has_not_is_refused_before_sending(changes: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, _):
            with pytest.raises(Refused):
                await one.submit(submit(**changes))
            assert venue.asked(ORDERS) == []

    run(scenario)


def test_no_secret_is_in_errors_reprs_or_tracebacks() -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, _):
            shown: list[Any] = [repr(KEYS), repr(one), repr(one.rest), repr(one.connection)]
            for answer in [(504, ""), (400, {"code": -1022, "msg": "Signature"}), (200, "x")]:
                venue.say(ORDERS, answer)
                try:
                    await one.submit(submit())
                except (OutsideError, Refused) as error:
                    shown += traceback.TracebackException.from_exception(
                        error, capture_locals=False
                    ).format()
                    shown += [repr(error), repr(error.__context__), repr(error.__cause__)]
            everything = "".join(map(str, shown))
            assert "canary" not in everything
            assert "signature=" not in everything
            assert "Signature" in everything

    run(scenario)
