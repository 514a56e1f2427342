"""Orders over HTTP: what reaches the engine, once, and what is refused before."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine
from tradewind.model.messages import OrderIntended
from tradewind.model.orders import OrderFlag, OrderType, Side, TimeInForce

ORDERS = "/api/v1/orders"
LIMIT = {
    "instrument": "BTC/USDT.SIM",
    "side": "BUY",
    "quantity": "0.250",
    "type": "LIMIT",
    "limit_price": "59000.5",
    "time_in_force": "DAY",
    "post_only": True,
}


@pytest.fixture
def trader(served: Served, client: TestClient) -> TestClient:
    served.add("ann", "trader")
    served.login(client, "ann")
    return client


def placed(client: TestClient, key: str, **changes: Any) -> Any:
    return client.post(ORDERS, json=LIMIT | changes, headers={"Idempotency-Key": key})


def test_an_order_reaches_the_engine_exactly_and_the_answer_tells_its_sequence(
    trader: TestClient, served: Served, engine: MemoryEngine
) -> None:
    answer = placed(trader, "k1")
    assert (answer.status_code, answer.json()["sequence"]) == (202, 1)
    order_id = answer.json()["order_id"]
    wanted = OrderIntended(
        0,
        order_id,
        "person",
        "BTC/USDT.SIM",
        Side.BUY,
        250,
        OrderType.LIMIT,
        5_900_050,
        0,
        TimeInForce.DAY,
        OrderFlag.POST_ONLY,
    )
    assert engine.events == [wanted]
    assert order_id.startswith("j0-person-")
    assert len(order_id) <= 24
    assert ("ann", "order placed", "ok") in served.actions()


def test_the_same_key_gives_the_same_answer_and_one_order(
    trader: TestClient, engine: MemoryEngine
) -> None:
    first, again = placed(trader, "k1"), placed(trader, "k1")
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    other = placed(trader, "k1", side="SELL")
    assert (other.status_code, len(engine.events)) == (422, 1)
    assert placed(trader, "k2").json()["order_id"] != first.json()["order_id"]
    assert trader.post(ORDERS, json=LIMIT).status_code == 400


def test_a_key_is_free_again_where_the_engine_refused(
    trader: TestClient, engine: MemoryEngine
) -> None:
    refused = placed(trader, "k1", quantity="0.2501")
    assert refused.status_code == 400, refused.text
    assert placed(trader, "k1").status_code == 202
    assert len(engine.events) == 1


def test_where_the_outcome_is_open_the_key_stays_taken(
    trader: TestClient, served: Served, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tradewind.gateway import engine_link

    monkeypatch.setattr(engine_link, "DEADLINE_S", 0.2)
    monkeypatch.setattr(engine, "submit", never)
    lost = placed(trader, "k1")
    assert (lost.status_code, "is open" in lost.json()["detail"]) == (503, True)
    monkeypatch.undo()
    again = placed(trader, "k1")
    assert (again.status_code, engine.events) == (409, [])


async def never(_: object) -> int:
    import asyncio

    await asyncio.sleep(1)
    raise AssertionError("nobody waits any more")


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"instrument": "ETH/USDT.SIM"}, 404, "no instrument"),
        ({"quantity": "0.2501"}, 400, "0.2501"),
        (
            {"quantity": "-1"},
            422,
            'quantity: write a decimal number from 0 on as text, like "0.25"',
        ),
        ({"quantity": 1.5}, 422, "quantity: write it as text, in quotes"),
        ({"quantity": "NaN"}, 422, "quantity"),
        ({"side": "LONG"}, 422, "side"),
        ({"type": "ICEBERG"}, 422, "type"),
        ({"qty": "1"}, 422, "qty"),
        ({"limit_price": "1.000000000000001"}, 422, "limit_price"),
    ],
)
def test_a_wrong_order_is_refused_in_one_sentence(
    trader: TestClient, engine: MemoryEngine, change: dict[str, Any], status: int, words: str
) -> None:
    answer = placed(trader, "k1", **change)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]
    assert engine.events == []


def test_amending_and_canceling_ask_for_an_order_that_works(
    trader: TestClient, engine: MemoryEngine
) -> None:
    order_id = placed(trader, "k1").json()["order_id"]
    rows = trader.get(f"{ORDERS}/open").json()["orders"]
    assert [row["order_id"] for row in rows] == [order_id]
    change = {"quantity": "0.100"}
    answer = trader.patch(f"{ORDERS}/{order_id}", json=change, headers={"Idempotency-Key": "a1"})
    assert (answer.status_code, engine.events[-1].quantity) == (200, 100)  # type: ignore[union-attr]
    assert trader.delete(f"{ORDERS}/{order_id}").status_code == 202
    assert trader.delete(f"{ORDERS}/{order_id}").status_code == 404
    assert (
        trader.patch(f"{ORDERS}/x", json=change, headers={"Idempotency-Key": "a2"}).status_code
        == 404
    )


def test_a_stop_price_of_an_order_at_its_venue_is_refused_in_one_sentence(
    trader: TestClient, engine: MemoryEngine
) -> None:
    order_id = placed(trader, "k1").json()["order_id"]
    change = {"stop_price": "59000"}
    answer = trader.patch(f"{ORDERS}/{order_id}", json=change, headers={"Idempotency-Key": "a1"})
    assert (answer.status_code, len(engine.events)) == (400, 1)
    assert answer.json()["detail"].startswith("stop_price:")


def test_cancel_all_takes_the_orders_of_an_instrument(
    trader: TestClient, engine: MemoryEngine
) -> None:
    wanted = [placed(trader, f"k{number}").json()["order_id"] for number in range(3)]
    assert trader.delete(f"{ORDERS}?instrument=ETH/USDT.SIM").status_code == 404
    assert len(engine.events) == 3
    found = trader.delete(f"{ORDERS}?instrument=BTC/USDT.SIM").json()["order_ids"]
    assert sorted(found) == sorted(wanted)
    assert trader.get(f"{ORDERS}/open").json()["orders"] == []


def test_halting_and_resuming_name_who_did_it(served: Served, client: TestClient) -> None:
    served.add("rita", "risk")
    totp = served.with_second_factor(client, "rita")
    key = {"Idempotency-Key": "h1"}
    halted = client.post("/api/v1/risk/halt", json={"reason": "odd fills"}, headers=key)
    assert halted.status_code == 200, halted.text
    assert served.engine.events[-1].by == "rita"  # type: ignore[union-attr]
    wanted = {"confirm": "RESUME", "code": "000000"}
    key = {"Idempotency-Key": "r1"}
    assert client.post("/api/v1/risk/resume", json=wanted, headers=key).status_code == 403
    wanted = {"confirm": "yes", "code": served.code(totp)}
    assert client.post("/api/v1/risk/resume", json=wanted, headers=key).status_code == 409
    served.wait(60)
    wanted = {"confirm": "RESUME", "code": served.code(totp)}
    served.login(client, "rita", served.code(totp))
    served.wait(60)
    wanted["code"] = served.code(totp)
    assert client.post("/api/v1/risk/resume", json=wanted, headers=key).status_code == 200
