"""The local Alpaca over its wire: orders of every kind, what becomes of them, what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venue.alpaca.alpaca_client import Client, run

# The still market: AAPL 219.97 / 220.03, ten shares a level; last price 220.


def test_a_market_order_is_pending_in_the_answer_and_filled_on_the_stream() -> None:
    async def scenario(client: Client) -> None:
        async with client.updates() as updates:
            status, order = await client.order(qty=2.0, client_order_id="mine")
            assert (status, order["status"], order["qty"]) == (200, "pending_new", "2")
            new, fill = await updates.next(), await updates.next()
        assert (new["event"], new["order"]["status"]) == ("new", "new")
        assert (fill["event"], fill["price"], fill["qty"]) == ("fill", "220.03", "2")
        assert (fill["position_qty"], fill["order"]["filled_avg_price"]) == ("2", "220.03")
        assert fill["order"]["client_order_id"] == "mine"
        position = await client.get("/v2/positions/AAPL")
        assert (position["qty"], position["avg_entry_price"]) == ("2", "220.03")
        account = await client.get("/v2/account")
        assert account["cash"] == "99559.94"
        [activity] = await client.get("/v2/account/activities/FILL")
        assert (activity["order_id"], activity["cum_qty"]) == (order["id"], "2")

    run(scenario)


def test_an_order_larger_than_a_level_is_filled_in_parts_with_a_running_average() -> None:
    async def scenario(client: Client) -> None:
        async with client.updates() as updates:
            _, order = await client.order(qty="15")
            events = [await updates.next() for _ in range(3)]
        assert [each["event"] for each in events] == ["new", "partial_fill", "fill"]
        assert [each.get("price") for each in events] == [None, "220.03", "220.05"]
        shown = await client.get(f"/v2/orders/{order['id']}")
        assert shown["filled_avg_price"] == "220.036667"

    run(scenario)


def test_a_resting_order_holds_buying_power_and_a_cancel_gives_it_back() -> None:
    async def scenario(client: Client) -> None:
        before = (await client.get("/v2/account"))["buying_power"]
        order = await client.limit("buy", 10, 200, time_in_force="gtc")
        assert await client.state(order) == "new"
        held = (await client.get("/v2/account"))["buying_power"]
        assert float(before) - float(held) == 2_000
        assert (await client.call("DELETE", f"/v2/orders/{order['id']}"))[0] == 204
        assert await client.state(order) == "canceled"
        assert (await client.get("/v2/account"))["buying_power"] == before
        status, error = await client.call("DELETE", f"/v2/orders/{order['id']}")
        assert (status, error["code"]) == (422, 42210000)

    run(scenario)


def test_a_replacement_is_a_new_order_that_points_at_the_old_one() -> None:
    async def scenario(client: Client) -> None:
        old = await client.limit("buy", 10, 200)
        async with client.updates() as updates:
            status, new = await client.call(
                "PATCH", f"/v2/orders/{old['id']}", {"qty": "4", "limit_price": "201.5"}
            )
            assert (status, new["replaces"], new["qty"]) == (200, old["id"], "4")
            assert await updates.events(2) == ["replaced", "new"]
        shown = await client.get(f"/v2/orders/{old['id']}")
        assert (shown["status"], shown["replaced_by"]) == ("replaced", new["id"])
        assert new["id"] != old["id"]
        assert new["client_order_id"] != old["client_order_id"]
        status, _ = await client.call("PATCH", f"/v2/orders/{old['id']}", {"qty": "5"})
        assert status == 422

    run(scenario)


def test_a_replacement_keeps_what_was_filled_and_works_the_rest() -> None:
    async def scenario(client: Client) -> None:
        old = await client.limit("buy", 15, "220.03")
        assert await client.state(old) == "partially_filled"
        _, new = await client.call("PATCH", f"/v2/orders/{old['id']}", {"limit_price": "220.05"})
        assert (new["qty"], new["filled_qty"]) == ("15", "10")
        assert await client.state(new) == "filled"
        assert (await client.get("/v2/positions/AAPL"))["qty"] == "15"
        status, _ = await client.call("PATCH", f"/v2/orders/{new['id']}", {"qty": "20"})
        assert status == 422

    run(scenario)


def test_a_client_order_id_is_never_free_again() -> None:
    async def scenario(client: Client) -> None:
        order = await client.limit("buy", 1, 200, client_order_id="once")
        await client.call("DELETE", f"/v2/orders/{order['id']}")
        status, error = await client.order(client_order_id="once")
        assert (status, error["message"]) == (422, "client_order_id must be unique")
        found = await client.get("/v2/orders:by_client_order_id", client_order_id="once")
        assert found["id"] == order["id"]
        assert (await client.second("second").order(client_order_id="once"))[0] == 200

    run(scenario)


REFUSED: list[tuple[dict[str, object], int, str]] = [
    ({"symbol": "NOPE"}, 404, "asset not found for NOPE"),
    ({"symbol": "GONE"}, 422, "asset GONE is not active"),
    ({"type": "limit", "limit_price": "200.005"}, 422, "sub-penny increment"),
    ({"type": "limit", "limit_price": "0.00005", "symbol": "PENY"}, 422, "sub-penny increment"),
    ({"qty": "0"}, 422, "qty must be > 0"),
    ({"qty": "NaN"}, 422, "qty must be > 0"),
    ({"qty": "0.0000001"}, 422, "multiple of"),
    ({"qty": "0.5", "symbol": "PENY"}, 403, "not fractionable"),
    ({"qty": "0.5", "time_in_force": "gtc"}, 422, "fractional orders must be DAY orders"),
    ({"notional": "0.5"}, 422, "notional amount must be >= 1.00"),
    ({"notional": "10", "qty": "1"}, 422, "only one of qty or notional"),
    ({"type": "limit"}, 422, "require limit_price"),
    ({"limit_price": "200"}, 422, "must not have limit_price"),
    ({"type": "stop"}, 422, "require stop_price"),
    ({"type": "trailing_stop"}, 422, "one of trail_price or trail_percent"),
    ({"extended_hours": True}, 422, "extended hours order must be DAY limit orders"),
    ({"side": "hold"}, 422, "invalid side"),
    ({"time_in_force": "gtx"}, 422, "invalid time_in_force"),
    ({"client_order_id": "x" * 129}, 422, "no more than 128"),
    ({"qty": "100000"}, 403, "insufficient buying power"),
    ({"symbol": "PENY", "side": "sell"}, 403, "cannot be sold short"),
    ({"symbol": "BTC/USD", "side": "sell", "time_in_force": "gtc"}, 403, "insufficient balance"),
    ({"symbol": "BTC/USD", "time_in_force": "day"}, 422, "invalid crypto time_in_force"),
    ({"side": "sell", "position_intent": "sell_to_close"}, 422, "position intent mismatch"),
    ({"time_in_force": "opg"}, 422, "opg orders must be submitted"),
]


@pytest.mark.parametrize(("body", "status", "words"), REFUSED)
def test_what_the_venue_does_not_take_has_its_status_code_and_message(
    body: dict[str, object], status: int, words: str
) -> None:
    async def scenario(client: Client) -> None:
        got, error = await client.order(**body)
        assert got == status, error
        assert words in error["message"]
        assert error["code"] // 100_000 in (status, 400)
        assert await client.get("/v2/orders", status="all") == []

    run(scenario)


def test_at_the_buying_power_an_order_is_taken_and_one_cent_beyond_refused() -> None:
    async def scenario(client: Client) -> None:
        # 100,000 dollars, four times: 2,000 shares at 200.00
        status, error = await client.order(type="limit", qty="2000", limit_price="200.01")
        assert (status, error["code"]) == (403, 40310000)
        assert (await client.order(type="limit", qty="2000", limit_price="200"))[0] == 200
        assert (await client.order(type="limit", qty="1", limit_price="1"))[0] == 403

    run(scenario)


def test_shares_are_sold_once_and_not_more_than_are_there() -> None:
    async def scenario(client: Client) -> None:
        await client.order(qty="10")
        await client.limit("sell", 6, 230)
        status, error = await client.order(side="sell", qty="5", type="limit", limit_price="231")
        assert (status, error["available"], error["held_for_orders"]) == (403, "4", "6")
        assert (await client.order(side="sell", qty="4", type="limit", limit_price="231"))[0] == 200
        position = await client.get("/v2/positions/AAPL")
        assert (position["qty"], position["qty_available"]) == ("10", "0")

    run(scenario)


def test_a_short_position_is_negative_and_is_bought_back() -> None:
    async def scenario(client: Client) -> None:
        await client.order(side="sell", qty="3")
        position = await client.get("/v2/positions/AAPL")
        assert (position["qty"], position["side"]) == ("-3", "short")
        assert float((await client.get("/v2/account"))["short_market_value"]) < 0
        status, order = await client.call("DELETE", "/v2/positions/AAPL")
        assert (status, order["side"], order["qty"]) == (200, "buy", "3")
        status, error = await client.call("GET", "/v2/positions/AAPL")
        assert (status, error["message"]) == (404, "position does not exist")

    run(scenario)


def test_an_order_that_could_trade_with_an_own_one_is_refused() -> None:
    async def scenario(client: Client) -> None:
        await client.order(qty="10")
        resting = await client.limit("sell", 5, 221)
        status, error = await client.order(type="limit", limit_price="221")
        assert (status, error["existing_order_id"]) == (403, resting["id"])
        assert (await client.order(type="limit", limit_price="220.99"))[0] == 200

    run(scenario)


def test_dollars_buy_what_the_ask_gives_for_them() -> None:
    async def scenario(client: Client) -> None:
        _, order = await client.order(notional="500")
        shown = await client.get(f"/v2/orders/{order['id']}")
        assert (shown["notional"], shown["qty"], shown["status"]) == ("500", None, "filled")
        assert shown["filled_qty"] == "2.272417"

    run(scenario)


def test_immediate_orders_end_with_what_they_get() -> None:
    async def scenario(client: Client) -> None:
        body = {"type": "limit", "limit_price": "220.03", "qty": "15"}
        _, ioc = await client.order(**body, time_in_force="ioc")
        shown = await client.get(f"/v2/orders/{ioc['id']}")
        assert (shown["status"], shown["filled_qty"]) == ("canceled", "10")
        _, fok = await client.order(**body, time_in_force="fok")
        shown = await client.get(f"/v2/orders/{fok['id']}")
        assert (shown["status"], shown["filled_qty"]) == ("canceled", "0")

    run(scenario)


def test_a_market_order_beyond_the_book_waits_for_more() -> None:
    async def scenario(client: Client) -> None:
        _, order = await client.order(qty="130")
        assert await client.state(order) == "partially_filled"
        await client.call("DELETE", f"/v2/orders/{order['id']}")
        shown = await client.get(f"/v2/orders/{order['id']}")
        assert (shown["status"], shown["filled_qty"]) == ("canceled", "100")

    run(scenario)


def test_a_stop_sells_when_the_price_falls_to_it() -> None:
    async def scenario(client: Client) -> None:
        await client.order(qty="5")
        _, stop = await client.order(side="sell", qty="5", type="stop", stop_price="215")
        await client.trade_at("215.01")
        assert await client.state(stop) == "new"
        await client.trade_at("215")
        assert await client.state(stop) == "filled"

    run(scenario)


def test_a_trailing_stop_follows_the_price_up_and_sells_on_the_way_down() -> None:
    async def scenario(client: Client) -> None:
        await client.order(qty="5")
        body = {"side": "sell", "qty": "5", "type": "trailing_stop"}
        _, stop = await client.order(**body, trail_price="2")
        await client.trade_at("225")
        shown = await client.get(f"/v2/orders/{stop['id']}")
        assert (shown["hwm"], shown["stop_price"]) == ("225", "223")
        await client.trade_at("224")
        assert (await client.get(f"/v2/orders/{stop['id']}"))["stop_price"] == "223"
        await client.trade_at("223")
        assert await client.state(stop) == "filled"

    run(scenario)


BRACKET: dict[str, Any] = {
    "order_class": "bracket",
    "qty": "5",
    "take_profit": {"limit_price": "230"},
    "stop_loss": {"stop_price": "210", "limit_price": "209.5"},
}


def test_the_legs_of_a_bracket_are_held_until_it_is_filled_and_end_each_other() -> None:
    async def scenario(client: Client) -> None:
        order = await client.limit("buy", 5, 215, **{**BRACKET, "qty": 5})
        assert [leg["status"] for leg in order["legs"]] == ["held", "held"]
        await client.trade_at("214")
        shown = await client.get(f"/v2/orders/{order['id']}", nested="true")
        assert shown["status"] == "filled"
        assert [leg["status"] for leg in shown["legs"]] == ["new", "new"]
        await client.trade_at("231", taker="buy")
        shown = await client.get(f"/v2/orders/{order['id']}", nested="true")
        assert [leg["status"] for leg in shown["legs"]] == ["filled", "canceled"]
        assert await client.get("/v2/positions") == []

    run(scenario)


def test_the_stop_of_a_bracket_ends_its_profit() -> None:
    async def scenario(client: Client) -> None:
        _, order = await client.order(**{**BRACKET, "stop_loss": {"stop_price": "210"}})
        await client.trade_at("210")
        shown = await client.get(f"/v2/orders/{order['id']}", nested="true")
        assert [leg["status"] for leg in shown["legs"]] == ["canceled", "filled"]

    run(scenario)


def test_a_part_of_the_profit_leaves_a_smaller_stop() -> None:
    async def scenario(client: Client) -> None:
        _, order = await client.order(**{**BRACKET, "stop_loss": {"stop_price": "210"}})
        await client.trade_at("230", taker="buy", size=2)
        shown = await client.get(f"/v2/orders/{order['id']}", nested="true")
        assert [leg["status"] for leg in shown["legs"]] == ["partially_filled", "new"]
        assert [leg["qty"] for leg in shown["legs"]] == ["5", "3"]
        await client.trade_at("210")
        shown = await client.get(f"/v2/orders/{order['id']}", nested="true")
        assert [leg["status"] for leg in shown["legs"]] == ["canceled", "filled"]
        assert await client.get("/v2/positions") == []

    run(scenario)


def test_a_bracket_that_is_canceled_takes_its_legs_along() -> None:
    async def scenario(client: Client) -> None:
        order = await client.limit("buy", 5, 200, **{**BRACKET, "qty": 5})
        await client.call("DELETE", f"/v2/orders/{order['id']}")
        orders = await client.get("/v2/orders", status="all")
        assert [each["status"] for each in orders] == ["canceled"] * 3

    run(scenario)


def test_of_two_exits_one_ends_the_other() -> None:
    async def scenario(client: Client) -> None:
        await client.order(qty="5")
        exits = {"take_profit": {"limit_price": "230"}, "stop_loss": {"stop_price": "210"}}
        _, order = await client.order(
            side="sell", qty="5", type="limit", order_class="oco", **exits
        )
        assert (order["limit_price"], len(order["legs"])) == ("230", 1)
        await client.trade_at("210")
        shown = await client.get(f"/v2/orders/{order['id']}", nested="true")
        assert (shown["status"], shown["legs"][0]["status"]) == ("canceled", "filled")

    run(scenario)


def test_canceling_all_says_how_it_went_for_each() -> None:
    async def scenario(client: Client) -> None:
        for price in (200, 201, 202):
            await client.limit("buy", 1, price)
        status, answers = await client.call("DELETE", "/v2/orders")
        assert (status, [each["status"] for each in answers]) == (207, [200] * 3)
        assert await client.get("/v2/orders") == []

    run(scenario)


def test_orders_are_listed_by_state_time_symbol_and_side() -> None:
    async def scenario(client: Client) -> None:
        first = await client.limit("buy", 1, 200)
        client.clock.now_ns += 10**9
        second = await client.limit("buy", 1, 400, symbol="MSFT")
        await client.call("DELETE", f"/v2/orders/{first['id']}")
        ids = {"first": first["id"], "second": second["id"]}

        async def listed(**parameters: object) -> list[str]:
            found = [order["id"] for order in await client.get("/v2/orders", **parameters)]
            return [name for each in found for name, order_id in ids.items() if each == order_id]

        assert await listed() == ["second"]
        assert await listed(status="closed") == ["first"]
        assert await listed(status="all") == ["second", "first"]
        assert await listed(status="all", direction="asc", limit=1) == ["first"]
        assert await listed(status="all", after=first["submitted_at"]) == ["second"]
        assert await listed(status="all", until=second["submitted_at"]) == ["first"]
        assert await listed(status="all", symbols="AAPL,SPY") == ["first"]
        assert await listed(status="all", side="sell") == []

    run(scenario)


def test_a_dividend_comes_as_cash_and_as_an_activity_of_the_day() -> None:
    async def scenario(client: Client) -> None:
        before = Decimal((await client.get("/v2/account"))["cash"])
        paid = {"account": "demo", "type": "DIV", "net_amount": "1.02", "symbol": "AAPL"}
        status, row = await client.call("POST", "/admin/activity", paid)
        assert (status, row["date"], row["net_amount"]) == (200, "2026-11-20", "1.02")
        assert Decimal((await client.get("/v2/account"))["cash"]) - before == Decimal("1.02")
        assert await client.get("/v2/account/activities", activity_types="DIV,INT") == [row]
        assert await client.get("/v2/account/activities/FILL") == []
        wrong = await client.call("POST", "/admin/activity", {"account": "nobody"})
        assert wrong[0] == 400

    run(scenario)
