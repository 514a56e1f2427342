"""ccxt with ccxt.pro against the local Binance spot venue."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import ccxt
import ccxt.pro
from ccxt_pointing import pointed

SYMBOL = "BTC/USDT"
DEADLINE_S = 60


def client(about: dict[str, Any]) -> Any:
    """A ccxt client of the venue's first account."""
    keys = about["accounts"][0]
    options = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False}
    settings = {"apiKey": keys["key"], "secret": keys["secret"], "options": options}
    return pointed(ccxt.pro.binance(settings), about)


async def watched(waiting: Any, acting: Any) -> tuple[Any, Any]:
    """What a watch brings while something is done."""
    watch = asyncio.create_task(waiting)
    await asyncio.sleep(0.7)
    done = await acting
    return done, await asyncio.wait_for(watch, DEADLINE_S)


async def market_data(exchange: Any) -> None:
    markets = await exchange.load_markets()
    assert {SYMBOL, "ETH/USDT", "BNB/USDT"} <= set(markets)
    assert markets[SYMBOL]["precision"]["price"] == 0.01
    assert markets[SYMBOL]["limits"]["cost"]["min"] == 5
    ticker = await exchange.fetch_ticker(SYMBOL)
    assert ticker["bid"] < ticker["ask"]
    book = await exchange.fetch_order_book(SYMBOL, 5)
    assert len(book["bids"]) == len(book["asks"]) == 5
    bars = await exchange.fetch_ohlcv(SYMBOL, "1m", limit=3)
    assert len(bars) == 3
    assert bars[1][0] - bars[0][0] == 60_000
    trades = await exchange.fetch_trades(SYMBOL, limit=100)
    paged = await exchange.fetch_trades(SYMBOL, since=trades[50]["timestamp"], limit=5)
    assert paged[0]["timestamp"] >= trades[50]["timestamp"]


async def orders(exchange: Any) -> None:
    placing = exchange.create_order(SYMBOL, "limit", "buy", 0.01, 50_000)
    order, seen = await watched(exchange.watch_orders(SYMBOL), placing)
    assert (order["status"], seen[-1]["id"], seen[-1]["status"]) == ("open", order["id"], "open")
    balance = await exchange.fetch_balance()
    assert balance["USDT"] == {"free": 99_500.0, "used": 500.0, "total": 100_000.0}
    edited = await exchange.edit_order(order["id"], SYMBOL, "limit", "buy", 0.01, 50_001)
    assert (edited["price"], edited["status"]) == (50_001, "open")
    assert [each["id"] for each in await exchange.fetch_open_orders(SYMBOL)] == [edited["id"]]
    assert (await exchange.cancel_order(edited["id"], SYMBOL))["status"] == "canceled"
    old = await exchange.fetch_order(order["id"], SYMBOL)
    assert old["status"] == "canceled"
    stop = await exchange.create_order(SYMBOL, "limit", "sell", 0.01, 40_000, {"stopPrice": 45_000})
    await exchange.cancel_all_orders(SYMBOL)
    assert (await exchange.fetch_order(stop["id"], SYMBOL))["status"] == "canceled"


async def fills(exchange: Any) -> None:
    buying = exchange.create_order(SYMBOL, "market", "buy", 0.01)
    order, seen = await watched(exchange.watch_my_trades(SYMBOL), buying)
    assert (order["status"], order["filled"]) == ("closed", 0.01)
    assert seen[-1]["order"] == order["id"]
    [mine] = await exchange.fetch_my_trades(SYMBOL)
    assert (mine["price"], mine["takerOrMaker"]) == (order["average"], "taker")
    assert mine["fee"] == {"currency": "BTC", "cost": 0.00001}
    spending = await exchange.create_order(SYMBOL, "market", "buy", None, None, {"cost": 100})
    assert 99 < spending["cost"] <= 100
    over_socket = await exchange.create_order_ws(SYMBOL, "limit", "buy", 0.01, 50_000)
    ended = await exchange.cancel_order_ws(over_socket["id"], SYMBOL)
    assert ended["status"] == "canceled"


async def errors(exchange: Any) -> None:
    cases = (
        (ccxt.InsufficientFunds, exchange.create_order(SYMBOL, "limit", "buy", 5, 50_000)),
        (ccxt.BadRequest, exchange.create_order(SYMBOL, "limit", "buy", 0.00001, 50_000)),
        (ccxt.OrderNotFound, exchange.cancel_order("999999", SYMBOL)),
        (ccxt.OrderNotFound, exchange.fetch_order("999999", SYMBOL)),
    )
    for kind, call in cases:
        try:
            await call
        except kind:
            continue
        raise AssertionError(kind)
    right, exchange.secret = exchange.secret, "wrong"
    try:
        await exchange.fetch_balance()
    except ccxt.AuthenticationError:
        exchange.secret = right
    else:
        raise AssertionError("a wrong secret was let in")


async def streams(exchange: Any) -> None:
    book = await asyncio.wait_for(exchange.watch_order_book(SYMBOL), DEADLINE_S)
    for _ in range(10):
        book = await asyncio.wait_for(exchange.watch_order_book(SYMBOL), DEADLINE_S)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert (await asyncio.wait_for(exchange.watch_ticker(SYMBOL), DEADLINE_S))["last"] > 0
    assert await asyncio.wait_for(exchange.watch_trades(SYMBOL), DEADLINE_S)
    assert await asyncio.wait_for(exchange.watch_ohlcv(SYMBOL, "1m"), DEADLINE_S)


async def main() -> None:
    exchange = client(json.loads(sys.argv[1]))
    try:
        await market_data(exchange)
        await orders(exchange)
        await fills(exchange)
        await errors(exchange)
        await streams(exchange)
    finally:
        await exchange.close()
    sys.stdout.write(json.dumps({"judged": True}) + "\n")


asyncio.run(main())
