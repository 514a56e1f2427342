"""Positions against margin: what contracts need, earn and cost an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from tradewind.venue.accounts import Account
from tradewind.venue.listing import Listing
from tradewind.venue.orders import BUY, ZERO, Fill, Order

LEVERAGE_DEFAULT = 20
BOTH, LONG, SHORT = "BOTH", "LONG", "SHORT"


@dataclass(slots=True)
class Position:
    """What an account holds of a contract: signed quantity, and what it cost.

    >>> from tradewind.venue.orders import SELL
    >>> position = Position("BTCUSDT", BOTH)
    >>> position.trade(BUY, Decimal(2), Decimal(100))
    Decimal('0')
    >>> position.trade(SELL, Decimal(1), Decimal(110))
    Decimal('10')
    >>> position.quantity, position.entry_price
    (Decimal('1'), Decimal('100'))
    """

    symbol: str
    side: str
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    updated_ns: int = 0

    @property
    def entry_price(self) -> Decimal:
        """The mean price of what is held; 0 of nothing."""
        return self.cost / self.quantity if self.quantity else ZERO

    def profit_at(self, price: Decimal) -> Decimal:
        """What it would earn at a price."""
        return self.quantity * price - self.cost

    def trade(self, side: int, quantity: Decimal, price: Decimal) -> Decimal:
        """Take a trade in; the profit of what it closed."""
        held = abs(self.quantity)
        if not held or (self.quantity > 0) == (side == BUY):
            self.quantity += side * quantity
            self.cost += side * quantity * price
            return ZERO
        closed = min(held, quantity)
        released = self.cost * closed / held
        profit = -side * closed * price - released
        self.quantity += side * closed
        self.cost -= released
        if quantity > closed:
            self.trade(side, quantity - closed, price)
        self.realised += profit
        return profit


@dataclass(slots=True)
class MarginBook:
    """An account's positions and settings."""

    is_hedged: bool = False
    leverage: dict[str, int] = field(default_factory=dict)
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)

    def position(self, symbol: str, side: str) -> Position:
        """A position, made on first use."""
        key = symbol, side
        if key not in self.positions:
            self.positions[key] = Position(symbol, side)
        return self.positions[key]

    def leverage_of(self, symbol: str) -> int:
        """The leverage chosen for a symbol."""
        return self.leverage.get(symbol, LEVERAGE_DEFAULT)


class MarginClearing:
    """One margin asset for all contracts, crossed: profit and loss stand behind every position.

    A balance's `free` and `locked` together are the wallet; `locked` is the margin of open orders.
    Liquidation does not happen here.
    """

    def __init__(self, asset: str, mark: Callable[[str], Decimal]) -> None:
        self.asset = asset
        self.mark = mark
        self.books: dict[str, MarginBook] = {}
        self.fees = ZERO

    def book(self, account: str) -> MarginBook:
        """An account's positions and settings."""
        return self.books.setdefault(account, MarginBook())

    def unrealised(self, account: str) -> Decimal:
        """What all positions would earn now."""
        positions = self.book(account).positions.values()
        return sum((each.profit_at(self.mark(each.symbol)) for each in positions), ZERO)

    def position_margin(self, account: str, symbol: str | None = None) -> Decimal:
        """The initial margin of the positions at the mark price, of one symbol or of all."""
        book = self.book(account)
        return sum(
            (
                abs(each.quantity) * self.mark(each.symbol) / book.leverage_of(each.symbol)
                for each in book.positions.values()
                if symbol in (None, each.symbol)
            ),
            ZERO,
        )

    def available(self, account: Account) -> Decimal:
        """What new orders may use."""
        free = account.balance(self.asset).free
        return free + self.unrealised(account.name) - self.position_margin(account.name)

    def closable(self, order: Order) -> Decimal:
        """How much of the position an order could close."""
        held = self.book(order.account).position(order.symbol, order.position_side).quantity
        if order.position_side == SHORT:
            held = min(held, ZERO)
        elif order.position_side == LONG:
            held = max(held, ZERO)
        return abs(held) if held * order.side < 0 else ZERO

    def reserve(self, account: Account, order: Order, listing: Listing, cost: Decimal) -> str:
        """Set the margin of what the order would open aside."""
        closable = self.closable(order)
        is_closing = order.is_reduce_only or (
            order.position_side != BOTH and (order.position_side == LONG) != (order.side == BUY)
        )
        if is_closing and not closable:
            return "reduce_only"
        if is_closing:
            order.quantity = min(order.quantity, order.filled + closable)
        opening = max(ZERO, order.leaves - closable)
        if not opening:
            return ""
        leverage = self.book(account.name).leverage_of(listing.symbol)
        margin = cost * opening / order.leaves / leverage
        if self.available(account) < margin:
            return "insufficient_margin"
        balance = account.balance(self.asset)
        balance.free -= margin
        balance.locked += margin
        order.locked += margin
        return ""

    def release(self, account: Account, order: Order, listing: Listing) -> None:
        """Give back the margin of an order."""
        balance = account.balance(self.asset)
        balance.locked -= order.locked
        balance.free += order.locked
        order.locked = ZERO

    def settle(self, account: Account, order: Order, listing: Listing, fill: Fill) -> Iterable[str]:
        """Move the position; profit and fee go to the wallet."""
        balance = account.balance(self.asset)
        part = order.locked * fill.quantity / order.leaves
        order.locked -= part
        balance.locked -= part
        position = self.book(account.name).position(order.symbol, order.position_side)
        fill.profit = position.trade(order.side, fill.quantity, fill.price)
        position.updated_ns = fill.time_ns
        rate = account.maker_fee if fill.is_maker else account.taker_fee
        fill.fee, fill.fee_asset = fill.value * rate, self.asset
        self.fees += fill.fee
        balance.free += part + fill.profit - fill.fee
        return self.asset, position_name(position)

    def reverse(
        self, account: Account, order: Order, listing: Listing, fill: Fill
    ) -> Iterable[str]:
        """Trade the other way at the same price, and give the fee back."""
        position = self.book(account.name).position(order.symbol, order.position_side)
        profit = position.trade(-order.side, fill.quantity, fill.price)
        account.balance(self.asset).free += profit + fill.fee
        self.fees -= fill.fee
        return self.asset, position_name(position)


def position_name(position: Position) -> str:
    """A position's name among the assets that changed: `BTCUSDT|BOTH`."""
    return f"{position.symbol}|{position.side}"
