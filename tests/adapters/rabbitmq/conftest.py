"""One node of RabbitMQ for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.rabbit_server import RabbitCluster, running_rabbit


@pytest.fixture(scope="session")
def rabbit() -> Iterator[RabbitCluster]:
    with running_rabbit() as cluster:
        yield cluster
