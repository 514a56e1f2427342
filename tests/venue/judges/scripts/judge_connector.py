"""binance-connector against the local Binance spot venue."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from binance.error import ClientError
from binance.spot import Spot
from binance.websocket.spot.websocket_api import SpotWebsocketAPIClient
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient

SYMBOL = "BTCUSDT"
LIMIT = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}


def wait_for(has_come: Any) -> None:
    for _ in range(400):
        if has_come():
            return
        time.sleep(0.05)
    raise AssertionError("nothing came in 20 s")


def main() -> None:
    about = json.loads(sys.argv[1])
    keys = about["accounts"][0]
    client = Spot(api_key=keys["key"], api_secret=keys["secret"], base_url=about["url"])
    assert client.exchange_info(symbol=SYMBOL)["symbols"][0]["symbol"] == SYMBOL
    assert len(client.klines(SYMBOL, "1m", limit=3)) == 3
    order = client.new_order(**LIMIT, quantity="0.01", price="50000")
    assert order["status"] == "NEW"
    assert client.get_order(SYMBOL, orderId=order["orderId"])["status"] == "NEW"
    assert client.cancel_order(SYMBOL, orderId=order["orderId"])["status"] == "CANCELED"
    assert client.new_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.01")["fills"]
    assert len(client.my_trades(SYMBOL)) >= 1
    try:
        client.new_order(**LIMIT, quantity="0.01", price="50000.001")
    except ClientError as error:
        refused = error.error_code
    assert refused == -1013
    frames: list[str] = []
    stream = SpotWebsocketStreamClient(
        stream_url=about["ws_url"], on_message=lambda _, text: frames.append(text)
    )
    stream.book_ticker(symbol=SYMBOL)
    wait_for(lambda: any('"b":' in text for text in frames))
    stream.stop()
    answers: list[str] = []
    api = SpotWebsocketAPIClient(
        stream_url=about["ws_url"] + "/ws-api/v3", api_key=keys["key"],
        api_secret=keys["secret"], on_message=lambda _, text: answers.append(text),
    )  # fmt: skip
    api.new_order(**LIMIT, quantity="0.01", price="50000", newOrderRespType="RESULT")
    wait_for(lambda: any('"status":"NEW"' in text for text in answers))
    api.stop()
    sys.stdout.write(json.dumps({"judged": True}) + "\n")


main()
