"""Every operation of the OpenAPI, with generated input, against a real server: never a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.gateway.app import OPENAPI_PATH
from tradewind.gateway.process import GatewayProcess, claim_port

EXAMPLES = 6
OPERATIONS_MIN = 40


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home: Path = tmp_path_factory.mktemp("home")
    with running(home, MemoryEngine()):
        process = GatewayProcess(home, claim_port(0))
        process.start(0.0)
        yield process.port
        process.stop()


def test_no_input_makes_a_server_error(port: int) -> None:
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}{OPENAPI_PATH}")
    count = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        count += 1

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            answer = case.call()
            # 503 is an answer of ours: it says in one sentence what is missing.
            assert answer.status_code < 500 or answer.status_code == 503, case.as_curl_command()
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0].startswith("application/problem+json")
                assert answer.json()["detail"]

        ask()
    assert count >= OPERATIONS_MIN
