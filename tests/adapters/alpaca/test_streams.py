"""The streams of Alpaca over a real socket: logging in, both codings, reconnecting, catching up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from tests.adapters.alpaca.samples import APPLE, BITCOIN, ORDER, as_json, as_msgpack
from tests.adapters.net.loopback import RealClock, no_chance
from tests.adapters.socket_server import Speaker, speaking, until
from tradewind.adapters.alpaca.account_stream import AccountStream
from tradewind.adapters.alpaca.instruments import Listing
from tradewind.adapters.alpaca.market_data import AlpacaMarketData, DataStream
from tradewind.adapters.alpaca.order_wire import TradeUpdate
from tradewind.adapters.alpaca.rest import Hosts, Keys
from tradewind.adapters.alpaca.wire import Coding
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.socket import Socket, SocketSettings
from tradewind.model.columns import Columns
from tradewind.model.messages import BadTick

KEYS = Keys(Secret("PK-nobody-may-see"), Secret("a-secret-nobody-may-see"))
CONNECTED = {"T": "success", "msg": "connected"}
AUTHENTICATED = {"T": "success", "msg": "authenticated"}
SUBSCRIBED = {"T": "subscription", "trades": ["AAPL"], "quotes": ["AAPL"]}
TIME = "2021-02-22T15:51:44.208000+00:00"
TRADE = {"T": "t", "i": 1, "S": "AAPL", "p": 126.55, "s": 1, "t": TIME}
QUOTE = {"T": "q", "S": "AAPL", "bp": 126.5, "bs": 1, "ap": 126.6, "as": 4, "t": TIME}

Encode = Callable[..., bytes]
ENCODERS: dict[Coding, Encode] = {"json": as_json, "msgpack": as_msgpack}


def opening(encode: Encode, *data: dict[str, Any]) -> list[bytes | str]:
    return [encode(CONNECTED), encode(AUTHENTICATED), encode(SUBSCRIBED, *data)]


def market_data(
    base: str, listings: list[Listing], coding: Coding, bad: list[BadTick]
) -> AlpacaMarketData:
    data = AlpacaMarketData(
        [],
        KEYS,
        Hosts("http://unused", data_stream=base),
        clock=RealClock(),
        chance=no_chance,
        coding=coding,
        note_bad=bad.append,
    )
    data._listings = listings
    return data


Use = Callable[[list[Columns], list[BadTick], Speaker], Awaitable[None]]


def streaming(coding: Coding, scripts: list[Any], use: Use, listings: list[Listing]) -> None:
    async def run() -> None:
        async with speaking(*scripts) as (base, speaker):
            taken: list[Columns] = []
            bad: list[BadTick] = []
            task = asyncio.create_task(market_data(base, listings, coding, bad).run(taken.append))
            try:
                await use(taken, bad, speaker)
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    asyncio.run(run())


@pytest.mark.parametrize("coding", ["json", "msgpack"])
def test_trades_and_quotes_arrive_as_columns_in_order(coding: Coding) -> None:
    async def use(taken: list[Columns], bad: list[BadTick], speaker: Speaker) -> None:
        await until(lambda: len(taken) == 3)
        assert [(each.kind, len(each)) for each in taken] == [
            ("trades", 2),
            ("quotes", 1),
            ("trades", 1),
        ]
        assert taken[0]["price"].tolist() == [1_265_500, 1_265_500]
        assert (taken[1]["time_ns"] > taken[1]["venue_time_ns"]).all()
        decode = msgspec.msgpack.decode if coding == "msgpack" else msgspec.json.decode
        login, subscription = (decode(raw) for raw in speaker.heard)
        assert login == {
            "action": "auth",
            "key": "PK-nobody-may-see",
            "secret": "a-secret-nobody-may-see",
        }
        assert subscription == {"action": "subscribe", "trades": ["AAPL"], "quotes": ["AAPL"]}
        assert speaker.paths == ["/v2/iex"]
        content = speaker.headers[0].get("Content-Type")
        assert content == ("application/msgpack" if coding == "msgpack" else None)

    encode = ENCODERS[coding]
    streaming(coding, [opening(encode, TRADE, TRADE, QUOTE, TRADE)], use, [APPLE])


def test_crypto_has_books_on_a_connection_of_its_own() -> None:
    async def use(taken: list[Columns], bad: list[BadTick], speaker: Speaker) -> None:
        await until(lambda: len(speaker.heard) == 4)
        assert sorted(speaker.paths) == ["/v1beta3/crypto/us", "/v2/iex"]
        subscriptions = [msgspec.json.decode(raw) for raw in speaker.heard]
        books = [each["orderbooks"] for each in subscriptions if "orderbooks" in each]
        assert books == [["BTC/USD"]]

    streaming("json", [opening(as_json)], use, [APPLE, BITCOIN])


def test_what_cannot_be_read_is_a_bad_tick_and_the_rest_arrives() -> None:
    crossed = QUOTE | {"ap": 126.4}
    unknown = {"T": "t", "S": "MSFT", "i": 1, "p": 1, "s": 1, "t": TIME}

    async def use(taken: list[Columns], bad: list[BadTick], speaker: Speaker) -> None:
        await until(lambda: taken and len(bad) == 2)
        assert [each.instrument for each in bad] == ["AAPL.ALPACA", "AAPL.ALPACA"]
        assert "above an ask" in bad[0].reason
        assert sum(len(each) for each in taken) == 1

    script = opening(as_json, crossed, {"T": "t", "S": "AAPL"}, unknown, TRADE)
    streaming("json", [script], use, [APPLE])


def test_a_refused_login_is_said_and_tried_again() -> None:
    refused = [as_json(CONNECTED), as_json({"T": "error", "code": 402, "msg": "auth failed"})]

    async def use(taken: list[Columns], bad: list[BadTick], speaker: Speaker) -> None:
        await until(lambda: taken)
        assert bad[0].reason == "402 auth failed"
        assert "nobody-may-see" not in repr(bad)
        assert len(speaker.paths) == 2

    streaming("json", [refused, opening(as_json, TRADE)], use, [APPLE])


def test_a_lost_connection_is_made_and_subscribed_anew() -> None:
    """The first connection is closed in the place of a confirmation."""

    async def use(taken: list[Columns], bad: list[BadTick], speaker: Speaker) -> None:
        await until(lambda: taken)
        assert len(speaker.heard) == 4
        assert len(speaker.paths) == 2

    first: list[bytes | str] = [as_json(CONNECTED), as_json(AUTHENTICATED), "bye"]
    streaming("json", [first, opening(as_json, TRADE)], use, [APPLE])


def account_frame(stream: str, data: Any) -> bytes:
    return msgspec.json.encode({"stream": stream, "data": data})


AUTHORIZED = account_frame("authorization", {"status": "authorized", "action": "authenticate"})
LISTENING = account_frame("listening", {"streams": ["trade_updates"]})
UPDATE = account_frame("trade_updates", {"event": "new", "order": ORDER})


def listening(scripts: list[Any], use: Callable[..., Awaitable[None]]) -> None:
    async def run() -> None:
        async with speaking(*scripts) as (base, speaker):
            updates: list[TradeUpdate] = []
            caught_up: list[int] = []

            async def catch_up() -> None:
                caught_up.append(1)

            stream = AccountStream(KEYS, updates.append, catch_up)
            session = Session()
            settings = SocketSettings(name="account", url=f"{base}/stream")
            socket = Socket(settings, session, stream, clock=RealClock(), chance=no_chance)
            task = asyncio.create_task(socket.run())
            try:
                await use(stream, updates, caught_up, speaker)
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                await session.close()

    asyncio.run(run())


def test_the_account_stream_logs_in_and_hands_over_binary_frames() -> None:
    async def use(
        stream: AccountStream, updates: list[TradeUpdate], caught_up: list[int], speaker: Speaker
    ) -> None:
        await until(lambda: stream.is_listening and caught_up)
        login, listen = map(msgspec.json.decode, speaker.heard)
        assert login == {
            "action": "authenticate",
            "data": {"key_id": "PK-nobody-may-see", "secret_key": "a-secret-nobody-may-see"},
        }
        assert listen == {"action": "listen", "data": {"streams": ["trade_updates"]}}
        stream.take([b"{", UPDATE], 7)
        assert [each.event for each in updates] == ["new"]
        assert (stream.count, stream.bad_frames) == (1, 1)

    listening([["", AUTHORIZED, LISTENING]], use)


def test_a_key_that_is_not_taken_keeps_the_stream_away() -> None:
    async def use(
        stream: AccountStream, updates: list[TradeUpdate], caught_up: list[int], speaker: Speaker
    ) -> None:
        await until(lambda: "does not take the key" in stream.reason)
        assert not stream.is_listening
        assert "nobody-may-see" not in stream.reason

    refused = account_frame("authorization", {"status": "unauthorized"})
    listening([["", refused]], use)


def test_answers_of_a_lost_connection_are_not_those_of_the_next() -> None:
    stream = DataStream([APPLE], KEYS, "json", lambda bad: None)
    stream.take([as_json(CONNECTED)], 7)
    assert stream._answers.qsize() == 1
    stream.lost("gone")
    assert stream._answers.empty()
