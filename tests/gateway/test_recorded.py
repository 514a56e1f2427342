"""What a run recorded, read over the API: its market data, and every record of an order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine, running
from tests.wiring.test_paper_hour import paper
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.adapters.sqlite.records import read_records
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import Algorithm, AlgorithmIntended
from tradewind.model.ids import order_id
from tradewind.model.orders import Side
from tradewind.ports.records import FillRow
from tradewind.runtime.desk import Desk
from tradewind.testing.virtual_time import run_virtually
from tradewind.wiring.stored import status_of_home

ORDERS = "/api/v1/orders"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of half a minute of paper trading, with orders by hand in the middle."""
    folder: Path = tmp_path_factory.mktemp("recorded") / "home"
    asked: list[asyncio.Task[int]] = []

    def place(desk: Desk) -> None:
        if not asked:
            asked.extend(asyncio.create_task(desk.submit(order)) for order in by_hand(desk))

    run_virtually(paper(folder, 30, place))
    return folder


COIN = "BTC/USDT.SIM"


def by_hand(desk: Desk) -> tuple[AlgorithmIntended, AlgorithmIntended, m.ConditionalIntended]:
    """A TWAP that ends, one that works on, and an order that is held until a touch."""
    now_ns = desk.state.time_ns
    short, long = (
        AlgorithmIntended(
            now_ns, parent_id(desk.state.journal_id, number), "person", COIN, Side.BUY, 4_000,
            Algorithm.TWAP, end_time_ns=now_ns + seconds * 10**9, weights=(1, 1, 1, 1),
        )
        for number, seconds in ((1, 4), (2, 600))
    )  # fmt: skip
    name = parent_id(desk.state.journal_id, 3)
    touch = m.ConditionalIntended(
        now_ns, name, "person", COIN, Side.BUY, 1_000, m.Trigger.TOUCH, trigger_price=10**9
    )
    return short, long, touch


def parent_id(journal_id: str, number: int) -> str:
    """The id of an order that a person placed."""
    return order_id(journal_id, "person", number)


@pytest.fixture
def journal_id(home: Path) -> str:
    with closing(read_journal(home / "journal")) as journal:
        return journal.journal_id


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


def test_a_parent_is_found_by_its_id_while_it_works_and_when_it_ended(
    reader: TestClient, journal_id: str
) -> None:
    ended = reader.get(f"{ORDERS}/{parent_id(journal_id, 1)}").json()
    assert (ended["state"], ended["is_open"], ended["reason"]) == ("FILLED", 0, "filled")
    assert (ended["type"], ended["account"], ended["strategy"]) == ("TWAP", "paper", "person")
    assert ended["filled_quantity"] == ended["quantity"]
    working = reader.get(f"{ORDERS}/{parent_id(journal_id, 2)}").json()
    assert (working["state"], working["is_open"]) == ("WORKED", 1)
    assert working["reason"] == "the core works it: TWAP in 4 slices"
    assert 0 < float(working["filled_quantity"]) < float(working["quantity"])
    for row, fills in ((ended, 4), (working, 1)):
        children = [reader.get(f"{ORDERS}/{row['order_id']}.{n + 1}").json() for n in range(fills)]
        filled = sum(float(child["filled_quantity"]) for child in children)
        assert filled == pytest.approx(float(row["filled_quantity"]))
        assert (row["filled_notional"], row["average_price"], row["fills"]) == ("0", "", [])
    listed = reader.get(ORDERS, params={"limit": 1_000}).json()["rows"]
    assert {ended["order_id"], working["order_id"]} <= {row["order_id"] for row in listed}
    key = {"Idempotency-Key": "a1"}
    late = reader.patch(f"{ORDERS}/{ended['order_id']}", json={"quantity": "1"}, headers=key)
    assert (late.status_code, "is FILLED" in late.json()["detail"]) == (409, True)
    said = reader.get(f"/api/v1/risk/decisions/{ended['order_id']}").json()
    assert (said["is_passed"], said["sentence"]) == (True, "every rule let it pass")


def test_an_engine_that_was_stopped_shows_the_parents_that_it_worked(
    home: Path, journal_id: str
) -> None:
    left = status_of_home(home, "it was stopped")
    assert left is not None
    states = {row["order_id"]: row["state"] for row in left["orders"]}
    assert states[parent_id(journal_id, 2)] == "WORKED"
    assert parent_id(journal_id, 1) not in states


@pytest.mark.parametrize(
    ("number", "intent"), [(1, "Algorithm"), (2, "Algorithm"), (3, "Conditional")]
)
def test_the_trail_of_an_order_that_the_core_kept_is_whole_from_its_intent_on(
    reader: TestClient, journal_id: str, number: int, intent: str
) -> None:
    found = reader.get(f"{ORDERS}/{parent_id(journal_id, number)}/events").json()
    events = [event["event"] for event in found["events"]]
    assert (found["is_whole"], events[:2]) == (True, [f"{intent}Intended", "OrderHeld"])
    assert events[-1] == {1: "ParentEnded", 2: "OrderHeld", 3: "OrderFilled"}[number]


def test_a_report_of_paper_trading_has_the_metrics_of_a_backtest(reader: TestClient) -> None:
    found = reader.get("/api/v1/reports/performance", params={"account": "paper"}).json()
    assert found["samples"] >= 2
    assert found["fills"] > 0
    assert "sharpe_ratio" in found["metrics"]
    equity = reader.get("/api/v1/accounts/paper/equity", params={"limit": 2}).json()
    assert equity["rows"][0]["time_ns"] > equity["rows"][1]["time_ns"]
