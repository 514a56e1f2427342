"""Whatever is sent, the local Binance answers with an error of its own, never with a failure."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.venue import binance_client, test_binance_usdm
from tests.venue.binance_client import Client

NAMES = (
    "symbol", "symbols", "side", "type", "timeInForce", "quantity", "price", "stopPrice", "limit",
    "quoteOrderQty", "newClientOrderId", "orderId", "origClientOrderId", "icebergQty", "interval",
    "trailingDelta", "startTime", "endTime", "fromId", "recvWindow", "cancelReplaceMode", "newQty",
    "selfTradePreventionMode", "windowSize", "orderListId", "aboveType", "belowType", "abovePrice",
    "belowStopPrice", "leverage", "positionSide", "closePosition", "callbackRate", "batchOrders",
    "goodTillDate", "dualSidePosition", "workingType", "workingSide", "workingPrice",
    "workingQuantity", "pendingType", "pendingSide", "pendingQuantity", "orderIdList",
)  # fmt: skip
WORDS = (
    "BTCUSDT", "BUY", "SELL", "LIMIT", "MARKET", "STOP_LOSS", "STOP_MARKET", "TRAILING_STOP_MARKET",
    "GTC", "GTD", "GTX", "1", "0", "-1", "0.1", "60000", "99999999999999999999", "0.00000001",
    "0.000000001", "1e5", "nan", "", " ", "true", "maybe", "1m", "1M", "[]", '["BTCUSDT"]',
    '[{"symbol":"BTCUSDT"}]', "[1,2]", "{", "١٢", "é", "%", "STOP_ON_FAILURE", "LONG", "7d",
    "99m", "1795267726286", "9" * 40,
)  # fmt: skip
CALLS_PER_ENDPOINT = 12


@pytest.mark.parametrize("module", [binance_client, test_binance_usdm], ids=["spot", "usdm"])
def test_no_parameters_make_it_fail(module: Any) -> None:
    chance = random.Random(20)

    async def scenario(client: Client) -> None:
        failed = []
        client.venue.limits.rules = client.venue.limits.rules._replace(weight=10**9)
        for endpoint in client.venue.endpoints:
            method, path = endpoint.rest.split(" ")
            for _ in range(CALLS_PER_ENDPOINT):
                names = chance.sample(NAMES, chance.randrange(1, 9))
                wanted = {name: chance.choice(WORDS) for name in ("symbol", "side", "type", *names)}
                if chance.random() < 0.8:
                    wanted["symbol"] = "BTCUSDT"
                status, answer = await client.signed(method, path, **wanted)
                if status >= 500:
                    failed.append((endpoint.rest, wanted, answer))
        assert failed == []

    module.run(scenario)


def test_bytes_that_are_no_text_and_frames_that_are_no_calls_are_refused() -> None:
    async def scenario(client: Client) -> None:
        url = f"{client.server.url}/api/v3/order"
        async with client.http.post(url, data=b"\xff\xfe=1") as response:
            assert response.status == 401
        async with client.http.ws_connect(f"{client.server.ws_url}/ws-api/v3") as socket:
            for text in ("", "[]", "{", '{"id":1}', '{"id":1,"method":7,"params":[]}', "null"):
                await socket.send_str(text)
                assert (await socket.receive_json(timeout=60))["status"] == 400
        async with client.http.ws_connect(f"{client.server.ws_url}/ws") as socket:
            for text in ("[]", '{"method":"SUBSCRIBE","params":"x"}', '{"id":{}}'):
                await socket.send_str(text)
                assert "code" in await socket.receive_json(timeout=60)

    binance_client.run(scenario)
