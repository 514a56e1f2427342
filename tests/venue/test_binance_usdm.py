"""The local USD-M venue over its wire: margin, positions, hedge mode, the listen key's events."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from tests.venue.binance_client import DEADLINE_S, Answer, Client
from tradewind.venue.binance.funding import INTERVAL_MS, Funding
from tradewind.venue.binance.markets import USDM
from tradewind.venue.binance.usdm import BinanceUsdm
from tradewind.venue.chaos import Chaos
from tradewind.venue.faults import Faults
from tradewind.venue.margin import MarginClearing
from tradewind.venue.market_source import StillMarket
from tradewind.venue.server import VenueServer


class Futures(Client):
    """Calls of /fapi."""

    async def order(self, **parameters: object) -> Answer:
        """POST /fapi/v1/order on BTCUSDT, answered when it is matched."""
        named = {"symbol": "BTCUSDT", "newOrderRespType": "RESULT", **parameters}
        return await self.signed("POST", "/fapi/v1/order", **named)

    async def position(self) -> dict[str, Any]:
        """The one open position."""
        _, [row] = await self.signed("GET", "/fapi/v3/positionRisk")
        assert isinstance(row, dict)
        return row

    async def wallet(self) -> str:
        """The wallet's balance."""
        _, [row] = await self.signed("GET", "/fapi/v2/balance")
        return str(row["balance"])


def run(scenario: Any) -> None:
    """Run a scenario against a venue of its own with a still market."""

    async def within() -> None:
        protocol = BinanceUsdm(Chaos(Faults()), market=StillMarket(USDM))
        async with VenueServer(protocol) as server, aiohttp.ClientSession() as http:
            await asyncio.wait_for(scenario(Futures(server, http, "demo")), 2 * DEADLINE_S)

    asyncio.run(within())


def test_a_position_costs_margin_and_its_profit_comes_to_the_wallet() -> None:
    async def scenario(client: Futures) -> None:
        _, bought = await client.order(side="BUY", type="MARKET", quantity="1")
        assert (bought["status"], bought["avgPrice"]) == ("FILLED", "60006.00")
        assert await client.wallet() == "99969.99700000"
        position = await client.position()
        assert (position["positionAmt"], position["leverage"]) == ("1.000", "20")
        _, sold = await client.order(side="SELL", type="MARKET", quantity="5", reduceOnly="true")
        assert (sold["status"], sold["origQty"]) == ("FILLED", "1.000")
        _, fills = await client.signed("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
        assert [row["realizedPnl"] for row in fills] == ["0.00000000", "-12.00000000"]
        assert (await client.signed("GET", "/fapi/v3/positionRisk"))[1] == []

    run(scenario)


def test_an_order_beyond_the_margin_is_refused_and_more_leverage_lets_it_in() -> None:
    async def scenario(client: Futures) -> None:
        order = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "59000"}
        _, refused = await client.order(**order, quantity="40")
        assert (refused["code"], refused["msg"]) == (-2019, "Margin is insufficient.")
        _, set_to = await client.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=50)
        assert set_to["leverage"] == 50
        _, taken = await client.order(**order, quantity="40")
        assert taken["status"] == "NEW"
        _, account = await client.signed("GET", "/fapi/v2/account")
        assert account["totalOpenOrderInitialMargin"] == "47200.00000000"

    run(scenario)


def test_a_hedged_account_holds_both_sides_and_must_say_which() -> None:
    async def scenario(client: Futures) -> None:
        path = "/fapi/v1/positionSide/dual"
        assert (await client.signed("POST", path, dualSidePosition="true"))[0] == 200
        _, refused = await client.order(side="BUY", type="MARKET", quantity="1")
        assert refused["code"] == -4061
        for side, which in (("BUY", "LONG"), ("SELL", "SHORT")):
            status, _ = await client.order(
                side=side, type="MARKET", quantity="1", positionSide=which
            )
            assert status == 200
        _, rows = await client.signed("GET", "/fapi/v3/positionRisk")
        assert {row["positionSide"]: row["positionAmt"] for row in rows} == {
            "LONG": "1.000", "SHORT": "-1.000",
        }  # fmt: skip
        _, refused = await client.signed("POST", path, dualSidePosition="false")
        assert refused["code"] == -4068

    run(scenario)


def test_the_listen_key_brings_orders_and_positions() -> None:
    async def scenario(client: Futures) -> None:
        _, answer = await client.signed("POST", "/fapi/v1/listenKey")
        url = f"{client.server.ws_url}/ws/{answer['listenKey']}"
        async with client.http.ws_connect(url) as socket:
            await client.order(side="SELL", type="MARKET", quantity="2")
            events = [await socket.receive_json(timeout=DEADLINE_S) for _ in range(3)]
        new, fill, account = events
        assert (new["e"], new["o"]["x"]) == ("ORDER_TRADE_UPDATE", "NEW")
        assert (fill["o"]["x"], fill["o"]["X"], fill["o"]["L"]) == ("TRADE", "FILLED", "59994.00")
        assert (account["e"], account["a"]["P"][0]["pa"]) == ("ACCOUNT_UPDATE", "-2")

    run(scenario)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"quantity": "0.0001"}, -4003),
        ({"quantity": "0.0015"}, -1111),
        ({"price": "59000.05"}, -1111),
        ({"quantity": "0.001", "price": "4000"}, -4164),
        ({"timeInForce": "GTX", "price": "61000"}, -5022),
        ({"reduceOnly": "true"}, -2022),
        ({"type": "STOP_MARKET", "stopPrice": "59000"}, -2021),
    ],
)
def test_each_mistake_has_the_futures_own_code(wrong: dict[str, str], code: int) -> None:
    async def scenario(client: Futures) -> None:
        order = {
            "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "59000",
            "quantity": "0.1",
        }  # fmt: skip
        if "stopPrice" in wrong:
            del order["price"]
        status, answer = await client.order(**{**order, **wrong})
        assert (status, answer["code"]) == (400, code), answer

    run(scenario)


def test_a_limit_order_is_modified_in_place_and_loses_its_turn() -> None:
    async def scenario(client: Futures) -> None:
        order = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        _, first = await client.order(**order, quantity="1", price="59000")
        _, changed = await client.signed(
            "PUT", "/fapi/v1/order", symbol="BTCUSDT", orderId=first["orderId"], side="BUY",
            quantity="2", price="59100",
        )  # fmt: skip
        assert (changed["orderId"], changed["origQty"], changed["price"]) == (
            first["orderId"], "2.000", "59100.00",
        )  # fmt: skip

    run(scenario)


def test_depth_updates_chain_by_their_last_ids() -> None:
    async def scenario(client: Futures) -> None:
        order = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1"}
        async with client.http.ws_connect(
            f"{client.server.ws_url}/stream?streams=btcusdt@depth@100ms"
        ) as socket:
            await client.order(**order, price="59000")
            first = (await socket.receive_json())["data"]
            _, snapshot = await client.public("/fapi/v1/depth", symbol="BTCUSDT")
            await client.order(**order, price="59001")
            second = (await socket.receive_json())["data"]
        assert first["u"] == second["pu"]
        assert second["U"] <= snapshot["lastUpdateId"] <= second["u"]

    run(scenario)


def test_funding_moves_the_wallet_and_is_told_and_listed() -> None:
    async def scenario(client: Futures) -> None:
        await client.order(side="BUY", type="MARKET", quantity="1")
        _, answer = await client.signed("POST", "/fapi/v1/listenKey")
        before = Decimal(await client.wallet())
        url, symbol = f"{client.server.ws_url}/ws/{answer['listenKey']}", {"symbol": "BTCUSDT"}
        async with client.http.ws_connect(url) as socket:
            await client.http.post(f"{client.server.url}/admin/funding", json=symbol)
            told = await socket.receive_json(timeout=DEADLINE_S)
        assert (told["e"], told["a"]["m"], told["a"]["P"]) == ("ACCOUNT_UPDATE", "FUNDING_FEE", [])
        income = Decimal(await client.wallet()) - before
        assert told["a"]["B"][0]["wb"] == await client.wallet()
        _, [row] = await client.signed("GET", "/fapi/v1/income", incomeType="FUNDING_FEE")
        assert (row["symbol"], row["asset"], Decimal(row["income"])) == ("BTCUSDT", "USDT", income)
        assert -7 < income < -6
        assert (await client.signed("GET", "/fapi/v1/income", page=2))[1] == []

    run(scenario)


def test_funding_is_due_once_for_each_interval() -> None:
    funding = Funding(MarginClearing("USDT", lambda _: Decimal(1)), now_ms=INTERVAL_MS + 5)
    due = [funding.is_due(at) for at in (INTERVAL_MS + 6, 2 * INTERVAL_MS, 2 * INTERVAL_MS + 1)]
    assert due == [False, True, False]


def test_a_countdown_that_nobody_renews_cancels_the_orders_of_its_contract_alone() -> None:
    async def scenario(client: Futures) -> None:
        venue, path = client.venue, "/fapi/v1/countdownCancelAll"
        order = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
        await client.order(**order, price="59000")
        await client.order(**order, price="2900", symbol="ETHUSDT")
        begun_ns = venue.chaos.clock.now_ns()
        for milliseconds in ("100000", "60000"):
            told = await client.signed("POST", path, symbol="BTCUSDT", countdownTime=milliseconds)
            assert told == (200, {"symbol": "BTCUSDT", "countdownTime": milliseconds})
        venue.on_tick(begun_ns + 59_000_000_000)
        assert len(venue.exchange.open) == 2
        venue.on_tick(begun_ns + 70_000_000_000)
        assert [one.symbol for one in venue.exchange.open.values()] == ["ETHUSDT"]
        await client.order(**order, price="59000")
        venue.on_tick(begun_ns + 200_000_000_000)
        assert len(venue.exchange.open) == 2, "a countdown runs once"
        for milliseconds in ("60000", "0"):
            await client.signed("POST", path, symbol="BTCUSDT", countdownTime=milliseconds)
        venue.on_tick(begun_ns + 300_000_000_000)
        assert len(venue.exchange.open) == 2, "0 ends it"
        status, refused = await client.signed("POST", path, symbol="BTCUSDT", countdownTime="-1")
        assert (status, refused["code"]) == (400, -1130)

    run(scenario)
