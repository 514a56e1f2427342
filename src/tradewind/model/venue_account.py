"""What a venue says of an account: open orders, balances, positions, executions.

The venue's side of a reconciliation. Prices and quantities are in the units of the instrument
named, money in the units of its currency (`currency_digits`), rounded down where the venue has
more digits. An instrument of "" is one that is not listed here: then `text` is what the venue
said and the numbers are 0.
"""

from __future__ import annotations

import msgspec

from tradewind.model.account_messages import EntryKind
from tradewind.model.orders import Leg, OrderType, Side


class VenueOrder(msgspec.Struct, frozen=True):
    """An order that works at the venue; `order_id` is the client's id, "" where it has none.

    `type` is None for one that we have no word for. Whether it is ours is told by its id.
    """

    order_id: str
    venue_order_id: str
    instrument: str
    side: Side
    type: OrderType | None
    quantity: int
    filled_quantity: int = 0
    limit_price: int = 0
    stop_price: int = 0
    text: str = ""


class VenueBalance(msgspec.Struct, frozen=True):
    """Money of one currency at the venue; `free` is what no open order or margin holds.

    Where contracts are margined, profit that is not taken yet may be free too, beyond `total`.
    """

    currency: str
    total: int
    free: int


class VenuePosition(msgspec.Struct, frozen=True):
    """A signed position at the venue; `average_price` is rounded to the instrument's units.

    `cost` is what a contract that is margined cost, in money units with the sign of the quantity:
    money that is still in the venue's wallet. 0 for what was paid for.
    """

    instrument: str
    quantity: int
    average_price: int = 0
    leg: Leg = Leg.NET
    text: str = ""
    cost: int = 0


class VenueFill(msgspec.Struct, frozen=True):
    """One execution as the venue remembers it; the fee is positive where we paid.

    `fill_id` is the one its `OrderFilled` carries on every way: reply, socket, query and here.
    `order_id` is the client's id, "" where the venue does not tell it with executions; then
    `venue_order_id` says which order it was.
    """

    fill_id: str
    order_id: str
    venue_order_id: str
    instrument: str
    side: Side
    price: int
    quantity: int
    fee: int
    fee_currency: str
    liquidity: int
    venue_time_ns: int


class VenuePayment(msgspec.Struct, frozen=True):
    """Money that came in (or went out, negative) without an execution; `kind` is the ledger's.

    `payment_id` is the venue's and stays the same; `instrument` is "" where it is of none that is
    listed here.
    """

    payment_id: str
    currency: str
    amount: int
    kind: EntryKind
    instrument: str
    venue_time_ns: int
