"""Trading at Binance against a scripted venue: what is sent, what is concluded, what is told."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.adapters.binance.scripted_venue import ORDER, scripted
from tests.adapters.binance.trading_case import (
    ACCEPTED,
    BTC,
    FILL,
    FILLED,
    KEYS,
    ORDERS,
    REPORT,
    TRADE,
    Reports,
    run,
    submit,
    trading,
)
from tests.adapters.net.loopback import RealClock, free_port_that_is_closed, no_chance
from tradewind.adapters.binance.hosts import SPOT, local_hosts
from tradewind.adapters.binance.refusals import VenueRefused
from tradewind.adapters.binance.rest import Keys, Rest
from tradewind.adapters.binance.trading import BinanceTrading
from tradewind.adapters.net.outcome import ServerFailed
from tradewind.adapters.net.query import encode_query
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.signing import HmacSigner
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.ports.trading import Refused


def test_an_order_is_sent_once_with_its_id_window_time_and_signature() -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, _):
            venue.say(ORDERS, (200, ORDER))
            await one.submit(submit())
            (sent,) = venue.asked(ORDERS)
            signature, timestamp = sent.pop("signature"), sent.pop("timestamp")
            assert sent == {
                "symbol": "BTCUSDT",
                "side": "BUY",
                "type": "LIMIT",
                "timeInForce": "GTC",
                "quantity": "0.003",
                "price": "60000",
                "newOrderRespType": "FULL",
                "newClientOrderId": "j0-cross-1",
                "recvWindow": "2000",
            }
            payload = encode_query({**sent, "timestamp": timestamp})
            assert signature == HmacSigner(KEYS.secret).sign(payload)
            assert venue.keys[-1] == "canary-key"
            assert one.silence_s >= 3.0

    run(scenario)


def test_ed25519_keys_sign_orders_and_the_subscription() -> None:
    async def scenario() -> None:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        async with trading(keys=Keys(Secret("id"), Secret(pem))) as (venue, one, _):
            venue.say(ORDERS, (200, ORDER))
            await one.submit(submit())
            (sent,) = venue.asked(ORDERS)
            signature = base64.b64decode(sent.pop("signature"))
            key.public_key().verify(signature, encode_query(sent).encode())
            asked = venue.socket_requests[0]
            assert asked["method"] == "userDataStream.subscribe.signature"
            given = dict(asked["params"])
            signature = base64.b64decode(given.pop("signature"))
            payload = "&".join(f"{name}={given[name]}" for name in sorted(given))
            key.public_key().verify(signature, payload.encode())

    run(scenario)


@pytest.mark.parametrize("first", ["answer", "socket"])
def test_answer_and_report_tell_each_thing_once_whichever_comes_first(first: str) -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, reports):
            filled = {**ORDER, "status": "PARTIALLY_FILLED", "fills": [FILL]}
            venue.say(ORDERS, (200, filled))
            if first == "answer":
                await one.submit(submit())
                await venue.tell(REPORT)
                await venue.tell(TRADE)
            else:
                await venue.tell(TRADE)
                await reports.until(2)
                await venue.tell(REPORT)
                await one.submit(submit())
            await venue.tell({**TRADE, "t": 57})
            await reports.until(3)
            second = msgspec.structs.replace(FILLED, fill_id="57")
            assert reports == [ACCEPTED, FILLED, second]

    run(scenario)


def test_a_cancel_is_told_under_the_id_of_the_order() -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, reports):
            canceled = {
                **ORDER,
                "status": "CANCELED",
                "clientOrderId": "pXLV6Hz6mprAcVYpVMTGgx",
                "origClientOrderId": "j0-cross-1",
            }
            venue.say("DELETE /api/v3/order", (200, canceled))
            await one.cancel(m.CancelOrder(0, "j0-cross-1", "BINANCE", BTC.id))
            event = {**REPORT, "x": "CANCELED", "X": "CANCELED", "c": "pXLV", "C": "j0-cross-1"}
            await venue.tell(event)
            await venue.tell({**TRADE, "t": 60})
            await reports.until(3)
            assert reports[:2] == [ACCEPTED, m.OrderCanceled(0, "j0-cross-1", "", 0)]
            assert isinstance(reports[2], m.OrderFilled)

    run(scenario)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (504, "<html>"),
        (503, {"code": -1008, "msg": "overloaded"}),
        (400, {"code": -1007, "msg": "Timeout waiting for response from backend server."}),
        (400, {"code": -1006, "msg": "An unexpected response was received."}),
        (500, {"code": -1000, "msg": "An unknown error occurred"}),
        (200, "not json"),
    ],
)
def test_no_clear_answer_leaves_the_order_unknown_and_is_never_repeated(
    status: int, body: Any
) -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, reports):
            venue.say(ORDERS, (status, body))
            with pytest.raises(OutsideError) as raised:
                await one.submit(submit())
            assert not raised.value.retry
            assert len(venue.asked(ORDERS)) == 1
            assert reports == []

    run(scenario)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, {"code": -2010, "msg": "Account has insufficient balance for requested action."},
         "Account has insufficient balance for requested action. (-2010)"),
        (400, {"code": -1013, "msg": "Filter failure: NOTIONAL"}, "trading rule"),
        (400, {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."},
         "our clock"),
        (401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, "revoked"),
        (429, {"code": -1015, "msg": "Too many new orders."}, "Too many new orders"),
        (418, {"code": -1003, "msg": "Way too much request weight used; IP banned."}, "IP banned"),
        (403, "<html>forbidden</html>", "firewall"),
    ],
)  # fmt: skip
def test_a_clear_no_is_a_refusal_with_the_words_of_the_venue(
    status: int, body: Any, words: str
) -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, _):
            venue.say(ORDERS, (status, body))
            with pytest.raises(Refused) as raised:
                await one.submit(submit())
            assert words in str(raised.value)
            assert len(venue.asked(ORDERS)) == 1

    run(scenario)


def test_behind_a_refused_timestamp_the_clock_is_asked_again() -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, _):
            venue.say(ORDERS, (400, {"code": -1021, "msg": "Timestamp"}), (200, ORDER))
            before = len(venue.asked("GET /api/v3/time"))
            with pytest.raises(Refused):
                await one.submit(submit())
            async with asyncio.timeout(30):
                while len(venue.asked("GET /api/v3/time")) < before + 3:
                    await asyncio.sleep(0.05)
            await one.submit(submit("j0-cross-2"))

    run(scenario)


def test_a_ban_holds_even_cancels_back() -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, _):
            venue.say(ORDERS, (418, {"code": -1003, "msg": "Way too many requests"}))
            venue.say("DELETE /api/v3/order", (200, ORDER))
            with pytest.raises(Refused):
                await one.submit(submit())
            with pytest.raises(Refused, match="never sent"):
                await one.cancel(m.CancelOrder(0, "j0-cross-1", "BINANCE", BTC.id))
            assert venue.asked("DELETE /api/v3/order") == []

    run(scenario)


def test_nobody_there_is_a_refusal_since_nothing_was_sent() -> None:
    async def scenario() -> None:
        session = Session()
        hosts = local_hosts(f"127.0.0.1:{free_port_that_is_closed()}")
        rest = Rest(SPOT, hosts, session, clock=RealClock(), chance=no_chance, keys=KEYS)
        with pytest.raises(VenueRefused, match="never sent"):
            await rest.act("POST", "/api/v3/order", {}, weight=1)
        await session.close()

    run(scenario)


def test_a_question_brings_all_reports_even_those_told_before() -> None:
    query = m.QueryOrder(0, "j0-cross-1", "BINANCE", BTC.id)
    trade = {
        "symbol": "BTCUSDT",
        "id": 56,
        "orderId": 28,
        "price": "59999.99000000",
        "qty": "0.00100000",
        "commission": "0.00000100",
        "commissionAsset": "BTC",
        "time": 1499865549590,
        "isBuyer": True,
        "isMaker": False,
    }

    async def scenario() -> None:
        async with trading() as (venue, one, reports):
            await venue.tell(TRADE)
            await reports.until(2)
            done = {**ORDER, "status": "CANCELED", "executedQty": "0.00100000"}
            venue.say("GET /api/v3/order", (200, done))
            venue.say("GET /api/v3/myTrades", (200, []), (200, [trade]))
            with pytest.raises(OutsideError, match="executions of 0 told"):
                await one.query(query)
            expected = [ACCEPTED, FILLED, m.OrderCanceled(0, "j0-cross-1", "", 100_000)]
            assert await one.query(query) == expected
            assert venue.asked("GET /api/v3/myTrades")[0]["orderId"] == "28"
            await venue.tell({**REPORT, "x": "CANCELED", "X": "CANCELED", "C": "j0-cross-1"})
            await venue.tell({**TRADE, "t": 99})
            await reports.until(3)
            assert not any(isinstance(report, m.OrderCanceled) for report in reports)

    run(scenario)


def test_an_order_the_venue_has_not_is_none_and_a_failure_is_no_answer() -> None:
    query = m.QueryOrder(0, "j0-cross-1", "BINANCE", BTC.id)

    async def scenario() -> None:
        async with trading() as (venue, one, _):
            missing = {"code": -2013, "msg": "Order does not exist."}
            venue.say("GET /api/v3/order", (503, "busy"), (400, missing))
            assert await one.query(query) is None
            assert len(venue.asked("GET /api/v3/order")) == 2
            venue.say("GET /api/v3/order", (504, ""))
            with pytest.raises(ServerFailed):
                await one.query(query)

    run(scenario)


def test_reports_of_others_are_not_ours() -> None:
    async def scenario() -> None:
        async with trading(id_prefix="j0-") as (venue, _, reports):
            await venue.tell({**TRADE, "c": "web_abc"})
            await venue.tell({**TRADE, "s": "ETHUSDT"})
            await venue.tell(TRADE)
            await reports.until(2)
            assert reports == [ACCEPTED, FILLED]

    run(scenario)


@pytest.mark.parametrize(
    "end", [{"e": "eventStreamTerminated", "E": 1}, {"e": "serverShutdown", "E": 1}, None, "bad"]
)
def test_the_stream_comes_back_and_the_count_tells(end: Any) -> None:
    async def scenario() -> None:
        async with trading() as (venue, one, _):
            assert (one.connection.is_up, one.connection.count) == (True, 1)
            if end is None:
                await venue.drop()
            elif end == "bad":
                await venue.tell({**TRADE, "l": "abc"})
            else:
                await venue.tell(end)
            async with asyncio.timeout(30):
                while one.connection.count < 2 or not one.connection.is_up:
                    await asyncio.sleep(0.02)
            assert one.connection.clock_offset_ns is not None

    run(scenario)


def test_a_key_that_the_venue_does_not_take_ends_the_start() -> None:
    async def scenario() -> None:
        async with scripted() as (venue, hosts):
            said = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
            venue.subscribe_answer = {"status": 401, "error": said}
            one = BinanceTrading("spot", hosts, KEYS, [BTC], clock=RealClock(), chance=no_chance)
            with pytest.raises(Refused, match="revoked"):
                await one.start(Reports().take)

    run(scenario)
