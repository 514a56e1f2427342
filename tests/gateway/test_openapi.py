"""Every operation of the OpenAPI, with generated input, against a real server: never a 5xx."""

from __future__ import annotations

import functools
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.gateway.contract import check
from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.gateway.described import KINDS
from tradewind.gateway.process import GatewayProcess, claim_port
from tradewind.gateway.routes.docs import OPENAPI_PATH

EXAMPLES = 4
PATIENCE_S = 120
EXAMPLES_LONG = 200
OPERATIONS_MIN = 70


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home: Path = tmp_path_factory.mktemp("home")
    with running(home, MemoryEngine()):
        process = GatewayProcess(home, claim_port(0))
        process.start(0.0)
        yield process.port
        process.stop()


def test_no_input_makes_a_server_error(port: int) -> None:
    ask_everything(port, EXAMPLES)


@pytest.mark.long
def test_no_input_makes_a_server_error_however_long_it_is_tried(port: int) -> None:
    ask_everything(port, EXAMPLES_LONG)


def check_kind(kind: str, answer: Any) -> None:
    """Hold an answer that is no refusal to what its operation is described with."""
    if kind and answer.status_code != 304:
        check(KINDS[kind], answer.json())


def kind_of(operation: dict[str, Any]) -> str:
    """The name of an operation's answer, "" where it is no JSON."""
    success = next(each for each in operation["responses"] if each.startswith("2"))
    content = operation["responses"][success].get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    return str(reference.rpartition("/")[2])


def ask_everything(port: int, examples: int) -> None:
    """Send each operation so many generated requests."""
    url = f"http://127.0.0.1:{port}{OPENAPI_PATH}"
    # The first answer takes long on a busy machine, longer than the loader waits.
    urllib.request.urlopen(url, timeout=PATIENCE_S).close()
    schema = schemathesis.openapi.from_url(url)
    count = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        count += 1
        check_answer = functools.partial(check_kind, kind_of(operation.definition.raw))

        @settings(
            max_examples=examples,
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
            else:
                check_answer(answer)  # noqa: B023  # it is called before the loop goes on

        ask()
    assert count >= OPERATIONS_MIN
