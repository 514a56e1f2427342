"""What the local Alpaca answers fits the venue's own description of its interface.

The description is of April 2025 and older than the clients; where the clients know better, it is
listed in `KNOWN`.
"""

from __future__ import annotations

from tests.venue.alpaca.alpaca_client import Client, run
from tests.venue.descriptions import faults, path_of

TRADING = "alpaca_trading_openapi.yaml"
DATA = "alpaca_data_openapi.yaml"
# The account's class has "mleg" today, assets have the exchange CRYPTO, orders may be "held",
# of a closed position the status is a number.
KNOWN = ("'held' is not one of", "'CRYPTO' is not one of", "200 is not of type 'string'")


def unknown(found: list[str]) -> list[str]:
    return [fault for fault in found if not any(word in fault for word in KNOWN)]


def test_trading_answers_fit_their_schemas() -> None:
    async def scenario(client: Client) -> None:
        found: list[str] = []

        async def check(
            method: str, path: str, body: object = None, **parameters: object
        ) -> object:
            status, answer = await client.call(method, path, body, **parameters)
            assert 200 <= status < 300, answer
            described = path_of(TRADING, path)
            if answer is not None:
                found.extend(unknown(faults(TRADING, method, described, answer)))
            return answer

        order = {"symbol": "AAPL", "qty": "5", "side": "buy", "type": "market"}
        bracket = {
            "order_class": "bracket",
            "take_profit": {"limit_price": "230"},
            "stop_loss": {"stop_price": "210"},
        }
        await check("POST", "/v2/orders", {**order, "time_in_force": "day", **bracket})
        limit = {**order, "type": "limit", "limit_price": "200", "time_in_force": "gtc"}
        placed = await check("POST", "/v2/orders", limit)
        await check("PATCH", f"/v2/orders/{placed['id']}", {"qty": "3"})
        for path in (
            "/v2/account",
            "/v2/account/configurations",
            "/v2/account/activities",
            "/v2/account/portfolio/history",
            "/v2/orders",
            f"/v2/orders/{placed['id']}",
            "/v2/positions",
            "/v2/positions/AAPL",
            "/v2/calendar",
            "/v2/clock",
        ):
            await check("GET", path)
        for fill in await client.get("/v2/account/activities/FILL"):
            found.extend(faults(TRADING, "GET", "", fill, schema="TradingActivities"))
        paid = {"account": "demo", "type": "DIV", "net_amount": "1.02", "symbol": "AAPL"}
        await client.call("POST", "/admin/activity", paid)
        [row] = await client.get("/v2/account/activities/DIV")
        found.extend(faults(TRADING, "GET", "", row, schema="NonTradeActivities"))
        for asset in await client.get("/v2/assets"):
            found.extend(unknown(faults(TRADING, "GET", "", asset, schema="Assets")))
        await check("GET", "/v2/orders", status="all", nested="true")
        await check("DELETE", "/v2/orders")
        await check("DELETE", "/v2/positions", cancel_orders="true")
        await check("POST", "/v2/watchlists", {"name": "mine", "symbols": ["AAPL"]})
        await check("GET", "/v2/watchlists")
        assert found == []

    run(scenario)


def test_market_data_answers_fit_their_schemas() -> None:
    async def scenario(client: Client) -> None:
        found: list[str] = []
        span = {"start": "2026-11-19T14:00:00Z", "end": "2026-11-19T15:00:00Z"}
        for kind in ("bars", "trades", "quotes"):
            for path, parameters in (
                (f"/v2/stocks/{kind}", {"symbols": "AAPL,SPY", **span}),
                (f"/v2/stocks/AAPL/{kind}", span),
                (f"/v2/stocks/{kind}/latest", {"symbols": "AAPL,SPY"}),
                (f"/v2/stocks/AAPL/{kind}/latest", {}),
            ):
                timeframe = {"timeframe": "1Min"} if kind == "bars" else {}
                answer = await client.get(path, **parameters, **timeframe)
                found += faults(DATA, "GET", path_of(DATA, path), answer)
        answer = await client.get("/v2/stocks/snapshots", symbols="AAPL,SPY")
        found += faults(DATA, "GET", "/v2/stocks/snapshots", answer)
        assert found == []

    run(scenario)
