"""python-binance against the local Binance spot venue."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException

SYMBOL = "BTCUSDT"


async def main() -> None:
    about: dict[str, Any] = json.loads(sys.argv[1])
    keys = about["accounts"][0]

    class Local(AsyncClient):
        API_URL = about["url"] + "/api"
        MARGIN_API_URL = about["url"] + "/sapi"
        WS_API_URL = about["ws_url"] + "/ws-api/v3"

    BinanceSocketManager.STREAM_URL = about["ws_url"] + "/"
    client = await Local.create(keys["key"], keys["secret"])
    try:
        assert (await client.get_symbol_info(SYMBOL))["baseAsset"] == "BTC"
        named = {"symbol": SYMBOL, "quantity": 0.01}
        order = await client.order_limit_buy(**named, price="50000")
        assert order["status"] == "NEW"
        assert len(await client.get_open_orders(symbol=SYMBOL)) == 1
        ended = await client.cancel_order(symbol=SYMBOL, orderId=order["orderId"])
        assert ended["status"] == "CANCELED"
        bought = await client.order_market_buy(**named)
        assert bought["status"] == "FILLED"
        assert len(await client.get_my_trades(symbol=SYMBOL)) == len(bought["fills"])
        try:
            await client.order_limit_buy(symbol=SYMBOL, quantity=100, price="50000")
        except BinanceAPIException as error:
            refused = error.code
        assert refused == -2010
        manager = BinanceSocketManager(client)
        async with manager.trade_socket(SYMBOL) as stream:
            trade = await asyncio.wait_for(stream.recv(), 20)
        assert trade["e"] == "trade"
    finally:
        await client.close_connection()
    sys.stdout.write(json.dumps({"judged": True}) + "\n")


asyncio.run(main())
