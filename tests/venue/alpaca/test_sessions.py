"""The local Alpaca and the clock: sessions, auctions, extended hours, day trades."""

from __future__ import annotations

from tests.venue.alpaca.alpaca_client import Client, run

THURSDAY_EVENING = "2026-11-19T21:00:00-05:00"
FRIDAY_EARLY = "2026-11-20T05:00:00-05:00"


def test_an_order_of_the_night_waits_for_the_open() -> None:
    async def scenario(client: Client) -> None:
        status, order = await client.order()
        assert (status, order["status"]) == (200, "accepted")
        async with client.updates() as updates:
            await client.until("2026-11-20T09:30:00-05:00")
            assert await updates.events(2) == ["new", "fill"]

    run(scenario, clock=THURSDAY_EVENING)


def test_a_day_order_expires_at_the_close_and_a_gtc_order_works_again_next_day() -> None:
    async def scenario(client: Client) -> None:
        day = await client.limit("buy", 1, 200)
        kept = await client.limit("buy", 1, 201, time_in_force="gtc")
        await client.until("2026-11-20T15:59:59-05:00")
        assert await client.state(day) == "new"
        await client.until("2026-11-20T16:00:00-05:00")
        assert (await client.state(day), await client.state(kept)) == ("expired", "new")
        await client.trade_at("150")
        assert await client.state(kept) == "new"
        await client.until("2026-11-23T09:30:00-05:00")
        await client.trade_at("150")
        assert await client.state(kept) == "filled"

    run(scenario)


def test_only_orders_for_extended_hours_work_before_the_open() -> None:
    async def scenario(client: Client) -> None:
        early = await client.limit("buy", 1, 200, extended_hours=True)
        plain = await client.limit("buy", 1, 200)
        assert (await client.state(early), await client.state(plain)) == ("new", "accepted")
        await client.trade_at("199")
        assert (await client.state(early), await client.state(plain)) == ("filled", "accepted")
        late = await client.limit("buy", 1, 199, extended_hours=True)
        await client.until("2026-11-20T19:59:00-05:00")
        assert await client.state(late) == "new"
        await client.until("2026-11-20T20:00:00-05:00")
        assert await client.state(late) == "expired"

    run(scenario, clock=FRIDAY_EARLY)


def test_auction_orders_are_filled_at_open_and_close() -> None:
    async def scenario(client: Client) -> None:
        _, opening = await client.order(time_in_force="opg")
        _, closing = await client.order(time_in_force="cls")
        await client.until("2026-11-20T09:30:00-05:00")
        assert (await client.state(opening), await client.state(closing)) == ("filled", "accepted")
        await client.until("2026-11-20T16:00:00-05:00")
        assert await client.state(closing) == "filled"

    run(scenario, clock=FRIDAY_EARLY)


def test_crypto_trades_on_saturday() -> None:
    async def scenario(client: Client) -> None:
        assert (await client.get("/v2/clock"))["is_open"] is False
        _, order = await client.order(symbol="BTC/USD", qty="0.01", time_in_force="gtc")
        assert await client.state(order) == "filled"
        assert (await client.get("/v2/positions/BTCUSD"))["qty"] == "0.01"

    run(scenario, clock="2026-11-21T12:00:00-05:00")


def test_the_clock_and_the_calendar_know_the_short_day() -> None:
    async def scenario(client: Client) -> None:
        clock = await client.get("/v2/clock")
        assert clock["is_open"] is True
        assert clock["next_close"] == "2026-11-27T13:00:00-05:00"
        assert clock["next_open"] == "2026-11-30T09:30:00-05:00"
        days = await client.get("/v2/calendar", start="2026-11-26", end="2026-11-27")
        assert [(day["date"], day["open"], day["close"]) for day in days] == [
            ("2026-11-27", "09:30", "13:00")
        ]

    run(scenario, clock="2026-11-27T10:00:00-05:00")


def test_a_small_account_makes_three_day_trades_and_no_fourth() -> None:
    async def scenario(client: Client) -> None:
        await client.deposit("-90000")
        for _ in range(3):
            await client.order()
            assert (await client.order(side="sell"))[0] == 200
        assert (await client.get("/v2/account"))["daytrade_count"] == 3
        await client.order()
        status, error = await client.order(side="sell")
        assert (status, error["code"]) == (403, 40310100)
        await client.until("2026-11-23T10:00:00-05:00")
        assert (await client.order(side="sell"))[0] == 200

    run(scenario)
