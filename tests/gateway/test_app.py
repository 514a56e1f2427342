"""The gateway's application over an engine in another thread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from tests.gateway.served import SECOND_NS, Served
from tests.runtime.memory_engine import MemoryEngine
from tests.runtime.test_control import ORDER
from tests.wiring.test_paper_hour import paper
from tradewind.gateway.app import ROUTERS
from tradewind.gateway.routes.docs import OPENAPI_PATH
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import HaltRequest, PlaceRequest
from tradewind.runtime.halt_file import HALT_NAME
from tradewind.testing.virtual_time import run_virtually


@pytest.fixture
def served(tmp_path: Path) -> Served:
    """A gateway in local mode; its engine runs where a test asks for the fixture `engine`."""
    return Served(tmp_path, MemoryEngine(), needs_login=False)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client("127.0.0.1") as client:
        yield client


def samples(client: TestClient) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return what Prometheus would read: (name, values of labels) -> value."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_health_is_200_while_the_engine_is_well_and_503_with_reasons_else(
    client: TestClient, served: Served, engine: MemoryEngine
) -> None:
    assert client.get("/health").status_code == 200
    engine.disk_is_full = True
    served.now_ns += SECOND_NS
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the disk is full: free some space"]


def test_a_stopped_engine_answers_with_the_rows_it_left(tmp_path: Path, client: TestClient) -> None:
    run_virtually(paper(tmp_path, 20, lambda desk: None))
    status = client.get("/api/v1/status").json()
    assert (status["mode"], status["health"]["ok"]) == ("stopped", False)
    assert status["accounts"][0]["account"] == "paper"
    assert "no engine runs" in client.get("/").text
    assert client.get("/health").status_code == 503


def test_what_fails_beside_trading_is_shown_and_health_stays_200(
    client: TestClient, engine: MemoryEngine
) -> None:
    engine.degraded = ["the records stand still"]
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["degraded"]) == (200, ["the records stand still"])
    assert "the records stand still" in client.get("/").text


def test_without_an_engine_everything_answers_and_says_so(
    client: TestClient, tmp_path: Path
) -> None:
    sentence = "no engine runs here: start one with `tradewind run`"
    health, status = client.get("/health"), client.get("/api/v1/status")
    assert (health.status_code, health.json()["reasons"]) == (503, [sentence])
    assert (status.status_code, status.json()["detail"]) == (503, sentence)
    assert sentence in client.get("/").text
    assert samples(client)["engine_up", ()] == 0


def test_a_halt_of_everything_without_an_engine_is_left_as_a_file(
    client: TestClient, tmp_path: Path
) -> None:
    def halted(scope: str) -> str:
        wanted = {"scope": scope, "reason": "odd fills"}
        key = {"Idempotency-Key": scope}
        answer = client.post("/api/v1/risk/halt", json=wanted, headers=key)
        assert answer.status_code == 503
        return str(answer.json()["detail"])

    assert "left" not in halted("venue:SIM")
    assert not (tmp_path / HALT_NAME).exists()
    assert "HALT was left in its home, which halts it" in halted("all")
    assert (tmp_path / HALT_NAME).read_text() == "odd fills\n"


def test_metrics_carry_the_engine_the_requests_and_the_process(
    client: TestClient, engine: MemoryEngine
) -> None:
    client.get("/health")
    client.get("/no/such/path")
    found = samples(client)
    assert found["engine_up", ()] == 1
    assert found["messages_processed_total", ()] == 0
    assert found["equity", ("paper",)] == 100012.5
    assert found["equity", ("other",)] == 5
    assert found["order_latency_seconds_bucket", ("0.01",)] == 3
    assert found["order_latency_seconds_count", ()] == 4
    assert found["order_latency_seconds_sum", ()] == 0.5
    assert found["http_requests_total", ("GET", "/health", "200")] == 1
    assert found["http_requests_total", ("GET", "none", "404")] == 1
    assert found["http_request_duration_seconds_count", ("GET", "/health")] == 1
    assert found["process_start_time_seconds", ()] > 0
    assert any(name == "build_info" for name, _ in found)


def test_a_made_up_method_makes_no_series(client: TestClient, engine: MemoryEngine) -> None:
    client.request("BREW", "/health")
    assert samples(client)["http_requests_total", ("OTHER", "/health", "405")] == 1


def test_status_is_the_engines_own(client: TestClient, engine: MemoryEngine) -> None:
    found: dict[str, Any] = client.get("/api/v1/status").json()
    assert found.pop("age_ms") == 0
    assert found.pop("time") == "2026-01-01T00:00:00.000000000Z"
    assert found == engine.status()


def test_the_page_shows_market_orders_positions_equity_and_health(
    client: TestClient, engine: MemoryEngine, tmp_path: Path
) -> None:
    ask(tmp_path, PlaceRequest(ORDER))
    text = client.get("/").text
    for word in ("59999.90", "j-person-1", "59875.10", "100012.50", "All is well"):
        assert word in text
    assert text.count(client.get("/page/status").text) == 1


def test_what_a_person_wrote_cannot_become_markup(
    client: TestClient, engine: MemoryEngine, tmp_path: Path
) -> None:
    ask(tmp_path, HaltRequest("all", "<script>alert(1)</script>", "ann"))
    text = client.get("/").text
    assert "&lt;script&gt;alert(1)" in text
    assert text.count("<script>") == 1


def test_the_page_loads_nothing_from_elsewhere(client: TestClient, engine: MemoryEngine) -> None:
    answer = client.get("/")
    assert re.findall(r"https?://", answer.text) == []
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_another_host_name_is_refused(client: TestClient, engine: MemoryEngine) -> None:
    assert client.get("/health", headers={"Host": "evil.example"}).status_code == 400


def test_reads_within_a_tenth_of_a_second_ask_the_engine_once(
    client: TestClient, served: Served, engine: MemoryEngine
) -> None:
    first = client.get("/api/v1/positions").json()
    engine.disk_is_full = True
    assert client.get("/api/v1/positions").json() == first
    served.now_ns += 50_000_000
    assert client.get("/api/v1/positions").json()["age_ms"] == 50


def test_a_gateway_that_needs_a_login_shows_strangers_nothing(
    tmp_path: Path, engine: MemoryEngine
) -> None:
    with Served(tmp_path, engine).client() as client:
        assert client.get("/health").status_code == 200
        assert "asks for a login" in client.get("/").text
        assert "100012.50" not in client.get("/").text
        assert client.get("/metrics").status_code == 401
        assert client.get("/api/v1/status").status_code == 401


def test_every_route_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "operations" / "gateway.md").read_text()
    paths = {route.path for router in ROUTERS for route in router.routes}  # type: ignore[attr-defined]
    assert len(paths) > 30
    missing = [path for path in [*paths, "/ws", OPENAPI_PATH] if f"`{path}`" not in text]
    assert missing == [], "name them in docs/operations/gateway.md"


def test_the_page_of_the_api_has_every_operation_and_loads_nothing(tmp_path: Path) -> None:
    served = Served(tmp_path, MemoryEngine(), needs_login=False)
    with served.client("127.0.0.1") as client:
        answer = client.get("/docs")
        document = client.get("/api/v1/openapi.json").json()
    operations = sum(len(methods) for methods in document["paths"].values())
    assert answer.text.count("<details>") == operations > 70
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_documents_are_behind_the_login(tmp_path: Path) -> None:
    with Served(tmp_path, MemoryEngine()).client() as stranger:
        assert stranger.get("/docs").status_code == 401
        assert stranger.get("/api/v1/openapi.json").status_code == 401
