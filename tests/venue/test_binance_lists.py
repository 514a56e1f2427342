"""Order lists of the local Binance: what ends and what begins with which leg."""

from __future__ import annotations

from typing import Any

from tests.venue.binance_client import Client, run

OCO = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "1",
    "aboveType": "LIMIT_MAKER", "abovePrice": "60100",
    "belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "59900", "belowPrice": "59800",
    "belowTimeInForce": "GTC",
}  # fmt: skip


async def states(client: Client, answer: dict[str, Any]) -> list[str]:
    """The status of each leg now."""
    found = []
    for leg in answer["orders"]:
        _, order = await client.signed(
            "GET", "/api/v3/order", symbol="BTCUSDT", orderId=leg["orderId"]
        )
        found.append(order["status"])
    return found


async def second_trades(client: Client, side: str, quantity: str, price: str) -> None:
    """The other account takes what is in the book."""
    second = Client(client.server, client.http, "second")
    status, _ = await second.limit(side, quantity, price)
    assert status == 200


def test_a_pair_locks_once_and_a_fill_of_one_ends_the_other() -> None:
    async def scenario(client: Client) -> None:
        async with client.events() as events:
            status, answer = await client.signed("POST", "/api/v3/orderList/oco", **OCO)
            assert (status, answer["contingencyType"]) == (200, "OCO")
            assert (await client.balances())["BTC"] == ("9.00000000", "1.00000000")
            client.venue.exchange.fill(
                client.venue.exchange.orders[answer["orders"][1]["orderId"]],
                client.venue.exchange.listing("BTCUSDT").lot * 100_000,
                client.venue.chaos.clock.now_ns(),
            )
            started, done = await events.next("listStatus"), await events.next("listStatus")
        assert (started["l"], done["l"]) == ("EXEC_STARTED", "ALL_DONE")
        assert await states(client, answer) == ["EXPIRED", "FILLED"]
        assert (await client.balances())["BTC"] == ("9.00000000", "0.00000000")

    run(scenario)


def test_a_stop_that_is_set_off_ends_the_other_leg_and_pays_for_itself() -> None:
    async def scenario(client: Client) -> None:
        _, answer = await client.signed("POST", "/api/v3/orderList/oco", **OCO)
        second = Client(client.server, client.http, "second")
        await second.limit("BUY", "0.01", "59890")
        # Ten levels of the still market stand above: take them all.
        client.venue.exchange.accounts["second"].balance("BTC").free += 200
        await second_trades(client, "SELL", "100.01", "59890")
        assert await states(client, answer) == ["NEW", "EXPIRED"]
        assert (await client.balances())["BTC"] == ("9.00000000", "1.00000000")

    run(scenario)


def test_canceling_one_leg_cancels_the_list() -> None:
    async def scenario(client: Client) -> None:
        _, answer = await client.signed("POST", "/api/v3/orderList/oco", **OCO)
        status, canceled = await client.signed(
            "DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=answer["orders"][1]["orderId"]
        )
        assert (status, canceled["listOrderStatus"]) == (200, "ALL_DONE")
        assert await states(client, answer) == ["CANCELED", "CANCELED"]
        assert (await client.balances())["BTC"] == ("10.00000000", "0.00000000")
        assert (await client.signed("GET", "/api/v3/openOrderList"))[1] == []

    run(scenario)


def test_a_pending_leg_begins_when_the_working_one_is_filled_and_not_before() -> None:
    async def scenario(client: Client) -> None:
        wanted = {
            "symbol": "BTCUSDT", "workingType": "LIMIT", "workingSide": "BUY",
            "workingPrice": "60000", "workingQuantity": "1", "workingTimeInForce": "GTC",
            "pendingType": "LIMIT", "pendingSide": "SELL", "pendingPrice": "61000",
            "pendingQuantity": "1", "pendingTimeInForce": "GTC",
        }  # fmt: skip
        status, answer = await client.signed("POST", "/api/v3/orderList/oto", **wanted)
        assert (status, answer["orderReports"][1]["status"]) == (200, "PENDING_NEW")
        assert (await client.balances())["BTC"] == ("10.00000000", "0.00000000")
        await second_trades(client, "SELL", "0.5", "60000")
        assert await states(client, answer) == ["PARTIALLY_FILLED", "PENDING_NEW"]
        await second_trades(client, "SELL", "0.5", "60000")
        assert await states(client, answer) == ["FILLED", "NEW"]
        assert (await client.balances())["BTC"] == ("9.99900000", "1.00000000")

    run(scenario)


def test_a_working_leg_that_fills_at_once_begins_its_pair() -> None:
    async def scenario(client: Client) -> None:
        wanted = {
            "symbol": "BTCUSDT", "workingType": "LIMIT", "workingSide": "BUY",
            "workingPrice": "60010", "workingQuantity": "1", "workingTimeInForce": "GTC",
            "pendingSide": "SELL", "pendingQuantity": "1",
            "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "61000",
            "pendingBelowType": "STOP_LOSS", "pendingBelowStopPrice": "59000",
        }  # fmt: skip
        status, answer = await client.signed("POST", "/api/v3/orderList/otoco", **wanted)
        assert status == 200
        assert await states(client, answer) == ["FILLED", "NEW", "NEW"]
        assert (await client.balances())["BTC"] == ("9.99900000", "1.00000000")

    run(scenario)


def test_a_routed_order_shows_allocations_instead_of_trades() -> None:
    async def scenario(client: Client) -> None:
        status, answer = await client.signed(
            "POST", "/api/v3/sor/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="1"
        )
        assert (status, answer["usedSor"], answer["fills"][0]["tradeId"]) == (200, True, -1)
        _, [row] = await client.signed("GET", "/api/v3/myAllocations", symbol="BTCUSDT")
        assert (row["allocationType"], row["qty"]) == ("SOR", "1.00000000")
        assert (await client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT"))[1] == []

    run(scenario)
