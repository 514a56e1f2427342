"""An order as the local venue keeps it, from acceptance to its last state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

BUY = 1
SELL = -1
ZERO = Decimal(0)


class Status(StrEnum):
    """Where an order is in its life at the venue."""

    PENDING_NEW = "PENDING_NEW"
    """A leg of a list that waits for another leg."""
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"
    REJECTED = "REJECTED"


OPEN = frozenset({Status.PENDING_NEW, Status.NEW, Status.PARTIALLY_FILLED})


class Lifetime(StrEnum):
    """How long an order works."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    DAY = "DAY"
    GTD = "GTD"


@dataclass(slots=True)
class Fill:
    """One execution of one order; a trade between two accounts is one fill of each."""

    trade_id: int
    order_id: int
    price: Decimal
    quantity: Decimal
    time_ns: int
    is_maker: bool = False
    fee: Decimal = ZERO
    fee_asset: str = ""
    profit: Decimal = ZERO
    """Realised profit, of venues that keep positions."""
    is_busted: bool = False
    counterparty: int = 0
    """Order id of the other side; 0 where that is the market."""

    @property
    def value(self) -> Decimal:
        """Price times quantity."""
        return self.price * self.quantity


@dataclass(slots=True, eq=False)
class Order:
    """An order and how far it is. `price` is None for a market order.

    `stop_price` holds the order back until the last price reaches it from the side
    `stops_above` says; `trailing_share` moves that price behind the best since (0.01 is 1 %).
    `quote_quantity` spends money instead of a quantity. `wire` is the protocol's own: what it
    has to say again about the order, as the type's name or a strategy number.
    """

    id: int
    client_id: str
    account: str
    symbol: str
    side: int
    quantity: Decimal
    price: Decimal | None = None
    lifetime: Lifetime = Lifetime.GTC
    quote_quantity: Decimal | None = None
    stop_price: Decimal | None = None
    stops_above: bool = False
    trailing_share: Decimal | None = None
    trailing_extreme: Decimal | None = None
    visible: Decimal | None = None
    is_post_only: bool = False
    is_reduce_only: bool = False
    position_side: str = "BOTH"
    self_trade: str = "NONE"
    expire_ns: int = 0
    list_id: int = -1
    wire: dict[str, Any] = field(default_factory=dict)
    status: Status = Status.NEW
    reason: str = ""
    created_ns: int = 0
    updated_ns: int = 0
    working_ns: int = 0
    """When it came into the book or was triggered; 0 while it is held back."""
    filled: Decimal = ZERO
    value: Decimal = ZERO
    """Sum of price times quantity of the fills."""
    fills: list[Fill] = field(default_factory=list)
    queue_ahead: Decimal = ZERO
    """How much of the market stands before it at its price."""
    locked: Decimal = ZERO
    """What of the account is set aside for the rest of it."""
    tip: Decimal = ZERO
    """What is shown now of an iceberg and not filled yet."""
    is_resting: bool = False
    before_work: Callable[[int], None] | None = None
    """Called with the time before a held order begins to work: its list ends the other leg."""
    is_unpaid: bool = False
    """Nothing is set aside for it until it works, since another leg of its list has paid."""

    @property
    def leaves(self) -> Decimal:
        """What is still to be filled."""
        return self.quantity - self.filled

    @property
    def is_open(self) -> bool:
        """True until its last state."""
        return self.status in OPEN

    @property
    def is_held(self) -> bool:
        """True while it waits for its stop price or for another leg."""
        return self.is_open and not self.working_ns
