"""The local Alpaca failing on purpose: on requests, on news of orders, on connections."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.venue.alpaca.alpaca_client import DEADLINE_S, Client, run


def switch_on(client: Client, name: str, **options: Any) -> None:
    client.venue.chaos.faults.switch_on(name, **{"count": 1, **options})


def test_an_order_whose_answer_is_lost_is_there() -> None:
    async def scenario(client: Client) -> None:
        switch_on(client, "reply-lost")
        status, _ = await client.order(client_order_id="mine")
        assert status == 504
        found = await client.get("/v2/orders:by_client_order_id", client_order_id="mine")
        assert found["status"] == "filled"
        assert (await client.order(client_order_id="mine"))[0] == 422

    run(scenario)


def test_an_order_that_never_arrived_is_not_there() -> None:
    async def scenario(client: Client) -> None:
        switch_on(client, "request-lost")
        assert (await client.order(client_order_id="mine"))[0] == 503
        parameters = {"client_order_id": "mine"}
        status, _ = await client.call("GET", "/v2/orders:by_client_order_id", **parameters)
        assert status == 404

    run(scenario)


@pytest.mark.parametrize(
    ("fault", "status"),
    [("rate-limit", 429), ("ip-ban", 418), ("server-error", 500), ("maintenance", 503)],
)
def test_a_request_that_fails_has_the_venue_s_form(fault: str, status: int) -> None:
    async def scenario(client: Client) -> None:
        switch_on(client, fault)
        got, error = await client.call("GET", "/v2/account")
        assert (got, error["code"]) == (status, status * 100_000)
        assert ("Retry-After" in client.headers) == (fault in ("rate-limit", "ip-ban"))

    run(scenario)


def test_requests_beyond_the_budget_are_refused_until_the_minute_is_over() -> None:
    async def scenario(client: Client) -> None:
        for left in (2, 1, 0):
            await client.get("/v2/clock")
            assert client.headers["X-RateLimit-Remaining"] == str(left)
        status, error = await client.call("GET", "/v2/clock")
        assert (status, error["code"]) == (429, 42910000)
        reset_ns = int(client.headers["X-RateLimit-Reset"]) * 10**9
        assert 0 < reset_ns - client.clock.now_ns <= 60 * 10**9
        await client.second("second").get("/v2/clock")
        client.clock.now_ns = reset_ns
        await client.get("/v2/clock")

    run(scenario, requests_per_minute=3)


def test_new_orders_are_refused_in_a_storm() -> None:
    async def scenario(client: Client) -> None:
        switch_on(client, "reject-storm", count=2)
        assert [(await client.order())[0] for _ in range(3)] == [403, 403, 200]

    run(scenario)


def test_a_fill_may_be_told_behind_the_cancel_that_came_after_it() -> None:
    async def scenario(client: Client) -> None:
        order = await client.limit("buy", 10, 200)
        async with client.updates() as updates:
            switch_on(client, "fill-after-cancel")
            await client.call("DELETE", f"/v2/orders/{order['id']}")
            canceled, fill = await updates.next(), await updates.next()
        assert (canceled["event"], canceled["order"]["filled_qty"]) == ("canceled", "5")
        assert (fill["event"], fill["qty"], fill["price"]) == ("partial_fill", "5", "200")
        assert (await client.get("/v2/positions/AAPL"))["qty"] == "5"

    run(scenario)


def test_news_come_twice_in_another_order_or_not_at_all() -> None:
    async def scenario(client: Client) -> None:
        async with client.updates() as updates:
            switch_on(client, "duplicate-report")
            await client.order()
            assert await updates.events(3) == ["new", "new", "fill"]
            switch_on(client, "reordered-report")
            await client.order()
            assert await updates.events(2) == ["fill", "new"]
            switch_on(client, "lost-report")
            await client.order()
            assert await updates.events(1) == ["fill"]

    run(scenario)


def test_the_connection_is_cut_before_a_fill_is_told() -> None:
    async def scenario(client: Client) -> None:
        async with client.updates() as updates:
            switch_on(client, "drop-in-mid-fill")
            _, order = await client.order()
            kinds = [(await updates.socket.receive(DEADLINE_S)).type for _ in range(2)]
            assert kinds[-1] in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE)
        assert await client.state(order) == "filled"

    run(scenario)


def test_a_busted_fill_gives_cash_and_shares_back_and_is_told() -> None:
    async def scenario(client: Client) -> None:
        switch_on(client, "trade-bust", value=20)
        async with client.updates() as updates:
            await client.order()
            assert await updates.events(2) == ["new", "fill"]
            restated = await updates.next()
        assert (restated["event"], restated["order"]["filled_qty"]) == ("restated", "0")
        assert (await client.get("/v2/account"))["cash"] == "100000"
        assert await client.get("/v2/positions") == []
        assert await client.get("/v2/account/activities") == []

    run(scenario)


def test_the_venue_s_clock_may_be_ahead() -> None:
    async def scenario(client: Client) -> None:
        before = await client.get("/v2/clock")
        switch_on(client, "clock-skew", value=3_600_000)
        after = await client.get("/v2/clock")
        assert (before["timestamp"][11:13], after["timestamp"][11:13]) == ("10", "11")

    run(scenario)


def test_the_operator_s_log_tells_each_request_and_each_fill() -> None:
    async def scenario(client: Client) -> None:
        await client.order(client_order_id="mine")
        log = await client.get("/admin/log")
        assert [row["what"] for row in log if row.get("client_id") == "mine"] == [
            "request", "received", "new", "trade",
        ]  # fmt: skip
        accounts = await client.get("/admin/accounts")
        assert accounts["demo"]["AAPL"]["free"] == "1"

    run(scenario)
