"""A reading that was just told is told again: to the same user, with its age, while it is fresh."""

from __future__ import annotations

from pathlib import Path

import msgspec
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.model.messages import Halted

POSITIONS = "/api/v1/positions"
MS_NS = 1_000_000


def test_a_fresh_reading_is_told_again_with_its_age_and_then_asked_for(
    served: Served, client: TestClient
) -> None:
    served.add("ann", "viewer")
    served.login(client, "ann")
    first = client.get(POSITIONS)
    served.now_ns += 40 * MS_NS
    again = client.get(POSITIONS)
    assert (first.json()["age_ms"], again.json()["age_ms"]) == (0, 40)
    assert again.json() == first.json() | {"age_ms": 40}
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["X-Content-Type-Options"] == "nosniff"
    assert served.services.replies.hits == 1
    served.now_ns += 61 * MS_NS
    assert client.get(POSITIONS).json()["age_ms"] == 0
    assert served.services.replies.hits == 1


def test_who_knows_it_already_is_told_so(served: Served, client: TestClient) -> None:
    served.add("ann", "viewer")
    served.login(client, "ann")
    tag = client.get(POSITIONS).headers["ETag"]
    answer = client.get(POSITIONS, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content, served.services.replies.hits) == (304, b"", 1)


def test_what_one_user_was_told_no_other_one_hears(tmp_path: Path, engine: MemoryEngine) -> None:
    served = Served(tmp_path, engine)
    served.add("ann", "viewer", ("paper",))
    served.add("bob", "viewer", ("other",))
    with served.client() as client:
        served.login(client, "ann")
        assert client.get(POSITIONS).json()["positions"]
        served.login(client, "bob")
        assert client.get(POSITIONS).json()["positions"] == []
        client.headers["Authorization"] = ""
        assert client.get(POSITIONS).status_code == 401
    assert served.services.replies.hits == 0


def test_the_hits_are_a_metric(served: Served, client: TestClient) -> None:
    served.add("ann", "viewer")
    served.login(client, "ann")
    client.get(POSITIONS)
    client.get(POSITIONS)
    text = client.get("/metrics").text
    assert 'cache_requests_total{cache="replies",result="hit"} 1.0' in text
    assert f'http_requests_total{{method="GET",path="{POSITIONS}",status="200"}} 2.0' in text


def test_a_reading_is_made_anew_behind_the_framework_and_is_not_older_than_it_says(
    served: Served, client: TestClient
) -> None:
    """The second question of the same user does not reach the route, and is as fresh."""
    served.add("ann", "viewer")
    served.login(client, "ann")
    first = client.get(POSITIONS).json()
    served.engine.events.append(Halted(0, "all", "x", "ann"))
    served.now_ns += 101 * MS_NS
    again = client.get(POSITIONS)
    assert again.json()["sequence"] == first["sequence"] + 1
    assert again.json()["age_ms"] == 0
    assert again.headers["ETag"] != client.get("/api/v1/orders/open").headers["ETag"]
    assert served.services.replies.misses == 1


def test_a_user_who_loses_a_permission_is_not_told_by_what_was_kept(
    served: Served, client: TestClient
) -> None:
    user = served.add("ann", "viewer")
    served.login(client, "ann")
    assert client.get(POSITIONS).status_code == 200
    served.identities.put_user(msgspec.structs.replace(user, role="nobody"))
    served.wait(1)
    assert client.get(POSITIONS).status_code == 403


def test_without_an_engine_what_was_kept_is_not_told(tmp_path: Path) -> None:
    engine = MemoryEngine()
    served = Served(tmp_path, engine)
    served.add("ann", "viewer")
    with served.client() as client:
        with running(tmp_path, engine):
            served.login(client, "ann")
            assert client.get("/api/v1/orders/open").status_code == 200
        served.wait(1)
        assert client.get("/api/v1/orders/open").status_code == 503
