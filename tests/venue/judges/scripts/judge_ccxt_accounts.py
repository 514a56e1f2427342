"""Two accounts, each with a ccxt client, meet on a local venue whose market stands still."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import ccxt.async_support as ccxt
from ccxt_pointing import pointed

SYMBOL = "BTC/USDT"
PRICE = 60_000


async def opened(about: dict[str, Any], number: int) -> Any:
    """A client of an account that knows the markets."""
    keys = about["accounts"][number]
    options = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False}
    settings = {"apiKey": keys["key"], "secret": keys["secret"], "options": options}
    exchange = pointed(ccxt.binance(settings), about)
    await exchange.load_markets()
    return exchange


async def main() -> None:
    about = json.loads(sys.argv[1])
    first, second = await opened(about, 0), await opened(about, 1)
    try:
        resting = await first.create_order(SYMBOL, "limit", "buy", 0.02, PRICE)
        assert (await second.fetch_order_book(SYMBOL, 5))["bids"][0] == [PRICE, 0.02]
        taking = await second.create_order(SYMBOL, "limit", "sell", 0.05, PRICE)
        assert (taking["status"], taking["filled"]) == ("open", 0.02)
        assert (await first.fetch_order(resting["id"], SYMBOL))["status"] == "closed"
        [mine] = await first.fetch_my_trades(SYMBOL)
        [theirs] = await second.fetch_my_trades(SYMBOL)
        assert (mine["id"], mine["takerOrMaker"]) == (theirs["id"], "maker")
        assert theirs["takerOrMaker"] == "taker"
        cash = [(await each.fetch_balance())["USDT"]["total"] for each in (first, second)]
        assert cash == [98_800.0, 101_198.8]
    finally:
        await first.close()
        await second.close()
    sys.stdout.write(json.dumps({"judged": True}) + "\n")


asyncio.run(main())
