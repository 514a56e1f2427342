"""Bad input: whatever is sent, the answer is a 4xx with one sentence and nothing was done."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.gateway.process import GatewayProcess, claim_port

ORDER = '{"instrument": "BTC/USDT.SIM", "side": "BUY", "quantity": "1"}'
DEEP = "[" * 5_000 + "]" * 5_000
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def trader(client: TestClient, served: Served, engine: MemoryEngine) -> TestClient:
    served.add("ann", "trader")
    served.login(client, "ann")
    return client


def is_refusal(answer: Any) -> bool:
    """True for a 4xx whose body is one sentence as RFC 9457 wants it."""
    is_problem = answer.headers["content-type"].startswith("application/problem+json")
    detail = answer.json()["detail"]
    return bool(400 <= answer.status_code < 500 and is_problem and detail and "\n" not in detail)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(ORDER.replace('"1"', '"1", "quantity": "2"'), id="a doubled key"),
        pytest.param(ORDER.replace('"1"', "NaN"), id="NaN"),
        pytest.param(ORDER.replace('"1"', "Infinity"), id="infinity"),
        pytest.param(ORDER.replace('"1"', "1"), id="a number for decimal text"),
        pytest.param(ORDER.replace('"1"', '"1e9"'), id="an exponent"),
        pytest.param(ORDER.replace('"1"', '"-1"'), id="a negative quantity"),
        pytest.param(ORDER.replace('"1"', '"0"'), id="nothing"),
        pytest.param(ORDER.replace('"1"', '"' + "9" * 30 + '"'), id="too large a number"),
        pytest.param(ORDER.replace('"1"', '"\u0661"'), id="digits of another script"),
        pytest.param(ORDER.replace("}", ', "more": 1}'), id="an unknown field"),
        pytest.param(ORDER.replace("BUY", "buy"), id="a word in another case"),
        pytest.param(ORDER.replace("BTC/USDT.SIM", "BTC/USDT.SIM\\u0000"), id="a null character"),
        pytest.param(ORDER.replace("BTC/USDT.SIM", "\\ud800"), id="half a character"),
        pytest.param(DEEP, id="deep arrays"),
        pytest.param('{"a":' * 5_000 + "1" + "}" * 5_000, id="deep objects"),
        pytest.param(ORDER[:-1], id="a cut body"),
        pytest.param(ORDER + ORDER, id="two bodies"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="a list"),
        pytest.param('"text"', id="text"),
        pytest.param("", id="nothing at all"),
        pytest.param("x" * 70_000, id="too large a body"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(
    trader: TestClient, engine: MemoryEngine, body: str
) -> None:
    headers = {**JSON, "Idempotency-Key": "k1"}
    answer = trader.post("/api/v1/orders", content=body.encode(), headers=headers)
    assert is_refusal(answer), (answer.status_code, answer.text)
    assert engine.events == []
    good = trader.post("/api/v1/orders", content=ORDER, headers=headers)
    assert good.status_code == 202, "the key was given back"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "",
    ],
)
def test_another_content_type_is_refused(
    trader: TestClient, engine: MemoryEngine, content_type: str
) -> None:
    headers = {"Content-Type": content_type, "Idempotency-Key": "k1"}
    answer = trader.post("/api/v1/orders", content=ORDER, headers=headers)
    assert (answer.status_code, is_refusal(answer)) == (415, True)
    assert engine.events == []


@pytest.mark.parametrize("key", ["", "a b", "k" * 129])
def test_a_key_that_is_none_is_refused(trader: TestClient, engine: MemoryEngine, key: str) -> None:
    headers = {**JSON, "Idempotency-Key": key}
    answer = trader.post("/api/v1/orders", content=ORDER, headers=headers)
    assert (answer.status_code, is_refusal(answer)) == (400, True)
    assert engine.events == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/orders/../users",
        "/api/v1/orders/..%2f..%2fusers",
        "/api/v1/orders/%2e%2e/users",
        "/api/v1/orders/%00",
        "/api/v1/orders/j0%0d%0aX-Injected:%201",
        "/api/v1/jobs/..%5c..%5csecurity.db",
        "/api/v1/backtests/%2e%2e%2f%2e%2e/equity",
        "/api/v1//orders",
        "/api/v1/orders;admin=1",
        "/API/V1/ORDERS",
    ],
)
def test_a_path_leads_nowhere_but_where_it_says(trader: TestClient, path: str) -> None:
    answer = trader.get(path)
    assert is_refusal(answer), (answer.status_code, answer.text)
    assert answer.status_code in (400, 403, 404)
    assert "x-injected" not in answer.headers


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "before=-1", "before=9999999999999999999999"]
)
def test_a_cursor_or_limit_out_of_bounds_is_refused(trader: TestClient, query: str) -> None:
    assert is_refusal(trader.get(f"/api/v1/orders?{query}"))


def test_what_was_given_is_not_said_again(trader: TestClient) -> None:
    secret = "hunter2-hunter2"
    given = {"password": secret, "new_password": {"wrong": secret}}
    answer = trader.post("/api/v1/auth/password", json=given)
    assert is_refusal(answer)
    assert secret not in answer.text


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home: Path = tmp_path_factory.mktemp("home")
    with running(home, MemoryEngine()):
        process = GatewayProcess(home, claim_port(0))
        process.start(0.0)
        yield process.port
        process.stop()


HEAD = "Host: 127.0.0.1\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(f"GET /api/v1/orders HTTP/1.1\r\n{HEAD}X-Odd: a\x00b\r\n\r\n", id="null"),
        pytest.param(
            f"GET /api/v1/orders HTTP/1.1\r\n{HEAD}X-Large: {'x' * 100_000}\r\n\r\n", id="large"
        ),
        pytest.param(
            f"POST /api/v1/orders HTTP/1.1\r\n{HEAD}Content-Length: x\r\n\r\n{ORDER}",
            id="a length that is no number",
        ),
        pytest.param(
            f"POST /api/v1/orders HTTP/1.1\r\n{HEAD}Content-Length: 5\r\n"
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
            id="two lengths",
        ),
        pytest.param(f"GET {'/x' * 70_000} HTTP/1.1\r\n{HEAD}\r\n", id="a long path"),
        pytest.param("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS to a plain port"),
        pytest.param(
            "GET /api/v1/orders HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
            id="another host",
        ),
    ],
)
def test_a_request_that_is_none_is_refused_by_the_real_server(port: int, raw: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        said = b""
        # A server that has heard enough may hang up in the middle.
        with suppress(ConnectionError):
            connection.sendall(raw.encode("latin-1"))
            connection.shutdown(socket.SHUT_WR)
            while block := connection.recv(65_536):
                said += block
    status = said.split(b" ", 2)[1] if said.startswith(b"HTTP/1.1 ") else b"closed"
    assert status == b"closed" or status.startswith(b"4"), said[:200]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(f"GET /ready HTTP/1.1\r\n{HEAD}\r\n".encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


def test_what_is_said_on_the_stream_is_bounded_and_checked(
    trader: TestClient, engine: MemoryEngine
) -> None:
    from starlette.websockets import WebSocketDisconnect

    for wrong in (
        "x" * 5_000,
        "no json",
        json.dumps({"type": "dance"}),
        json.dumps({"type": "subscribe", "channels": ["no_such"]}),
        json.dumps({"type": "subscribe", "more": 1}),
        DEEP[:4_000],
    ):
        with trader.websocket_connect("/ws") as stream:
            stream.send_text(wrong)
            with pytest.raises(WebSocketDisconnect) as closed:
                stream.receive_json()
        assert (closed.value.code, bool(closed.value.reason)) == (4400, True), wrong[:40]
