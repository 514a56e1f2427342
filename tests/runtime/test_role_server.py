"""What a role answers over HTTP."""

from __future__ import annotations

import asyncio
import json
import os

import pytest

from tradewind.model.errors import OutsideError
from tradewind.runtime.exposition import exposition
from tradewind.runtime.read_models import Metric
from tradewind.runtime.role_server import RoleServer

METRICS = [
    Metric("rows_total", "counter", "Rows.", 3.0, {"kind": "trades"}),
    Metric("age", "gauge", "Age.", 0.25, {"instrument": 'A"B\\'}),
    Metric("rows_total", "counter", "Rows.", 4.0, {"kind": "quotes"}),
    Metric("late", "histogram", "How late.", 1.5, {}, (("0.1", 1), ("+Inf", 2))),
]


def answered(request: bytes, reasons: list[str]) -> tuple[int, str]:
    """Status and body of one request."""

    async def ask() -> bytes:
        server = RoleServer("market-data", lambda: reasons, lambda: METRICS)
        port = await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        await server.close()
        return answer

    head, _, body = asyncio.run(ask()).partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head else 0), body.decode()


def test_health_says_who_it_is_and_what_is_wrong() -> None:
    assert answered(b"GET /health HTTP/1.1\r\n\r\n", [])[0] == 200
    status, body = answered(b"GET /health HTTP/1.1\r\n\r\n", ["no market data"])
    assert status == 503
    assert json.loads(body) == {
        "role": "market-data", "ok": False, "reasons": ["no market data"], "pid": os.getpid(),
    }  # fmt: skip


def test_metrics_are_grouped_and_escaped() -> None:
    status, body = answered(b"GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", [])
    assert status == 200
    assert body == exposition(METRICS)
    assert 'rows_total{kind="trades"} 3\nrows_total{kind="quotes"} 4\n' in body
    assert r'age{instrument="A\"B\\"} 0.25' in body
    assert 'late_bucket{le="+Inf"} 2\nlate_sum 1.5\nlate_count 2\n' in body


@pytest.mark.parametrize(
    ("request_line", "status"),
    [(b"GET / HTTP/1.1", 404), (b"POST /health HTTP/1.1", 405), (b"nonsense", 400)],
)
def test_nothing_else_is_answered(request_line: bytes, status: int) -> None:
    assert answered(request_line + b"\r\n\r\n", [])[0] == status


def test_a_request_without_end_is_cut_off() -> None:
    assert answered(b"GET /health HTTP/1.1\r\n" + b"a: b\r\n" * 5_000 + b"\r\n", []) == (0, "")


def test_a_port_in_use_is_one_sentence() -> None:
    async def start_twice() -> None:
        first, second = (RoleServer("x", list, list) for _ in range(2))
        port = await first.start("127.0.0.1", 0)
        try:
            await second.start("127.0.0.1", port)
        finally:
            await first.close()

    with pytest.raises(OutsideError, match="give another with TRADEWIND_ROLES_PORT"):
        asyncio.run(start_twice())


def test_several_of_one_role_find_a_port_each_ten_apart() -> None:
    async def start_three() -> list[int]:
        servers = [RoleServer("worker", list, list) for _ in range(3)]
        first = await servers[0].start("127.0.0.1", 0)
        ports = [await server.start_near("127.0.0.1", first) for server in servers[1:]]
        for server in servers:
            await server.close()
        return [port - first for port in ports]

    distances = asyncio.run(start_three())
    assert distances[0] < distances[1]
    assert all(0 < distance <= 90 and distance % 10 == 0 for distance in distances)
