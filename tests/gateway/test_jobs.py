"""Jobs over the API: uploads, imports, backtests and sweeps in processes of their own."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine, running
from tests.wiring.test_paper_hour import paper
from tradewind.gateway.routes import data, history
from tradewind.ports.jobs import JobState
from tradewind.testing.virtual_time import run_virtually

PATIENCE_S = 120
BARS = 400
BACKTEST = {
    "strategy": "ma_crossover",
    "instruments": ["GOOG.SIM"],
    "timeframe": "1m",
    "parameters": {"fast": "5", "slow": "20", "timeframe": "1m"},
}


def csv() -> bytes:
    """Bars that rise and fall, so that averages cross."""
    lines = ["time,open,high,low,close,volume"]
    for number in range(BARS):
        price = 100 + (number % 80 if number % 160 < 80 else 80 - number % 80) / 10
        moment = 1_704_067_200 + 60 * number
        lines.append(f"{moment},{price:.2f},{price + 1:.2f},{price - 1:.2f},{price:.2f},10")
    return "\n".join(lines).encode()


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def upload(client: TestClient, content: bytes) -> Any:
    headers = {"Content-Type": "application/octet-stream"}
    return client.post("/api/v1/data/uploads", content=content, headers=headers)


def ended(client: TestClient, job_id: str) -> dict[str, Any]:
    """The job once it has ended."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        found: dict[str, Any] = client.get(f"/api/v1/jobs/{job_id}").json()
        if found["state"] in ("done", "failed", "canceled"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"job {job_id} did not end: {found}")


def imported(client: TestClient) -> None:
    """Store bars of GOOG.SIM by way of an upload."""
    sent = upload(client, csv())
    assert sent.status_code == 201, sent.text
    wanted = {
        "upload_id": sent.json()["upload_id"],
        "instrument": "GOOG.SIM",
        "timeframe": "1m",
        "tick": "0.01",
        "lot": "1",
        "currency": "USD",
    }
    job = client.post("/api/v1/data/imports", json=wanted, headers=keyed("import"))
    assert job.status_code == 202, job.text
    done = ended(client, job.json()["job_id"])
    assert done["state"] == "done", done["log"]
    assert done["result"]["rows_added"] == BARS


@pytest.fixture
def researcher(client: TestClient, served: Served, engine: MemoryEngine) -> TestClient:
    served.add("ann", "researcher")
    served.login(client, "ann")
    return client


def test_an_uploaded_file_is_imported_and_a_backtest_of_it_has_a_curve_and_fills(
    researcher: TestClient,
) -> None:
    imported(researcher)
    series = researcher.get("/api/v1/data/series").json()["series"]
    assert [(one["instrument"], one["rows"]) for one in series] == [("GOOG.SIM", BARS)]
    asked = researcher.post("/api/v1/backtests", json=BACKTEST, headers=keyed("b1"))
    assert asked.status_code == 202, asked.text
    job_id = asked.json()["job_id"]
    again = researcher.post("/api/v1/backtests", json=BACKTEST, headers=keyed("b1"))
    assert (again.json()["job_id"], again.headers["Idempotency-Replayed"]) == (job_id, "true")
    done = ended(researcher, job_id)
    assert (done["state"], done["progress"]) == ("done", 1000), done["log"]
    result = researcher.get(f"/api/v1/backtests/{job_id}").json()["result"]
    assert len(result["journal_hash"]) == 64
    curve = researcher.get(f"/api/v1/backtests/{job_id}/equity", params={"points": 50}).json()
    assert 2 <= len(curve["equity"]) <= 51
    assert f"{curve['equity'][-1]:.2f}" == f"{float(result['end_equity']):.2f}"
    fills = researcher.get(f"/api/v1/backtests/{job_id}/fills", params={"limit": 2}).json()
    assert (len(fills["fills"]), fills["next_after"]) == (2, 2)
    assert result["fills"] > 2
    rows = researcher.get("/api/v1/backtests").json()["rows"]
    assert [row["job_id"] for row in rows] == [job_id]


def test_a_sweep_ranks_its_runs(researcher: TestClient) -> None:
    imported(researcher)
    wanted = {**BACKTEST, "parameters": {"slow": "20", "timeframe": "1m"}}
    wanted["grid"] = {"fast": ["5", "10"]}
    asked = researcher.post("/api/v1/sweeps", json=wanted, headers=keyed("s1"))
    done = ended(researcher, asked.json()["job_id"])
    assert done["state"] == "done", done["log"]
    assert len(done["result"]["runs"]) == 2
    assert done["result"]["best"]["parameters"]["fast"] in ("5", "10")


def test_what_a_run_would_refuse_is_refused_at_once(researcher: TestClient) -> None:
    for wrong, sentence in (
        ({"strategy": "no_such"}, "there is no strategy"),
        ({"timeframe": ""}, "timeframe is missing"),
        ({"parameters": {"no_such": "1"}}, "no_such"),
    ):
        refused = researcher.post(
            "/api/v1/backtests", json=BACKTEST | wrong, headers=keyed(str(wrong))
        )
        assert (refused.status_code, sentence in refused.json()["detail"]) == (400, True)
    no_file = {"upload_id": "0" * 32, "instrument": "GOOG.SIM"}
    asked = researcher.post("/api/v1/data/imports", json=no_file, headers=keyed("no file"))
    assert asked.status_code in (400, 404)


def test_a_job_that_fails_says_why_in_a_sentence(researcher: TestClient) -> None:
    asked = researcher.post("/api/v1/backtests", json=BACKTEST, headers=keyed("b1"))
    done = ended(researcher, asked.json()["job_id"])
    assert done["state"] == "failed"
    assert "there are no 1m bars of GOOG.SIM" in done["message"]
    assert "Traceback" not in done["log"]
    gone = researcher.get(f"/api/v1/backtests/{done['job_id']}/equity")
    assert gone.status_code == 409


def test_a_value_that_looks_like_an_option_stays_a_value(researcher: TestClient) -> None:
    wanted = {**BACKTEST, "parameters": {"fast": "--keep=/tmp/owned", "timeframe": "1m"}}
    refused = researcher.post("/api/v1/backtests", json=wanted, headers=keyed("b1"))
    assert refused.status_code == 400
    wanted = {**BACKTEST, "instruments": ["--home=/tmp/owned"]}
    refused = researcher.post("/api/v1/backtests", json=wanted, headers=keyed("b2"))
    assert refused.status_code == 422


def test_another_users_job_is_not_there_but_for_who_may_see_all(
    researcher: TestClient, served: Served
) -> None:
    asked = researcher.post("/api/v1/backtests", json=BACKTEST, headers=keyed("b1"))
    job_id = asked.json()["job_id"]
    served.add("bob", "researcher")
    served.login(researcher, "bob")
    for path in (f"/api/v1/jobs/{job_id}", f"/api/v1/backtests/{job_id}"):
        assert researcher.get(path).status_code == 404
    assert researcher.get("/api/v1/jobs").json()["rows"] == []
    refused = researcher.post(f"/api/v1/jobs/{job_id}/cancel", headers=keyed("c"))
    assert refused.status_code == 404
    served.add("eve", "admin")
    served.with_second_factor(researcher, "eve")
    assert researcher.get(f"/api/v1/jobs/{job_id}").json()["user"] == "ann"


def test_a_job_survives_the_end_of_the_gateway(served: Served, engine: MemoryEngine) -> None:
    served.add("ann", "researcher")
    with served.client() as client:
        served.login(client, "ann")
        asked = client.post("/api/v1/backtests", json=BACKTEST, headers=keyed("b1"))
        job_id = asked.json()["job_id"]
    left = served.jobs.job(job_id)
    assert left is not None
    assert left.state in (JobState.QUEUED, JobState.FAILED)
    with served.client() as client:
        served.login(client, "ann")
        assert ended(client, job_id)["state"] == "failed", "there is no data, so it ran"


def test_books_and_costs_of_a_run_are_told_to_who_may_see_all_accounts(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    run_virtually(paper(home, 30, lambda desk: None))
    engine = MemoryEngine()
    with running(home, engine):
        served = Served(home, engine)
        served.add("ann", "researcher")
        served.add("bob", "researcher", ("paper",))
        with served.client() as client:
            served.login(client, "ann")
            books = client.post("/api/v1/reports/statements", json={}, headers=keyed("s"))
            costs = client.post("/api/v1/reports/costs", json={}, headers=keyed("c"))
            statement = ended(client, books.json()["job_id"])
            assert statement["state"] == "done", statement["log"]
            balance = statement["result"]["trial_balance"]
            debit, credit = (
                sum(Decimal(line[side] or 0) for line in balance) for side in ("debit", "credit")
            )
            assert debit == credit > 0
            tca = ended(client, costs.json()["job_id"])
            assert tca["state"] == "done", tca["log"]
            assert tca["result"]["orders"]
            served.login(client, "bob")
            refused = client.post("/api/v1/reports/statements", json={}, headers=keyed("s"))
            assert refused.status_code == 403


def test_a_job_can_be_canceled_once(researcher: TestClient, served: Served) -> None:
    asked = researcher.post("/api/v1/backtests", json=BACKTEST, headers=keyed("b1"))
    job_id = asked.json()["job_id"]
    for _ in range(2):
        done = researcher.post(f"/api/v1/jobs/{job_id}/cancel", headers=keyed("c1"))
        assert done.status_code == 202
    assert ended(researcher, job_id)["state"] in ("canceled", "failed")


def test_an_upload_is_bytes_of_a_bounded_size(
    researcher: TestClient, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "UPLOAD_BYTES_MAX", 10)
    assert upload(researcher, b"x" * 10).status_code == 201
    assert upload(researcher, b"x" * 11).status_code == 413
    assert upload(researcher, b"").status_code == 400
    kept = list((served.home / "uploads").iterdir())
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600]
    wrong = researcher.post("/api/v1/data/uploads", json={"a": 1})
    assert wrong.status_code == 415


def test_uploads_do_not_pile_up(
    researcher: TestClient, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "UPLOADS_MAX", 1)
    assert upload(researcher, b"x").status_code == 201
    assert upload(researcher, b"x").status_code == 409
    monkeypatch.setattr(data, "UPLOAD_KEPT_S", -1)
    assert upload(researcher, b"x").status_code == 201


def test_market_data_comes_by_the_page_and_in_columns(
    researcher: TestClient, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "STORED_S", 600.0)
    imported(researcher)
    asked: dict[str, Any] = {"instrument": "GOOG.SIM", "timeframe": "1m"}
    newest = researcher.get("/api/v1/market/bars", params=asked | {"limit": 3}).json()
    assert len(newest["rows"]) == 3
    assert newest["rows"][0]["open_time"].startswith("2024-01-01T06:37:00")
    opens: list[int] = []
    cursor = {"start": "20240101"}
    while True:
        part = researcher.get("/api/v1/market/bars", params=asked | cursor | {"limit": 150}).json()
        opens += [row["open_time_ns"] for row in part["rows"]]
        if not part["next_after"]:
            break
        cursor = {"after": part["next_after"]}
    assert (len(opens), opens == sorted(set(opens))) == (BARS, True)
    columns = researcher.get(
        "/api/v1/market/bars", params=asked | {"form": "columns", "limit": 2}
    ).json()
    assert (columns["rows"], columns["price_digits"]) == ([], 2)
    found = dict(served.services.cache.found)
    again = researcher.get("/api/v1/market/bars", params=asked | {"limit": 3})
    assert again.json() == newest
    assert served.services.cache.found == found | {"local": found["local"] + 1}
    told = served.services.metrics.exposition().decode()
    assert f'{{cache="local",result="hit"}} {found["local"] + 1}.0' in told
    assert f'{{cache="local",result="miss"}} {found["nowhere"]}.0' in told
    last = newest["rows"][-1]["close"]
    assert columns["columns"]["close"][-1] == int(last.replace(".", ""))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"start": "no time"}, 422),
        ({"after": "x.y"}, 422),
        ({"start": "99999999999999999999999"}, 422),
        ({"timeframe": "7 moons"}, 400),
        ({"instrument": "../../etc/passwd"}, 400),
        ({"limit": "0"}, 422),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    researcher: TestClient, asked: dict[str, str], status: int
) -> None:
    usual = {"instrument": "GOOG.SIM", "timeframe": "1m"}
    answer = researcher.get("/api/v1/market/bars", params=usual | asked)
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)


def test_nothing_outside_of_the_folder_of_uploads_can_be_imported(
    researcher: TestClient, tmp_path: Path
) -> None:
    for wrong in ("../security.db", "/etc/passwd", "0" * 31 + "/"):
        wanted = {"upload_id": wrong, "instrument": "GOOG.SIM"}
        refused = researcher.post("/api/v1/data/imports", json=wanted, headers=keyed(wrong[:5]))
        assert refused.status_code == 422
