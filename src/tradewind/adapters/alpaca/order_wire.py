"""The wire of Alpaca's orders: what is sent, an order as it stands, updates of the account stream.

Prices and quantities are decimal text in both directions. What an order does not have is null.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
from msgspec import field

from tradewind.model.errors import BadMessage

CLIENT_ID_LENGTH_MAX = 128
UPDATE_BYTES_MAX = 2**20


class TakeProfit(msgspec.Struct, frozen=True):
    """The leg of a bracket that takes the gain."""

    limit_price: str


class StopLoss(msgspec.Struct, frozen=True, omit_defaults=True):
    """The leg of a bracket that bounds the loss; with a limit price it is a stop-limit."""

    stop_price: str
    limit_price: str | None = None


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order as it is sent; exactly one of qty and notional stands.

    {"symbol":"AAPL","qty":"1.5","side":"buy","type":"limit","time_in_force":"day",
     "limit_price":"171.5","client_order_id":"j0-cross-11","order_class":"bracket",
     "take_profit":{"limit_price":"180"},"stop_loss":{"stop_price":"165"}}
    """

    symbol: str
    side: str
    type: str
    time_in_force: str
    client_order_id: str
    quantity: str | None = field(name="qty", default=None)
    notional: str | None = None
    limit_price: str | None = None
    stop_price: str | None = None
    trail_price: str | None = None
    trail_percent: str | None = None
    extended_hours: bool = False
    order_class: str = ""
    take_profit: TakeProfit | None = None
    stop_loss: StopLoss | None = None


class Replacement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Other terms for a working order, which becomes a new one; what is absent stays.

    {"qty":"4","limit_price":"3.14","client_order_id":"j0-cross-11~1"}
    """

    client_order_id: str
    quantity: str | None = field(name="qty", default=None)
    limit_price: str | None = None
    stop_price: str | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the venue has it.

    {"id":"61e69015-8549-4bfd-b9c3-01e75843f47d","client_order_id":"j0-cross-11",
     "created_at":"2021-03-16T18:38:01.942282Z","updated_at":"2021-03-16T18:38:01.942282Z",
     "submitted_at":"2021-03-16T18:38:01.937734Z","filled_at":null,"expired_at":null,
     "canceled_at":null,"failed_at":null,"replaced_at":null,"replaced_by":null,"replaces":null,
     "asset_id":"b0b6dd9d-8b9b-48a9-ba46-b9d54906e415","symbol":"AAPL","asset_class":"us_equity",
     "notional":null,"qty":"15","filled_qty":"0","filled_avg_price":null,"order_class":"",
     "order_type":"market","type":"market","side":"buy","time_in_force":"day","limit_price":null,
     "stop_price":null,"status":"accepted","extended_hours":false,"legs":null,
     "trail_percent":null,"trail_price":null,"hwm":null}
    """

    id: str
    client_order_id: str
    symbol: str
    side: str
    type: str
    status: str
    created_at: str
    asset_id: str = ""
    quantity: Decimal | None = field(name="qty", default=None)
    notional: Decimal | None = None
    filled_quantity: Decimal = field(name="filled_qty", default=Decimal(0))
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    legs: list[Order] | None = None


class TradeUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to an order; price, qty and position stand at executions only.

    {"stream":"trade_updates","data":{"event":"fill","execution_id":
     "2f63ea93-423d-4169-b3f6-3fdafc10c418","order":{...},"timestamp":
     "2019-08-06T17:27:06.411389836Z","price":"105.8988475","qty":"15","position_qty":"15"}}
    """

    event: str
    order: Order
    timestamp: str = ""
    price: Decimal | None = None
    quantity: Decimal | None = field(name="qty", default=None)


class Authorization(msgspec.Struct, frozen=True):
    """The answer to our keys.

    {"stream":"authorization","data":{"status":"authorized","action":"authenticate"}}
    """

    status: str


class Listening(msgspec.Struct, frozen=True):
    """What the stream sends from here on.

    {"stream":"listening","data":{"streams":["trade_updates"]}}
    """

    streams: list[str] = []


class OtherUpdate(msgspec.Struct, frozen=True):
    """A frame of a stream that is not read here."""

    stream: str


class _Outline(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = field(default_factory=msgspec.Raw)


AccountFrame = TradeUpdate | Authorization | Listening | OtherUpdate

_OUTLINE = msgspec.json.Decoder(_Outline)
_DECODERS: dict[str, Callable[[msgspec.Raw], AccountFrame]] = {
    "trade_updates": msgspec.json.Decoder(TradeUpdate).decode,
    "authorization": msgspec.json.Decoder(Authorization).decode,
    "listening": msgspec.json.Decoder(Listening).decode,
}


def decode_account_frame(raw: bytes) -> AccountFrame:
    """The frame of the account stream that the bytes are; `BadMessage` where they are none.

    >>> decode_account_frame(b'{"stream":"listening","data":{"streams":["trade_updates"]}}')
    Listening(streams=['trade_updates'])
    """
    if len(raw) > UPDATE_BYTES_MAX:
        raise BadMessage(f"an update of {len(raw)} bytes: at most {UPDATE_BYTES_MAX} are read")
    try:
        outline = _OUTLINE.decode(raw)
        decode = _DECODERS.get(outline.stream)
        return decode(outline.data) if decode else OtherUpdate(outline.stream)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(str(error)) from None
