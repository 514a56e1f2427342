"""Payloads of Alpaca as documented, and the listings they are of."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from tradewind.adapters.alpaca.account_wire import Asset
from tradewind.adapters.alpaca.instruments import Listing, listing_of
from tradewind.adapters.alpaca.order_wire import TradeUpdate
from tradewind.model import messages as m
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce

APPLE: Listing = listing_of(
    Asset(
        id="b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
        kind="us_equity",
        symbol="AAPL",
        status="active",
        tradable=True,
        fractionable=True,
    )
)
BITCOIN: Listing = listing_of(
    Asset(
        id="276e2673-764b-4ab6-a611-caf665ca6340",
        kind="crypto",
        symbol="BTC/USD",
        status="active",
        tradable=True,
        fractionable=True,
        quantity_step=Decimal("0.000000001"),
        price_step=Decimal("0.01"),
    )
)

Fields = dict[str, Any]

ORDER: Fields = {
    "id": "61e69015-8549-4bfd-b9c3-01e75843f47d",
    "client_order_id": "j0-cross-11",
    "created_at": "2021-03-16T18:38:01.942282Z",
    "updated_at": "2021-03-16T18:38:01.942282Z",
    "submitted_at": "2021-03-16T18:38:01.937734Z",
    "filled_at": None,
    "replaced_by": None,
    "replaces": None,
    "asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
    "symbol": "AAPL",
    "asset_class": "us_equity",
    "notional": None,
    "qty": "15",
    "filled_qty": "0",
    "filled_avg_price": None,
    "order_class": "",
    "order_type": "limit",
    "type": "limit",
    "side": "buy",
    "time_in_force": "day",
    "limit_price": "171.55",
    "stop_price": None,
    "status": "new",
    "extended_hours": False,
    "legs": None,
    "hwm": None,
}

EXECUTION: Fields = {
    "id": "20220202135509981::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e",
    "activity_type": "FILL",
    "transaction_time": "2022-02-02T18:55:09.981482Z",
    "type": "fill",
    "price": "171.5",
    "qty": "2",
    "side": "buy",
    "symbol": "AAPL",
    "leaves_qty": "13",
    "order_id": ORDER["id"],
    "cum_qty": "2",
    "order_status": "partially_filled",
}


def limit_order(**changes: Any) -> m.SubmitOrder:
    """A command to buy 15 shares of Apple at 171.55 today."""
    command = m.SubmitOrder(
        0,
        "j0-cross-11",
        "main",
        "ALPACA",
        "AAPL.ALPACA",
        Side.BUY,
        150_000,
        OrderType.LIMIT,
        1_715_500,
        0,
        TimeInForce.DAY,
        OrderFlag.NONE,
        0,
        Leg.NET,
    )
    return msgspec.structs.replace(command, **changes)


def as_json(*frames: Fields) -> bytes:
    """A message of the data stream."""
    return msgspec.json.encode(frames)


def as_msgpack(*frames: Fields) -> bytes:
    """The same as MessagePack, its times as Timestamp."""
    with_times = [{k: _instant(v) if k == "t" else v for k, v in frame.items()} for frame in frames]
    return msgspec.msgpack.encode(with_times)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def update(event: str, order: dict[str, Any], **more: Any) -> TradeUpdate:
    return msgspec.convert({"event": event, "order": order, **more}, TradeUpdate, strict=False)
