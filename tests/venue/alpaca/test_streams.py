"""The local Alpaca's streams: logins, subscriptions, rows in JSON and MessagePack, limits."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.venue.alpaca.alpaca_client import DEADLINE_S, Client, run

PACKED = {"Content-Type": "application/msgpack"}
Socket = aiohttp.ClientWebSocketResponse


async def rows_of(socket: Socket) -> list[dict[str, Any]]:
    """The next message's rows, in either form."""
    message = await socket.receive(DEADLINE_S)
    if message.type is aiohttp.WSMsgType.TEXT:
        found: list[dict[str, Any]] = json.loads(message.data)
    else:
        assert message.type is aiohttp.WSMsgType.BINARY, message
        found = msgspec.msgpack.decode(message.data)
    return found


def connected(client: Client, path: str, *, packed: bool = False) -> Any:
    """A connection to a data stream."""
    return client.http.ws_connect(client.server.ws_url + path, headers=PACKED if packed else {})


async def log_in(client: Client, socket: Socket) -> dict[str, Any]:
    """Read the greeting, log in, and return the answer."""
    assert await rows_of(socket) == [{"T": "success", "msg": "connected"}]
    keys = {"key": client.customer.key, "secret": client.customer.secret}
    await socket.send_json({"action": "auth", **keys})
    [answer] = await rows_of(socket)
    return answer


async def subscribe(socket: Socket, **channels: list[str]) -> dict[str, Any]:
    """Subscribe, and return all that is subscribed."""
    await socket.send_json({"action": "subscribe", **channels})
    [answer] = await rows_of(socket)
    return answer


def test_a_subscription_states_all_that_is_wanted_and_rows_follow() -> None:
    async def scenario(client: Client) -> None:
        async with connected(client, "/v2/sip") as socket:
            assert (await log_in(client, socket))["msg"] == "authenticated"
            await subscribe(socket, quotes=["SPY"])
            answer = await subscribe(socket, trades=["AAPL"])
            assert (answer["trades"], answer["quotes"]) == (["AAPL"], ["SPY"])
            await client.trade_at("221.5")
            rows = await rows_of(socket)
            assert [(row["T"], row["S"], row["p"]) for row in rows] == [("t", "AAPL", 221.5)]
            assert rows[0]["t"] == "2026-11-20T15:30:00Z"
            await socket.send_json({"action": "unsubscribe", "trades": ["AAPL"]})
            assert (await rows_of(socket))[0]["trades"] == []

    run(scenario)


def test_who_asks_for_messagepack_gets_it_with_times_to_the_nanosecond() -> None:
    async def scenario(client: Client) -> None:
        client.clock.now_ns += 123_456_789
        async with connected(client, "/v2/iex", packed=True) as socket:
            await log_in(client, socket)
            await subscribe(socket, trades=["*"])
            await client.trade_at("221.5")
            message = await socket.receive(DEADLINE_S)
            assert message.type is aiohttp.WSMsgType.BINARY
            # MessagePack's Timestamp 64: 30 bits of nanoseconds, 34 of seconds.
            place = message.data.index(b"\xd7\xff") + 2
            stamp = int.from_bytes(message.data[place : place + 8], "big")
            assert stamp >> 34 == 123_456_789
            assert stamp & (1 << 34) - 1 == client.clock.now_ns // 10**9

    run(scenario)


def test_a_minute_s_bar_comes_when_it_is_over() -> None:
    async def scenario(client: Client) -> None:
        async with connected(client, "/v2/iex") as socket:
            await log_in(client, socket)
            await subscribe(socket, bars=["AAPL"], dailyBars=["AAPL"])
            await client.trade_at("221.5")
            await client.trade_at("220.5")
            await client.until("2026-11-20T10:31:00-05:00")
            rows = await rows_of(socket)
            assert [row["T"] for row in rows] == ["b", "d"]
            minute = rows[0]
            assert (minute["o"], minute["c"], minute["v"], minute["n"]) == (221.5, 220.5, 2000, 2)
            assert minute["t"] == "2026-11-20T15:30:00Z"

    run(scenario)


def test_a_crypto_book_begins_whole_and_goes_on_with_what_changes() -> None:
    async def scenario(client: Client) -> None:
        async with connected(client, "/v1beta3/crypto/us") as socket:
            await log_in(client, socket)
            await subscribe(socket, orderbooks=["BTC/USD"])
            [whole] = await rows_of(socket)
            assert (whole["r"], len(whole["b"]), len(whole["a"])) == (True, 10, 10)
            best = whole["a"][0]
            await client.order(symbol="BTC/USD", qty="0.5", time_in_force="gtc")
            [change] = await rows_of(socket)
            assert change["a"] == [{"p": best["p"], "s": best["s"] - 0.5}]
            assert "r" not in change

    run(scenario)


def test_a_halt_and_its_end_are_told() -> None:
    async def scenario(client: Client) -> None:
        async with connected(client, "/v2/sip") as socket:
            await log_in(client, socket)
            await subscribe(socket, statuses=["*"])
            for action, code in (("halt", "H"), ("resume", "T")):
                await client.call("POST", f"/admin/{action}", {"symbol": "AAPL"})
                [row] = await rows_of(socket)
                assert (row["T"], row["S"], row["sc"]) == ("s", "AAPL", code)

    run(scenario)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", 400),
        ('{"action": "dance"}', 400),
        ('{"action": "subscribe", "trades": ["AAPL"]}', 401),
        ('{"action": "auth", "key": "nobody", "secret": "x"}', 402),
    ],
)
def test_errors_have_their_codes(message: str, code: int) -> None:
    async def scenario(client: Client) -> None:
        async with connected(client, "/v2/iex") as socket:
            await rows_of(socket)
            await socket.send_str(message)
            [answer] = await rows_of(socket)
            assert (answer["T"], answer["code"]) == ("error", code)

    run(scenario)


def test_the_free_plan_has_iex_and_thirty_symbols() -> None:
    async def scenario(client: Client) -> None:
        async with connected(client, "/v2/sip") as socket:
            assert (await log_in(client, socket))["code"] == 409
        async with connected(client, "/v2/iex") as socket:
            await log_in(client, socket)
            many = [f"S{number}" for number in range(30)]
            assert (await subscribe(socket, trades=many))["trades"] == many
            assert (await subscribe(socket, quotes=["ONE"]))["code"] == 405
            assert (await subscribe(socket, bars=["ONE"]))["quotes"] == []

    run(scenario, account="free")


def test_a_second_connection_to_a_feed_is_refused_and_the_first_goes_on() -> None:
    async def scenario(client: Client) -> None:
        async with connected(client, "/v2/iex") as first, connected(client, "/v2/iex") as second:
            await log_in(client, first)
            assert (await log_in(client, second))["code"] == 406
            assert (await subscribe(first, trades=["AAPL"]))["trades"] == ["AAPL"]

    run(scenario)


def test_a_wrong_key_is_refused_on_the_account_stream_too() -> None:
    async def scenario(client: Client) -> None:
        async with client.http.ws_connect(f"{client.server.ws_url}/stream") as socket:
            await socket.send_json({"action": "auth", "key": "nobody", "secret": "x"})
            answer = json.loads((await socket.receive(DEADLINE_S)).data)
            assert answer["data"]["status"] == "unauthorized"
            assert (await socket.receive(DEADLINE_S)).type is aiohttp.WSMsgType.CLOSE

    run(scenario)


def test_one_account_does_not_hear_of_another_s_orders() -> None:
    async def scenario(client: Client) -> None:
        other = client.second("second")
        async with client.updates() as updates:
            await other.order(client_order_id="theirs")
            await client.order(client_order_id="mine")
            assert (await updates.next())["order"]["client_order_id"] == "mine"

    run(scenario)
