"""ccxt with ccxt.pro against the local Binance USD-M venue."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import ccxt
import ccxt.pro
from ccxt_pointing import pointed

SYMBOL = "BTC/USDT:USDT"
DEADLINE_S = 60


async def orders(exchange: Any) -> None:
    watch = asyncio.create_task(exchange.watch_orders(SYMBOL))
    await asyncio.sleep(0.7)
    order = await exchange.create_order(SYMBOL, "limit", "buy", 0.01, 50_000)
    seen = await asyncio.wait_for(watch, DEADLINE_S)
    assert (seen[-1]["id"], seen[-1]["status"]) == (order["id"], "open")
    edited = await exchange.edit_order(order["id"], SYMBOL, "limit", "buy", 0.02, 50_001)
    assert (edited["id"], edited["price"], edited["amount"]) == (order["id"], 50_001, 0.02)
    assert (await exchange.cancel_order(order["id"], SYMBOL))["status"] == "canceled"


async def positions(exchange: Any) -> None:
    assert (await exchange.fetch_balance())["USDT"]["total"] == 100_000
    assert (await exchange.set_leverage(10, SYMBOL))["leverage"] == 10
    bought = await exchange.create_order(SYMBOL, "market", "buy", 0.01)
    bought = await exchange.fetch_order(bought["id"], SYMBOL)
    [position] = await exchange.fetch_positions([SYMBOL])
    assert (position["contracts"], position["side"]) == (0.01, "long")
    assert position["entryPrice"] == bought["average"]
    sold = await exchange.create_order(SYMBOL, "market", "sell", 5, None, {"reduceOnly": True})
    assert (await exchange.fetch_order(sold["id"], SYMBOL))["filled"] == 0.01
    assert await exchange.fetch_positions([SYMBOL]) == []
    assert len(await exchange.fetch_my_trades(SYMBOL)) >= 2


async def streams(exchange: Any) -> None:
    for _ in range(5):
        book = await asyncio.wait_for(exchange.watch_order_book(SYMBOL), DEADLINE_S)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert (await asyncio.wait_for(exchange.watch_ticker(SYMBOL), DEADLINE_S))["last"] > 0
    assert await asyncio.wait_for(exchange.watch_trades(SYMBOL), DEADLINE_S)


async def main() -> None:
    about = json.loads(sys.argv[1])
    keys = about["accounts"][0]
    options = {"fetchMarkets": {"types": ["linear"]}, "fetchCurrencies": False}
    settings = {"apiKey": keys["key"], "secret": keys["secret"], "options": options}
    exchange = pointed(ccxt.pro.binanceusdm(settings), about)
    try:
        markets = await exchange.load_markets()
        assert markets[SYMBOL]["precision"] == {**markets[SYMBOL]["precision"], "price": 0.1}
        await orders(exchange)
        await positions(exchange)
        await streams(exchange)
        try:
            await exchange.create_order(SYMBOL, "limit", "buy", 900, 50_000)
        except ccxt.ExchangeError as error:
            refused = str(error)
        assert "-2019" in refused
    finally:
        await exchange.close()
    sys.stdout.write(json.dumps({"judged": True}) + "\n")


asyncio.run(main())
