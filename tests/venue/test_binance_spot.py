"""The local Binance over its wire: orders, balances, errors, events, faults."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.venue.binance_client import Client, run

LIMIT = {
    "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.5", "price": "50000",
}  # fmt: skip


def test_an_order_that_rests_locks_its_cost_and_a_cancel_gives_it_back() -> None:
    async def scenario(client: Client) -> None:
        status, answer = await client.limit("BUY", "0.5", "50000", newClientOrderId="mine")
        assert (status, answer["status"], answer["clientOrderId"]) == (200, "NEW", "mine")
        assert (await client.balances())["USDT"] == ("75000.00000000", "25000.00000000")
        assert client.headers["X-MBX-USED-WEIGHT-1M"].isdecimal()
        status, answer = await client.signed(
            "DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine"
        )
        assert (status, answer["status"]) == (200, "CANCELED")
        assert answer["origClientOrderId"] == "mine" != answer["clientOrderId"]
        assert (await client.balances())["USDT"] == ("100000.00000000", "0.00000000")

    run(scenario)


def test_a_market_order_pays_the_book_and_the_fee_in_what_it_receives() -> None:
    async def scenario(client: Client) -> None:
        status, answer = await client.order(side="BUY", type="MARKET", quantity="1")
        assert (status, answer["status"], answer["executedQty"]) == (200, "FILLED", "1.00000000")
        [fill] = answer["fills"]
        assert (fill["price"], fill["commission"]) == ("60006.00000000", "0.00100000")
        balances = await client.balances()
        assert balances["BTC"] == ("10.99900000", "0.00000000")
        assert balances["USDT"] == ("39994.00000000", "0.00000000")
        _, [trade] = await client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")
        assert (trade["id"], trade["isMaker"]) == (fill["tradeId"], False)

    run(scenario)


def test_two_accounts_trade_with_each_other_at_the_price_of_who_came_first() -> None:
    async def scenario(client: Client) -> None:
        second = Client(client.server, client.http, "second")
        async with client.events() as events:
            await client.limit("BUY", "1", "60001")
            await second.limit("SELL", "0.4", "60000")
            new, fill = await events.next(), await events.next()
        assert (new["x"], new["X"]) == ("NEW", "NEW")
        assert (fill["x"], fill["X"], fill["L"]) == ("TRADE", "PARTIALLY_FILLED", "60001.00000000")
        assert (fill["l"], fill["m"], fill["N"]) == ("0.40000000", True, "BTC")
        received = Decimal("24000.4") * Decimal("0.999")
        assert (await second.balances())["USDT"][0] == f"{100_000 + received:.8f}"

    run(scenario)


def test_each_mistake_has_the_venues_own_code() -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"price": "50000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.00005", "price": "50000"}, -1013, "Filter failure: NOTIONAL"),
        ({"price": "400000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "9"}, -2010, "Account has insufficient balance for requested action."),
        ({"symbol": "NOSUCH"}, -1121, "Invalid symbol."),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "LIMITED"}, -1116, "Invalid orderType."),
        ({"timeInForce": "LATER"}, -1115, "Invalid timeInForce."),
        ({"quantity": "a lot"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "0.123456789"}, -1111, "Parameter 'quantity' has too much precision."),
        ({"stopPrice": "1"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({"colour": "blue"}, -1104, "Not all sent parameters were read"),
    ]

    async def scenario(client: Client) -> None:
        for wrong, code, text in cases:
            status, answer = await client.order(**{**LIMIT, **wrong})
            assert (status, answer["code"]) == (400, code), (wrong, answer)
            assert answer["msg"].startswith(text), answer
        assert (await client.balances())["USDT"] == ("100000.00000000", "0.00000000")

    run(scenario)


def test_keys_signatures_and_times_are_checked() -> None:
    async def scenario(client: Client) -> None:
        path = "/api/v3/account"
        now_ms = client.venue.chaos.clock.now_ms()
        assert (await client.public(path))[1]["code"] == -2014
        late = await client.signed("GET", path, timestamp=now_ms - 5_100)
        assert (late[0], late[1]["code"]) == (400, -1021)
        early = await client.signed("GET", path, timestamp=now_ms + 3_000)
        assert early[1]["msg"] == (
            "Timestamp for this request was 1000ms ahead of the server's time."
        )
        right = client.key
        client.key = replace(right, secret="another")
        assert (await client.signed("GET", path))[1]["code"] == -1022
        client.venue.add_key(replace(right, is_revoked=True))
        client.key = right
        refused = await client.signed("GET", path)
        assert (refused[0], refused[1]["code"]) == (401, -2015)

    run(scenario)


def test_a_client_id_may_be_used_again_once_its_order_has_ended() -> None:
    async def scenario(client: Client) -> None:
        await client.limit("BUY", "0.1", "50000", newClientOrderId="again")
        _, refused = await client.limit("BUY", "0.1", "50000", newClientOrderId="again")
        assert (refused["code"], refused["msg"]) == (-2010, "Duplicate order sent.")
        await client.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
        status, _ = await client.limit("BUY", "0.1", "60006", newClientOrderId="again")
        assert status == 200
        status, _ = await client.limit("BUY", "0.1", "50000", newClientOrderId="again")
        assert status == 200

    run(scenario)


def test_a_lost_reply_leaves_the_order_at_the_venue() -> None:
    async def scenario(client: Client) -> None:
        client.venue.chaos.faults.switch_on("reply-lost", count=1)
        status, answer = await client.limit("BUY", "0.1", "50000", newClientOrderId="lost")
        assert (status, answer["code"]) == (504, -1007)
        _, found = await client.signed(
            "GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="lost"
        )
        assert found["status"] == "NEW"
        async with client.http.get(f"{client.server.url}/admin/log") as response:
            log = await response.json()
        assert [entry["what"] for entry in log if entry["client_id"] == "lost"] == [
            "received", "new",
        ]  # fmt: skip

    run(scenario)


def test_a_fill_just_before_a_cancel_is_reported_behind_it() -> None:
    async def scenario(client: Client) -> None:
        client.venue.chaos.faults.switch_on("fill-after-cancel", count=1)
        async with client.events() as events:
            _, order = await client.limit("BUY", "0.4", "59999")
            await client.signed(
                "DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=order["orderId"]
            )
            reports = [await events.next() for _ in range(3)]
        assert [(report["x"], report["z"]) for report in reports] == [
            ("NEW", "0.00000000"), ("CANCELED", "0.20000000"), ("TRADE", "0.20000000"),
        ]  # fmt: skip

    run(scenario)


def test_the_depth_stream_continues_the_snapshot_without_a_gap() -> None:
    async def scenario(client: Client) -> None:
        url = f"{client.server.ws_url}/ws/btcusdt@depth@100ms"
        async with client.http.ws_connect(url) as socket:
            await client.limit("BUY", "0.1", "59999.5")
            first = await socket.receive_json()
            _, snapshot = await client.public("/api/v3/depth", symbol="BTCUSDT")
            await client.limit("BUY", "0.2", "59999.6")
            second = await socket.receive_json()
        assert first["u"] == snapshot["lastUpdateId"] == second["U"] - 1
        assert first["b"] == [["59999.50000000", "0.10000000"]] == [snapshot["bids"][0]]
        assert second["b"] == [["59999.60000000", "0.20000000"]]

    run(scenario)


def test_a_silenced_socket_stays_open_and_says_nothing_more() -> None:
    async def scenario(client: Client) -> None:
        async with client.http.ws_connect(f"{client.server.ws_url}/ws-api/v3") as socket:
            await socket.send_json({"id": 1, "method": "ping"})
            assert (await socket.receive_json())["result"] == {}
            client.venue.chaos.faults.switch_on("silent-socket", count=1)
            await socket.send_json({"id": 2, "method": "ping"})
            try:
                await socket.receive(timeout=0.3)
            except TimeoutError:
                assert not socket.closed
            else:
                raise AssertionError("a silenced socket spoke")

    run(scenario)
