"""What a run recorded, read over the API: its market data, and every record of an order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine, running
from tests.wiring.test_paper_hour import paper
from tradewind.adapters.sqlite.records import read_records
from tradewind.ports.records import FillRow
from tradewind.testing.virtual_time import run_virtually


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of half a minute of paper trading."""
    folder: Path = tmp_path_factory.mktemp("recorded") / "home"
    run_virtually(paper(folder, 30, lambda desk: None))
    return folder


@pytest.fixture
def reader(home: Path) -> Iterator[TestClient]:
    engine = MemoryEngine()
    with running(home, engine):
        served = Served(home, engine, needs_login=False)
        served.services.records = lambda: read_records(home / "journal")
        with served.client("127.0.0.1") as client:
            yield client


def test_live_trades_are_the_newest_and_go_on_by_the_page(reader: TestClient) -> None:
    asked: dict[str, Any] = {"instrument": "BTC/USDT.SIM", "source": "live"}
    newest = reader.get("/api/v1/market/trades", params=asked | {"limit": 50}).json()
    assert len(newest["rows"]) == 50
    times = [row["time_ns"] for row in newest["rows"]]
    assert times == sorted(times)
    found: list[tuple[int, str, str]] = []
    cursor = {"start": str(times[0])}
    while True:
        part = reader.get("/api/v1/market/trades", params=asked | cursor | {"limit": 7}).json()
        found += [(row["time_ns"], row["price"], row["size"]) for row in part["rows"]]
        if not part["next_after"]:
            break
        cursor = {"after": part["next_after"]}
    wanted = [(row["time_ns"], row["price"], row["size"]) for row in newest["rows"]]
    assert found[-50:] == wanted


def test_live_bars_and_quotes_are_there_and_what_is_not_is_told(reader: TestClient) -> None:
    asked = {"instrument": "BTC/USDT.SIM", "source": "live", "timeframe": "1s", "limit": 5}
    bars = reader.get("/api/v1/market/bars", params=asked).json()
    assert len(bars["rows"]) == 5
    assert float(bars["rows"][0]["high"]) >= float(bars["rows"][0]["low"])
    nothing = reader.get(
        "/api/v1/market/trades", params={"instrument": "NO/SUCH.SIM", "source": "live"}
    )
    assert nothing.status_code == 400


def test_every_record_of_an_order_is_told_from_its_intent_on(
    reader: TestClient, home: Path
) -> None:
    with closing(read_records(home / "journal")) as records:
        fill = records.rows(FillRow, limit=1)[0]
    found = reader.get(f"/api/v1/orders/{fill.order_id}/events").json()
    events = [event["event"] for event in found["events"]]
    assert found["is_whole"]
    assert events[0] in ("OrderIntended", "TargetIntended")
    assert "SubmitOrder" in events
    assert "OrderFilled" in events
    sequences = [event["sequence"] for event in found["events"]]
    assert sequences == sorted(set(sequences))
    assert reader.get("/api/v1/orders/no-such/events").status_code == 404


def test_a_report_of_paper_trading_has_the_metrics_of_a_backtest(reader: TestClient) -> None:
    found = reader.get("/api/v1/reports/performance", params={"account": "paper"}).json()
    assert found["samples"] >= 2
    assert found["fills"] > 0
    assert "sharpe_ratio" in found["metrics"]
    equity = reader.get("/api/v1/accounts/paper/equity", params={"limit": 2}).json()
    assert equity["rows"][0]["time_ns"] > equity["rows"][1]["time_ns"]
