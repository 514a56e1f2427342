"""Binance's own SDK (binance-sdk-spot) against the local Binance spot venue."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_common.errors import BadRequestError
from binance_sdk_spot.spot import Spot

SYMBOL = "BTCUSDT"
LIMIT = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "time_in_force": "GTC"}


def client(about: dict[str, Any]) -> Any:
    keys = about["accounts"][0]
    named = {"api_key": keys["key"], "api_secret": keys["secret"]}
    api = ConfigurationWebSocketAPI(**named, stream_url=about["ws_url"] + "/ws-api/v3")
    return Spot(
        config_rest_api=ConfigurationRestAPI(**named, base_path=about["url"]),
        config_ws_api=api,
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=about["ws_url"]),
    )


def market_data(rest: Any) -> None:
    assert rest.exchange_info(symbol=SYMBOL).data().symbols[0].base_asset == "BTC"
    depth = rest.depth(symbol=SYMBOL, limit=5).data()
    assert (len(depth.bids), len(depth.asks)) == (5, 5)
    assert len(rest.klines(symbol=SYMBOL, interval="1m", limit=2).data()) == 2
    assert rest.ticker24hr(symbol=SYMBOL).data().actual_instance.symbol == SYMBOL
    assert len(rest.agg_trades(symbol=SYMBOL, limit=7).data()) == 7
    assert rest.avg_price(symbol=SYMBOL).data().mins == 5


def orders(rest: Any) -> None:
    placed = rest.new_order(**LIMIT, quantity=0.01, price=50_000).data()
    assert placed.status == "NEW"
    amended = rest.order_amend_keep_priority(
        symbol=SYMBOL, new_qty=0.005, order_id=placed.order_id
    ).data()
    assert amended.amended_order.qty == "0.00500000"
    replaced = rest.order_cancel_replace(
        **LIMIT, quantity=0.01, price=50_001, cancel_replace_mode="STOP_ON_FAILURE",
        cancel_order_id=placed.order_id,
    ).data()  # fmt: skip
    assert (replaced.cancel_result, replaced.new_order_result) == ("SUCCESS", "SUCCESS")
    newer = replaced.new_order_response.order_id
    assert [each.order_id for each in rest.get_open_orders(symbol=SYMBOL).data()] == [newer]
    assert rest.delete_order(symbol=SYMBOL, order_id=newer).data().status == "CANCELED"
    bought = rest.new_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01).data()
    assert bought.status == "FILLED"
    [trade] = rest.my_trades(symbol=SYMBOL).data()
    assert trade.id == bought.fills[0].trade_id
    assert len(rest.all_orders(symbol=SYMBOL).data()) == 3
    balances = {row.asset: row.free for row in rest.get_account().data().balances}
    assert balances["BTC"] == "10.00999000"


def errors(rest: Any) -> None:
    try:
        rest.new_order(**LIMIT, quantity=0.01, price=50_000.001)
    except BadRequestError as error:
        refused = error.args
    assert refused == (-1013, "Filter failure: PRICE_FILTER")


async def over_sockets(spot: Any) -> None:
    api = await spot.websocket_api.create_connection()
    events: list[Any] = []
    subscribed = await api.user_data_stream_subscribe_signature()
    subscribed.stream.on("message", events.append)
    placed = await api.order_place(**LIMIT, quantity=0.01, price=50_000)
    ended = await api.order_cancel(symbol=SYMBOL, order_id=placed.data().result.order_id)
    assert ended.data().result.status == "CANCELED"
    status = await api.account_status()
    assert status.data().result.account_type == "SPOT"
    await wait_for(lambda: len(events) >= 4)
    kinds = [event.actual_instance.x for event in events if hasattr(event.actual_instance, "x")]
    assert kinds == ["NEW", "CANCELED"]
    await api.close_connection(close_session=True)
    streams = await spot.websocket_streams.create_connection()
    seen: list[Any] = []
    for subscribing in (streams.book_ticker(symbol="btcusdt"), streams.trade(symbol="btcusdt")):
        (await subscribing).on("message", seen.append)
    await wait_for(lambda: {type(each).__name__ for each in seen} >= {"BookTickerResponse", "TradeResponse"})  # fmt: skip  # noqa: E501
    await streams.close_connection(close_session=True)


async def wait_for(has_come: Any) -> None:
    for _ in range(400):
        if has_come():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nothing came in 20 s")


def main() -> None:
    spot = client(json.loads(sys.argv[1]))
    market_data(spot.rest_api)
    orders(spot.rest_api)
    errors(spot.rest_api)
    asyncio.run(over_sockets(spot))
    sys.stdout.write(json.dumps({"judged": True}) + "\n")


main()
