"""Numbers of all workers together: added up, and kept of those that have ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine
from tradewind.gateway.worker_numbers import ENDED, FOLDER, NUMBERS, Numbers, WorkerNumbers

COUNTED = 'http_requests_total{method="GET",path="/ready",status="200"}'


def counted(client: TestClient) -> float:
    text = client.get("/metrics").text
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(COUNTED))


def test_one_worker_tells_what_all_counted_also_those_that_ended(
    tmp_path: Path, engine: MemoryEngine
) -> None:
    other = WorkerNumbers(tmp_path)
    other.write(Numbers({"GET /ready 200": 5}, {}, {"hit": 2.0}, {"workers": 1.0}))
    with Served(tmp_path, engine, needs_login=False).client("127.0.0.1") as client:
        client.get("/ready")
        assert counted(client) == 6
        assert "gateway_workers 2.0" in client.get("/metrics").text
        other.close()
        assert counted(client) == 6
        assert "gateway_workers 1.0" in client.get("/metrics").text
        assert [path.stem for path in (tmp_path / FOLDER).glob(f"*{NUMBERS}")].count(ENDED) == 1
    with Served(tmp_path, engine, needs_login=False).client("127.0.0.1") as client:
        client.get("/ready")
        assert counted(client) == 7


@pytest.mark.parametrize("content", [b"", b"\x81", b'{"counts": 1}'])
def test_a_damaged_file_counts_as_nothing(tmp_path: Path, content: bytes) -> None:
    own = WorkerNumbers(tmp_path)
    (tmp_path / FOLDER / f"5-5{NUMBERS}").write_bytes(content)
    assert own.total(Numbers({"GET /ready 200": 1})).counts == {"GET /ready 200": 1}
    assert not (tmp_path / FOLDER / f"5-5{NUMBERS}").exists()
    own.close()


def test_the_numbers_are_their_owners_alone(tmp_path: Path) -> None:
    own = WorkerNumbers(tmp_path)
    own.write(Numbers())
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700
    own.close()
