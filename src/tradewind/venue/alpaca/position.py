"""Positions of an account at the Alpaca venue."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tradewind.venue.alpaca.numbers import plain
from tradewind.venue.equities.universe import Security

ZERO = Decimal(0)
FRACTION = Decimal("0.0000000001")


class Position(msgspec.Struct, eq=False):
    """Shares held, negative when short; `cost` is what they were opened for, of the same sign."""

    security: Security
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    opened_today: Decimal = ZERO
    session_day: int = 0

    @property
    def average_price(self) -> Decimal:
        """The mean price of what is held."""
        return self.cost / self.quantity if self.quantity else ZERO

    def add(self, quantity: Decimal, price: Decimal) -> None:
        """Book a fill, its quantity signed; what closes goes out at the average price.

        >>> position = Position(None)
        >>> position.add(Decimal(10), Decimal(5)); position.add(Decimal(-4), Decimal(9))
        >>> position.quantity, position.cost
        (Decimal('6'), Decimal('30'))
        """
        if self.quantity * quantity >= 0:
            self.cost += quantity * price
            self.quantity += quantity
            return
        closed = min(abs(quantity), abs(self.quantity))
        sign = 1 if quantity > 0 else -1
        self.cost += self.average_price * closed * sign
        self.quantity += closed * sign
        opened = quantity - closed * sign
        if opened:
            self.cost += opened * price
            self.quantity += opened


def position_payload(
    position: Position, *, price: Decimal, lastday_price: Decimal, available: Decimal
) -> dict[str, object]:
    """A position as the venue shows it; shorts have a negative quantity and value."""
    value = position.quantity * price
    profit = value - position.cost
    change = price / lastday_price - 1 if lastday_price else ZERO
    # A position that was opened today has earned since it was opened, an older one since yesterday.
    is_older = position.quantity != position.opened_today
    day_profit = position.quantity * (price - lastday_price) if is_older else profit
    basis = abs(position.cost)
    security = position.security
    return {
        "asset_id": security.id,
        "symbol": security.symbol.replace("/", ""),
        "exchange": security.exchange,
        "asset_class": security.asset_class,
        "asset_marginable": not security.is_crypto,
        "avg_entry_price": plain(position.average_price.quantize(FRACTION)),
        "qty": plain(position.quantity),
        "qty_available": plain(available),
        "side": "long" if position.quantity > 0 else "short",
        "market_value": plain(value),
        "cost_basis": plain(position.cost.quantize(FRACTION)),
        "unrealized_pl": plain(profit.quantize(FRACTION)),
        "unrealized_plpc": plain((profit / basis if basis else ZERO).quantize(FRACTION)),
        "unrealized_intraday_pl": plain(day_profit.quantize(FRACTION)),
        "unrealized_intraday_plpc": plain(
            (day_profit / basis if basis else ZERO).quantize(FRACTION)
        ),
        "current_price": plain(price),
        "lastday_price": plain(lastday_price),
        "change_today": plain(change.quantize(FRACTION)),
    }
