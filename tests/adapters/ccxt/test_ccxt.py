"""ccxt as an adapter, in an environment of its own (it pins packages), at the local venue."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.venue.judges.judge import CCXT, account, foreign_python, local_venue
from tradewind.adapters.ccxt.card import missing_to_trade
from tradewind.adapters.ccxt.instruments import instrument_of
from tradewind.adapters.ccxt.orders import new_order, reports_of, venue_fill
from tradewind.model import messages as m
from tradewind.model.errors import BadNumber
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.ports.trading import Refused

ROOT = Path(__file__).parents[3]
SESSION = Path(__file__).parent / "session.py"
DEADLINE_S = 150

KRAKEN = {
    "symbol": "BTC/USD",
    "precision": {"amount": "0.00000001", "price": "0.1"},
    "limits": {"cost": {"min": "0.5"}},
}
BTC = instrument_of(KRAKEN, "KRAKEN", 4)
TRADE = {
    "id": "t1",
    "order": "o1",
    "price": "60000.5",
    "amount": "0.00000010",
    "side": "buy",
    "takerOrMaker": "maker",
    "timestamp": 1_700_000_000_000,
    "fee": {"cost": "0.0000123", "currency": "USD"},
}


def command(**changes: Any) -> m.SubmitOrder:
    values: dict[str, Any] = {
        "order_id": "j-a-1",
        "account": "a",
        "venue": "KRAKEN",
        "instrument": BTC.id,
        "side": Side.BUY,
        "quantity": 15_000,
        "type": OrderType.LIMIT,
        "limit_price": 600_005,
        "stop_price": 0,
        "time_in_force": TimeInForce.GTC,
        "flags": OrderFlag.NONE,
        "expire_time_ns": 0,
        "leg": Leg.NET,
    }
    return m.SubmitOrder(0, **(values | changes))


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What a session at the local Binance saw through ccxt."""
    python = foreign_python(*CCXT)
    with local_venue("binance", "--speed", "5") as about:
        demo = account(about, "demo")
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}", "TRADEWIND_PURE": "1"}
        done = subprocess.run(
            [python, str(SESSION), about["url"], demo["key"], demo["secret"]],
            capture_output=True, text=True, timeout=DEADLINE_S, check=False, env=environment,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    found["secrets"] = [demo["key"], demo["secret"]]
    found["output"] = done.stdout + done.stderr
    return found


def test_an_order_works_is_found_and_canceled(seen: dict[str, Any]) -> None:
    trade = seen["trade"]
    assert trade["working"] == ["x-far-1"]
    assert trade["asked"] == ["OrderAccepted"]
    assert list(dict.fromkeys(trade["far"])) == ["OrderAccepted", "OrderCanceled"]


def test_fills_add_up_and_are_the_same_on_every_way(seen: dict[str, Any]) -> None:
    done, wanted = seen["trade"]["filled"]
    assert done == wanted > 0
    assert seen["trade"]["same_fills"]


def test_a_lost_reply_is_unknown_and_then_found_once(seen: dict[str, Any]) -> None:
    said, found, working = seen["lost"]
    assert said.startswith("NoAnswer: ")
    assert found == ["OrderAccepted"]
    assert working == ["x-lost-1"]


def test_the_venue_says_why_not(seen: dict[str, Any]) -> None:
    trade = seen["trade"]
    assert "NOTIONAL" in trade["refused"]
    assert trade["gone"].startswith("NotThere")
    assert trade["never"] is None
    assert "cancel and place another" in trade["amend"]
    assert seen["wrong_key"].startswith("Refused")


def test_errors_of_the_network_are_unknown_and_of_the_venue_refused(seen: dict[str, Any]) -> None:
    unknown = {
        "RequestTimeout", "ExchangeNotAvailable", "NetworkError", "OnMaintenance", "BadResponse",
        "ExchangeError", "DuplicateOrderId",
    }  # fmt: skip
    for name, text in seen["translations"].items():
        expected = "unknown" if name in unknown else "refused"
        assert text.startswith(expected), name
        assert "signature" not in text
        assert "the-secret" not in text
        assert "the-key" not in text
        assert "the-password" not in text
        assert "the-uid" not in text


def test_a_venue_that_wants_a_passphrase_or_a_number_gets_it_or_says_so(
    seen: dict[str, Any],
) -> None:
    found = seen["credentials"]
    assert found["okx 2"] == "okx wants more with its key: set CCXT_PASSWORD"
    assert (found["okx 3"], found["okx 4"], found["kraken 2"]) == ("p", "p u", "")


def test_no_key_is_shown(seen: dict[str, Any]) -> None:
    assert not any(secret in seen["output"] for secret in seen["secrets"])


def test_market_data_streams_and_history_is_paged(seen: dict[str, Any]) -> None:
    assert seen["stream"] == {"kinds": ["quotes", "trades"], "bad": 0}
    assert seen["download"]["rows"] > 0
    assert seen["download"]["done"]
    assert seen["download"]["left_out"] == []


def test_the_card_is_what_ccxt_says(seen: dict[str, Any]) -> None:
    card = seen["trade"]["card"]
    assert (card["orders"], card["stream of trades"], card["closed orders"]) == (
        "yes",
        "yes",
        "emulated",
    )


def test_steps_become_a_grid_of_ten_digits() -> None:
    assert (BTC.tick, BTC.lot, BTC.min_notional) == ("0.1", "0.00000001", "0.5")
    fine = {"symbol": "X/USD", "precision": {"amount": "0.00000001", "price": "0.000001"}}
    assert instrument_of(fine, "KRAKEN", 4).lot == "0.0001"
    digits = {"symbol": "X/USD", "precision": {"amount": 3, "price": 2}}
    assert instrument_of(digits, "KRAKEN", 2).tick == "0.01"
    with pytest.raises(BadNumber, match="no step"):
        instrument_of({"symbol": "X/USD", "precision": {}}, "KRAKEN", 4)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": OrderType.STOP},
        {"time_in_force": TimeInForce.DAY},
        {"flags": OrderFlag.REDUCE_ONLY},
        {"leg": Leg.SHORT},
    ],
)
def test_what_ccxt_has_no_word_for_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        new_order(command(**changes), BTC)


def test_post_only_and_the_client_id_ride_on_the_order() -> None:
    new = new_order(command(flags=OrderFlag.POST_ONLY), BTC)
    assert new.params == {"clientOrderId": "j-a-1", "timeInForce": "GTC", "postOnly": True}
    assert (new.amount, new.price) == ("0.00015", "60000.5")


def test_a_trade_is_a_fill_with_its_fee() -> None:
    order = {"id": "o1", "status": "canceled", "filled": "0.0000001"}
    accepted, fill, canceled = reports_of("j-a-1", order, [TRADE], BTC)
    assert isinstance(accepted, m.OrderAccepted)
    assert fill == m.OrderFilled(0, "j-a-1", "t1", 600_005, 10, 12, "USD", 1)
    assert isinstance(canceled, m.OrderCanceled)
    theirs = venue_fill(TRADE, BTC, "j-a-1")
    assert (theirs.fill_id, theirs.quantity, theirs.fee) == ("t1", 10, 12)


def test_a_venue_whose_orders_cannot_be_found_again_is_not_traded() -> None:
    has = dict.fromkeys(
        ("createOrder", "cancelOrder", "fetchOpenOrders", "fetchMyTrades", "fetchBalance"), True
    )
    assert missing_to_trade(has) == ["ask for an order"]
    assert missing_to_trade(has | {"fetchOrder": True}) == []
    assert missing_to_trade(has | {"fetchOrder": "emulated"}) == ["ask for an order"]
