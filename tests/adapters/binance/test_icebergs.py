"""Icebergs as Binance spot takes them: the part that is shown, resting or post-only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.binance.trading_case import BTC, ETH_USDM, submit
from tradewind.adapters.binance.hosts import MarketKind
from tradewind.adapters.binance.order_parameters import Parameters, submit_parameters
from tradewind.core.native_icebergs import iceberg_of
from tradewind.model.orders import OrderFlag, OrderType, TimeInForce
from tradewind.ports.trading import Refused


def said(kind: MarketKind = "spot", **changes: Any) -> Parameters:
    instrument = BTC if kind == "spot" else ETH_USDM
    order = submit(instrument=instrument.id, quantity=300_000, limit_price=6_000_000, **changes)
    return submit_parameters(iceberg_of(order, 50_000), instrument, "BTCUSDT", kind)


def test_a_limit_order_says_which_part_is_shown() -> None:
    parameters = said()
    assert (parameters["type"], parameters["timeInForce"]) == ("LIMIT", "GTC")
    assert (parameters["quantity"], parameters["icebergQty"]) == ("0.003", "0.0005")


def test_a_post_only_iceberg_is_a_limit_maker_without_a_time() -> None:
    parameters = said(flags=OrderFlag.POST_ONLY)
    assert parameters["type"] == "LIMIT_MAKER"
    assert parameters["icebergQty"] == "0.0005"
    assert "timeInForce" not in parameters


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("spot", {"time_in_force": TimeInForce.IOC}, "icebergs as LIMIT with GTC only"),
        ("spot", {"type": OrderType.STOP_LIMIT}, "icebergs as LIMIT with GTC only"),
        ("usdm", {}, "it would show all of the order"),
    ],
)
def test_what_would_be_shown_whole_is_refused(
    kind: MarketKind, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        said(kind, **changes)
