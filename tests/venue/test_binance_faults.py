"""Each fault of the local Binance does what its line in the table says, and then stops."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from tests.venue.binance_client import DEADLINE_S, Client, run

BUY = ("BUY", "0.4", "50000")


async def switch_on(client: Client, name: str, **options: object) -> None:
    """Switch a fault on by the operator's route."""
    body = {"name": name, "count": 1, **options}
    async with client.http.post(f"{client.server.url}/admin/faults", json=body) as response:
        assert response.status == 200, await response.text()


async def struck(client: Client, name: str) -> int:
    """How often a fault struck, by the operator's route."""
    async with client.http.get(f"{client.server.url}/admin/faults") as response:
        rows = await response.json()
    return next(row["struck"] for row in rows if row["name"] == name)


@pytest.mark.parametrize(
    ("name", "status", "code", "is_taken"),
    [
        ("reply-lost", 504, -1007, True),
        ("request-lost", 503, -1008, False),
        ("server-error", 500, -1001, False),
        ("rate-limit", 429, -1003, False),
        ("ip-ban", 418, -1003, False),
        ("reject-storm", 400, -2010, False),
        ("maintenance", 503, -1016, False),
    ],
)
def test_a_request_fails_as_said_and_the_log_knows_whether_it_was_taken(
    name: str, status: int, code: int, is_taken: bool
) -> None:
    async def scenario(client: Client) -> None:
        await switch_on(client, name)
        answered, answer = await client.limit(*BUY)
        assert (answered, answer["code"]) == (status, code)
        assert ("Retry-After" in client.headers) == (name in ("rate-limit", "ip-ban"))
        assert bool(client.venue.exchange.open) == is_taken

    run(scenario)


def test_a_dropped_reply_closes_the_connection_and_the_order_is_there() -> None:
    async def scenario(client: Client) -> None:
        await switch_on(client, "reply-dropped")
        with pytest.raises(aiohttp.ClientError):
            await client.limit(*BUY)
        assert len(client.venue.exchange.open) == 1
        assert await struck(client, "reply-dropped") == 1

    run(scenario)


def test_a_slow_reply_comes_late() -> None:
    async def scenario(client: Client) -> None:
        await switch_on(client, "slow-reply", value=300)
        began_s = time.monotonic()
        assert (await client.limit(*BUY))[0] == 200
        assert time.monotonic() - began_s >= 0.3

    run(scenario)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("duplicate-report", ["NEW", "NEW", "CANCELED"]),
        ("reordered-report", ["CANCELED", "NEW"]),
        ("late-report", ["CANCELED", "NEW"]),
        ("lost-report", ["CANCELED"]),
    ],
)
def test_the_first_report_comes_as_said(name: str, seen: list[str]) -> None:
    async def scenario(client: Client) -> None:
        await switch_on(client, name, value=200)
        async with client.events() as events:
            await client.limit(*BUY)
            await client.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
            assert [(await events.next())["x"] for _ in seen] == seen

    run(scenario)


def test_a_drop_in_mid_fill_cuts_the_connection_before_the_report() -> None:
    async def scenario(client: Client) -> None:
        await switch_on(client, "drop-in-mid-fill")
        async with client.events() as events:
            await client.order(side="BUY", type="MARKET", quantity="1")
            kinds = []
            while (message := await events.socket.receive(timeout=DEADLINE_S)).data:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                kinds.append(message.json()["event"].get("x"))
        assert "TRADE" not in kinds

    run(scenario)


def test_a_bust_takes_the_fill_back_from_trades_and_balances() -> None:
    async def scenario(client: Client) -> None:
        await switch_on(client, "trade-bust", value=50)
        await client.order(side="BUY", type="MARKET", quantity="1")
        assert (await client.balances())["BTC"][0] == "10.99900000"
        for _ in range(100):
            await asyncio.sleep(0.02)
            if (await client.balances())["BTC"][0] == "10.00000000":
                break
        assert (await client.balances())["USDT"][0] == "100000.00000000"
        assert (await client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT"))[1] == []

    run(scenario)


def test_a_gap_leaves_out_one_depth_update() -> None:
    async def scenario(client: Client) -> None:
        url = f"{client.server.ws_url}/ws/btcusdt@depth@100ms"
        async with client.http.ws_connect(url) as socket:
            await client.limit("BUY", "0.1", "50000")
            first = await socket.receive_json(timeout=DEADLINE_S)
            await switch_on(client, "sequence-gap")
            await client.limit("BUY", "0.1", "50001")
            while not await struck(client, "sequence-gap"):
                await asyncio.sleep(0.02)
            await client.limit("BUY", "0.1", "50002")
            second = await socket.receive_json(timeout=DEADLINE_S)
        assert second["U"] > first["u"] + 1

    run(scenario)


@pytest.mark.parametrize(
    ("name", "count"), [("duplicate-market", 3), ("late-market", 2), ("wrong-precision", 2)]
)
def test_a_market_message_comes_as_said(name: str, count: int) -> None:
    async def scenario(client: Client) -> None:
        async with client.http.ws_connect(f"{client.server.ws_url}/ws/btcusdt@trade") as socket:
            await switch_on(client, name)
            for _ in range(2):
                await client.order(side="BUY", type="MARKET", quantity="0.1")
            trades = [await socket.receive_json(timeout=DEADLINE_S) for _ in range(count)]
        ids, prices = [trade["t"] for trade in trades], [trade["p"] for trade in trades]
        first = min(ids)
        wanted = {"duplicate-market": [first, first, first + 1], "late-market": [first + 1, first]}
        assert ids == wanted.get(name, [first, first + 1])
        assert (prices[0] == "60006.00000001") == (name == "wrong-precision")

    run(scenario)


def test_a_half_open_socket_answers_no_ping_and_a_dropped_one_ends() -> None:
    async def scenario(client: Client) -> None:
        url = f"{client.server.ws_url}/ws-api/v3"
        async with client.http.ws_connect(url, autoping=False) as socket:
            await switch_on(client, "half-open")
            await socket.send_json({"id": 1, "method": "ping"})
            await socket.ping()
            with pytest.raises(TimeoutError):
                await socket.receive(timeout=0.3)
        async with client.http.ws_connect(url) as socket:
            await switch_on(client, "drop-socket")
            await socket.send_json({"id": 1, "method": "ping"})
            message = await socket.receive(timeout=DEADLINE_S)
            assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)

    run(scenario)


def test_a_skewed_clock_refuses_calls_that_are_of_now() -> None:
    async def scenario(client: Client) -> None:
        await switch_on(client, "clock-skew", value=8_000)
        _, answer = await client.signed("GET", "/api/v3/account")
        assert answer["code"] == -1021
        async with client.http.delete(f"{client.server.url}/admin/faults/clock-skew") as response:
            assert await response.json() == []
        assert (await client.signed("GET", "/api/v3/account"))[0] == 200

    run(scenario)


def test_maintenance_says_good_bye_and_cuts_the_sockets() -> None:
    async def scenario(client: Client) -> None:
        async with client.events() as events:
            await switch_on(client, "maintenance")
            assert (await events.next("serverShutdown"))["e"] == "serverShutdown"
            message = await events.socket.receive(timeout=DEADLINE_S)
            assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)

    run(scenario)


def test_the_same_seed_strikes_the_same_orders() -> None:
    strikes: list[list[int]] = []

    async def scenario(client: Client) -> None:
        options: dict[str, Any] = {"count": 100, "probability": 0.3, "seed": 5}
        await switch_on(client, "request-lost", **options)
        strikes.append([(await client.limit("BUY", "0.01", "50000"))[0] for _ in range(15)])

    run(scenario)
    run(scenario)
    assert strikes[0] == strikes[1]
    assert set(strikes[0]) == {200, 503}
