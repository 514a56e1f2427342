"""Fixtures of the gateway's tests: an engine in memory, a gateway over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine, running


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[MemoryEngine]:
    engine = MemoryEngine()
    with running(tmp_path, engine):
        yield engine


@pytest.fixture
def served(tmp_path: Path, engine: MemoryEngine) -> Served:
    return Served(tmp_path, engine)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client
