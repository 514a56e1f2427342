"""Customers of the Alpaca venue: keys, cash, positions, orders and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from tradewind.venue.alpaca.order import Order
from tradewind.venue.alpaca.position import ZERO, Position
from tradewind.venue.equities.universe import Security

PATTERN_DAY_EQUITY = Decimal(25_000)
"""Below this an account may make three day trades in five sessions."""
MULTIPLIER_DAY = 4
MULTIPLIER_OVERNIGHT = 2
CONFIGURATIONS: dict[str, object] = {
    "dtbp_check": "entry",
    "fractional_trading": True,
    "max_margin_multiplier": "4",
    "no_shorting": False,
    "pdt_check": "entry",
    "suspend_trade": False,
    "trade_confirm_email": "all",
    "ptp_no_exception_entry": False,
    "max_options_trading_level": 0,
}


@dataclass(slots=True, eq=False)
class Customer:
    """One account of the venue with all that is in it."""

    name: str
    key: str
    secret: str = field(repr=False)
    cash: Decimal
    created_ns: int
    last_equity: Decimal = ZERO
    positions: dict[str, Position] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    """Every order by its id, the oldest first."""
    client_order_ids: dict[str, str] = field(default_factory=dict)
    """Order id by client order id; an id that was used once is never free again."""
    open_orders: dict[str, Order] = field(default_factory=dict)
    activities: list[dict[str, object]] = field(default_factory=list)
    day_trades: list[date] = field(default_factory=list)
    watchlists: dict[str, dict[str, object]] = field(default_factory=dict)
    configurations: dict[str, object] = field(default_factory=lambda: dict(CONFIGURATIONS))
    equity_curve: list[tuple[int, Decimal]] = field(default_factory=list)
    plan: str = "paid"
    is_revoked: bool = False
    is_blocked: bool = False

    def __post_init__(self) -> None:
        self.last_equity = self.last_equity or self.cash

    @property
    def id(self) -> str:
        """The account's id."""
        return str(uuid5(NAMESPACE_URL, f"tradewind:alpaca:{self.name}"))

    @property
    def number(self) -> str:
        """The account's number as people write it."""
        return "PA" + self.id.replace("-", "")[:10].upper()

    def position(self, security: Security) -> Position:
        """The position in a security, made on first use."""
        return self.positions.setdefault(security.symbol, Position(security))

    def held(self, symbol: str) -> Decimal:
        """Shares held, negative when short."""
        position = self.positions.get(symbol)
        return position.quantity if position is not None else ZERO

    def book(self, security: Security, quantity: Decimal, price: Decimal) -> None:
        """A fill, its quantity signed: shares against cash."""
        self.position(security).add(quantity, price)
        self.cash -= quantity * price
        if not self.positions[security.symbol].quantity:
            del self.positions[security.symbol]

    def open_of(self, symbol: str) -> list[Order]:
        """Open orders in a security, the oldest first."""
        return [each for each in self.open_orders.values() if each.security.symbol == symbol]

    def available(self, symbol: str) -> Decimal:
        """Shares of a long position that no open order sells yet."""
        return max(ZERO, self.held(symbol) - held_for_orders(self, symbol))


def held_for_orders(customer: Customer, symbol: str) -> Decimal:
    """Shares that open orders sell out of a position (buy back, of a short one).

    Of orders that end each other only one is counted; legs wait until their parent is filled.
    """
    held = customer.held(symbol)
    closing = -1 if held > 0 else 1
    return sum(
        (
            order.leaves
            for order in customer.open_of(symbol)
            if order.side == closing and order.parent is None
        ),
        ZERO,
    ) + sum(
        (
            max(leg.leaves for leg in order.legs)
            for order in customer.orders.values()
            if order.legs and order.security.symbol == symbol and exits_work(order)
        ),
        ZERO,
    )


def exits_work(order: Order) -> bool:
    """True where the legs of a filled bracket are all that is left of it."""
    return order.order_class in ("bracket", "oto") and any(
        leg.is_open and leg.status != "held" for leg in order.legs
    )
