"""The HTTP client against servers that fail: what is concluded, and what is sent again."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web

from tests.adapters.net.loopback import client_of, free_port_that_is_closed, served, spoken
from tradewind.adapters.net.budget import RateBudget, Urgency, Window
from tradewind.adapters.net.http import Call, HttpClient, Method, Repeat, Request
from tradewind.adapters.net.http_answer import BODY_BYTES_MAX
from tradewind.adapters.net.outcome import NeverSent, NoAnswer, RateLimited, ServerFailed

SECRET = "hunter2-canary"


def call(
    method: Method = "GET",
    target: str = "/x",
    *,
    repeat: Repeat = Repeat.NEVER,
    deadline_s: float = 5.0,
    urgency: Urgency = Urgency.BACKGROUND,
) -> Call:
    headers = {"X-KEY": SECRET}
    request = Request(method=method, target=target, headers=headers)
    return Call(
        make=lambda: request,
        costs={"weight": 1},
        repeat=repeat,
        deadline_s=deadline_s,
        urgency=urgency,
    )


class Seen:
    """Counts what arrives and answers with the statuses given, the last of them for ever."""

    def __init__(self, *statuses: int, headers: dict[str, str] | None = None) -> None:
        self.statuses = list(statuses)
        self.headers = headers or {}
        self.requests: list[str] = []

    async def __call__(self, request: web.Request) -> web.Response:
        self.requests.append(f"{request.method} {request.raw_path}")
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.Response(status=status, text="{}", headers=self.headers)


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario())


def test_the_target_goes_out_exactly_as_it_was_signed() -> None:
    async def scenario() -> None:
        seen = Seen(200)
        target = "/api?symbol=%EF%BC%91%2B&a=b%20c&d=%7e"
        async with served(seen) as address, client_of(address) as client:
            response = await client.call(call(target=target))
            assert (response.status, response.body) == (200, b"{}")
            assert response.received_time_ns > 1_700_000_000_000_000_000
        assert seen.requests == [f"GET {target}"]

    run(scenario)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
def test_a_504_after_acceptance_is_an_unknown_outcome_and_nothing_is_repeated(
    method: Method,
) -> None:
    async def scenario() -> None:
        seen = Seen(504)
        async with served(seen) as address, client_of(address) as client:
            with pytest.raises(ServerFailed) as raised:
                await client.call(call(method))
            assert (raised.value.status, raised.value.retry) == (504, False)
        assert len(seen.requests) == 1

    run(scenario)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
def test_a_stale_connection_repeats_nothing(method: Method) -> None:
    arrived: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the first request of a connection and drops it after reading the second."""
        arrived.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()
        arrived.append(await reader.readuntil(b"\r\n\r\n"))

    async def scenario() -> None:
        async with spoken(speak) as address, client_of(address) as client:
            await client.call(call(method))
            with pytest.raises(NoAnswer):
                await client.call(call(method))
        assert len(arrived) == 2

    run(scenario)


def test_what_is_harmless_is_repeated_until_it_is_answered() -> None:
    async def scenario() -> None:
        seen = Seen(502, 503, 200)
        async with served(seen) as address, client_of(address) as client:
            response = await client.call(call(repeat=Repeat.HARMLESS))
            assert response.status == 200
        assert len(seen.requests) == 3

    run(scenario)


def test_a_repeated_call_is_made_anew_each_time() -> None:
    async def scenario() -> None:
        seen = Seen(502, 200)
        numbers = iter(range(9))
        async with served(seen) as address, client_of(address) as client:
            await client.call(
                Call(
                    make=lambda: Request(method="GET", target=f"/t?n={next(numbers)}"),
                    repeat=Repeat.HARMLESS,
                )
            )
        assert seen.requests == ["GET /t?n=0", "GET /t?n=1"]

    run(scenario)


def test_a_failing_server_is_tried_four_times_at_most() -> None:
    async def scenario() -> None:
        seen = Seen(500)
        async with served(seen) as address, client_of(address) as client:
            with pytest.raises(ServerFailed):
                await client.call(call(repeat=Repeat.HARMLESS))
        assert len(seen.requests) == 4

    run(scenario)


def test_no_connection_is_told_from_no_answer() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        closed = f"127.0.0.1:{free_port_that_is_closed()}"
        async with client_of(closed) as client:
            with pytest.raises(NeverSent):
                await client.call(call("POST"))
        async with spoken(silent) as address, client_of(address) as client:
            with pytest.raises(NoAnswer, match=r"no answer within 0.2 s"):
                await client.call(call("POST", deadline_s=0.2))

    run(scenario)


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()

    async def scenario() -> None:
        async with spoken(half) as address, client_of(address) as client:
            with pytest.raises(NoAnswer, match="broke off"):
                await client.call(call("POST"))

    run(scenario)


def test_an_answer_beyond_the_bound_is_not_read() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1))
        await writer.drain()
        await reader.read()

    async def scenario() -> None:
        async with spoken(endless) as address, client_of(address) as client:
            with pytest.raises(NoAnswer):
                await client.call(call())

    run(scenario)


@pytest.mark.parametrize("status", [429, 418])
def test_a_rate_refusal_is_obeyed_by_all_later_calls(status: int) -> None:
    async def scenario() -> None:
        seen = Seen(status, headers={"Retry-After": "30"})
        async with served(seen) as address, client_of(address) as client:
            with pytest.raises(RateLimited) as raised:
                await client.call(call())
            assert (raised.value.status, raised.value.retry_after_s) == (status, 30.0)
            for urgency in Urgency:
                with pytest.raises(NeverSent, match="free again in"):
                    await client.call(call(urgency=urgency))
        assert len(seen.requests) == 1

    run(scenario)


def test_a_refusal_that_does_not_say_how_long_holds_a_cancel_back_for_a_second_at_most() -> None:
    async def scenario() -> None:
        seen = Seen(429, 200)
        async with served(seen) as address, client_of(address) as client:
            with pytest.raises(RateLimited) as raised:
                await client.call(call("POST", urgency=Urgency.ORDER))
            assert raised.value.retry_after_s == 1.0
            assert (await client.call(call("DELETE", urgency=Urgency.CANCEL))).status == 200

    run(scenario)


def test_a_harmless_call_waits_out_a_short_rate_refusal() -> None:
    async def scenario() -> None:
        seen = Seen(429, 200, headers={"Retry-After": "1"})
        async with served(seen) as address, client_of(address) as client:
            response = await client.call(call(repeat=Repeat.HARMLESS))
            assert response.status == 200
        assert len(seen.requests) == 2

    run(scenario)


def test_what_the_venue_has_counted_holds_calls_back() -> None:
    def note(headers: Any, budget: RateBudget, now_ns: int) -> None:
        budget.note_used("weight", 86_400, int(headers["X-Used"]), now_ns)

    async def scenario() -> None:
        seen = Seen(200, headers={"X-Used": "100"})
        budget = RateBudget([Window("weight", 86_400, 100)])
        async with (
            served(seen) as address,
            client_of(address, budget=budget, note_headers=note) as client,
        ):
            await client.call(call())
            with pytest.raises(NeverSent, match="rate budget"):
                await client.call(call(deadline_s=0.1))
        assert len(seen.requests) == 1

    run(scenario)


async def fail_often(client: HttpClient) -> None:
    for _ in range(5):
        with pytest.raises(ServerFailed):
            await client.call(call())


def test_an_open_breaker_lets_nothing_through_but_cancels() -> None:
    async def scenario() -> None:
        seen = Seen(500, 500, 500, 500, 500, 200)
        async with served(seen) as address, client_of(address) as client:
            await fail_often(client)
            assert client.breaker().state == "open"
            with pytest.raises(NeverSent, match="left alone"):
                await client.call(call(urgency=Urgency.ORDER))
            assert (await client.call(call("DELETE", urgency=Urgency.CANCEL))).status == 200
            assert client.breaker().state == "closed"
        assert len(seen.requests) == 6

    run(scenario)


def test_refusals_of_the_venue_do_not_open_the_breaker() -> None:
    async def scenario() -> None:
        seen = Seen(400)
        async with served(seen) as address, client_of(address) as client:
            for _ in range(9):
                assert (await client.call(call())).status == 400
            assert client.breaker().failures == 0

    run(scenario)


def test_errors_tell_neither_key_nor_query() -> None:
    async def scenario() -> None:
        target = f"/q?apikey={SECRET}"
        closed = f"127.0.0.1:{free_port_that_is_closed()}"
        texts = []
        async with served(Seen(500)) as address, client_of(address) as client:
            for one in (client,):
                with pytest.raises(ServerFailed) as failed:
                    await one.call(call(target=target))
                texts.append(traceback.format_exception(failed.value))
        async with client_of(closed) as client:
            with pytest.raises(NeverSent) as never:
                await client.call(call(target=target))
            texts.append(traceback.format_exception(never.value))
        assert SECRET not in repr(texts)
        assert "/q" in repr(texts)

    run(scenario)
