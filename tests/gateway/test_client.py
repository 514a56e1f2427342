"""`tradewind.Client`: it knows every operation, and works against the gateway's own process."""

from __future__ import annotations

import ast
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import PASSWORD, Served
from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.api.client import Client
from tradewind.api.connection import ApiError, filled
from tradewind.gateway.process import GatewayProcess, claim_port
from tradewind.gateway.routes.docs import OPENAPI_PATH
from tradewind.model.errors import OutsideError, UserError
from tradewind.wiring import catalog
from tradewind.wiring.gateway_app import invitation
from tradewind.wiring.settings import load_settings

API = Path(__file__).parents[2] / "src" / "tradewind" / "api"
VERBS = {"get": "GET"}
EMPTY = ""


def called() -> set[tuple[str, str, str]]:
    """Return every call in the client's source: method, path, the kind of its answer."""
    found = set()
    for file in API.glob("*_calls.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                found |= call_of(node)
    return found


def call_of(function: ast.FunctionDef) -> set[tuple[str, str, str]]:
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if ast.unparse(node.func.value) != "self._ask":
            continue
        constants = [
            each.value
            for each in ast.walk(function)
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        path = next(text for text in constants if text.startswith("/"))
        method = VERBS.get(node.func.attr) or ast.literal_eval(node.args[0])
        kinds = [arg.attr for arg in node.args if isinstance(arg, ast.Attribute)]
        return {(method, path, kinds[0] if kinds else EMPTY)}
    return set()


def test_the_client_has_every_operation_with_its_answer(client: TestClient, served: Served) -> None:
    served.add("doc", "viewer")
    served.login(client, "doc")
    document = client.get(OPENAPI_PATH).json()
    described = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            success = next(each for each in operation["responses"] if each.startswith("2"))
            content = operation["responses"][success].get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            described.add((method.upper(), path, schema.get("$ref", "").rpartition("/")[2]))
    described -= {("GET", "/metrics", "")}
    assert called() == described


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a gateway in local mode, over an engine in memory."""
    home: Path = tmp_path_factory.mktemp("home")
    with running(home, MemoryEngine()):
        process = GatewayProcess(home, claim_port(0))
        process.start(0.0)
        with Client(f"http://127.0.0.1:{process.port}") as client:
            yield client
        process.stop()


def test_orders_are_placed_once_read_and_canceled(local: Client) -> None:
    placed = local.orders.place("BTC/USDT.SIM", "BUY", "0.5", key="k1")
    again = local.orders.place("BTC/USDT.SIM", "BUY", "0.5", key="k1")
    assert again == placed
    other = local.orders.place("BTC/USDT.SIM", "BUY", "0.5")
    assert other.order_id != placed.order_id
    open_now = local.orders.open()
    assert {order.order_id for order in open_now.orders} >= {placed.order_id, other.order_id}
    assert local.orders.cancel(placed.order_id).sequence > placed.sequence
    assert other.order_id in local.orders.cancel_all().order_ids


def test_what_is_refused_is_an_error_with_the_gateways_sentence(local: Client) -> None:
    with pytest.raises(ApiError, match="there is no instrument") as refused:
        local.orders.place("NO/SUCH.SIM", "BUY", "1")
    assert refused.value.status == 404
    with pytest.raises(ApiError, match="nothing at this path") as nothing:
        local.orders.cancel("../users")
    assert nothing.value.status == 404


def test_reads_are_types(local: Client) -> None:
    assert local.market.instruments().instruments[0].id == "BTC/USDT.SIM"
    assert local.market.instrument("BTC/USDT.SIM").tick == "0.01"
    status = local.trading.status()
    assert status.accounts[0].equity == "100012.50"
    assert local.trading.positions().positions[0].quantity == "0.10"
    assert local.strategies.classes().classes
    assert local.account.me().means == "local"
    assert any(setting.name == "gateway.port" for setting in local.system.configuration().settings)


def test_lists_are_walked_page_by_page(local: Client) -> None:
    for number in range(5):
        local.risk.halt(f"reason {number}")
    found = list(local.each(local.system.audit, limit=2))
    assert len(found) >= 5
    numbers = [entry.number for entry in found]
    assert numbers == sorted(set(numbers), reverse=True)


def test_the_stream_gives_a_snapshot_and_then_what_happens(local: Client) -> None:
    stream = local.follow("order")
    first = next(stream)
    assert first.type == "snapshot"
    local.orders.place("BTC/USDT.SIM", "BUY", "0.5")
    update = next(event for event in stream if event.type == "order")
    assert update.sequence > first.sequence
    stream.close()


def test_a_login_is_sent_along_and_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWIND_AUTHENTICATION", "required")
    token = invitation(load_settings({catalog.HOME.name: str(tmp_path)}))
    with running(tmp_path, MemoryEngine()):
        process = GatewayProcess(tmp_path, claim_port(0))
        process.start(0.0)
        try:
            with Client(f"http://127.0.0.1:{process.port}") as client:
                client.account.setup(token, "ann", PASSWORD)
                with pytest.raises(ApiError, match="log in"):
                    client.trading.positions()
                client.login("ann", PASSWORD)
                before = client._tokens
                assert before is not None
                assert client.account.me().name == "ann"
                client._tokens = type(before)(
                    access_token="over",
                    refresh_token=before.refresh_token,
                    expires_in_s=0,
                    token_type="Bearer",
                )
                assert client.trading.positions().positions
                made = client.account.make_key("robot", scopes=["trading:read"])
                client.account.logout()
            with Client(f"http://127.0.0.1:{process.port}", key=made.key) as robot:
                assert robot.account.me().means == "key"
                assert made.key not in repr(robot)
                with pytest.raises(ApiError, match="orders:write"):
                    robot.orders.place("BTC/USDT.SIM", "BUY", "1")
        finally:
            process.stop()


class Flaky:
    """A server that hangs up on the first requests of all, and keeps what it was asked."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked: list[tuple[str, str]] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                text = connection.recv(65536).decode()
                line = text.split("\r\n", 1)[0]
                key = next(
                    (
                        each[17:]
                        for each in text.split("\r\n")
                        if each.startswith("Idempotency-Key")
                    ),
                    "",
                )
                self.asked.append((line.rpartition(" ")[0], key))
                if len(self.asked) > self.failures:
                    body = json.dumps({"order_id": "j0", "sequence": 1, "scope": "all"}).encode()
                    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n"
                    connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    server = Flaky(1)
    yield server
    server.listening.close()


def test_what_acts_once_is_sent_again_with_the_same_key(flaky: Flaky) -> None:
    with Client(f"http://127.0.0.1:{flaky.port}") as client:
        assert client.risk.halt("why").sequence == 1
    assert len(flaky.asked) == 2
    assert flaky.asked[0] == flaky.asked[1]
    assert len(flaky.asked[0][1]) == 32


def test_what_has_no_key_is_sent_once(flaky: Flaky) -> None:
    with Client(f"http://127.0.0.1:{flaky.port}") as client, pytest.raises(OutsideError):
        client.orders.cancel("j0-person-1")
    assert flaky.asked == [("DELETE /api/v1/orders/j0-person-1", "")]


def test_a_gateway_that_is_not_there_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(OutsideError, match="did not answer"):
            client.orders.cancel("j0-person-1")
        with pytest.raises(UserError, match="order_id"):
            client.orders.cancel("..")
    with pytest.raises(UserError, match="no address"):
        Client("file:///etc/passwd")


@pytest.mark.parametrize("value", ["a/b", "a?b", "a#b", "a b", "ä", "%2e%2e"])
def test_a_value_stays_in_its_place(value: str) -> None:
    path = filled("/api/v1/orders/{order_id}", {"order_id": value})
    assert path.count("/") == 4
    assert not set("?# ") & set(path)


def test_importing_the_client_loads_no_server(served: Served) -> None:
    import subprocess
    import sys

    program = (
        "import sys, tradewind; tradewind.Client; "
        "print([name for name in ('fastapi', 'sqlalchemy', 'aiohttp', 'duckdb') "
        "if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
