"""Limits a trader sets: numbers that the checks of `core.risk` use."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, omit_defaults=True):
    """Limits of one scope; None leaves a check to the wider scope, or off.

    Amounts are decimal text in account currency, shares are decimal text of equity, quantities
    decimal text in the instrument's quantity, times nanoseconds. `risk_per_trade` is the share
    of equity that |entry - stop| x quantity may be; `position_notional` is `MAX_POSITION_SIZE`.
    `located` is what may be sold short by instrument, nothing of those it does not name. More than
    `fills` executions within `fills_ns` stop the scope until a person resumes it;
    `messages_per_fill` and `rejects_per_minute` count by whole days and minutes of UTC. Without
    `self_trade` no order may meet one of the same scope.

    >>> Limits(position_notional="10000").position_notional
    '10000'
    """

    order_quantity: str | None = None
    order_notional: str | None = None
    position_quantity: str | None = None
    position_notional: str | None = None
    gross_exposure: str | None = None
    net_exposure: str | None = None
    leverage: str | None = None
    concentration: str | None = None
    capital: str | None = None
    risk_per_trade: str | None = None
    price_collar: str | None = None
    stale_price_ns: int | None = None
    duplicate_ns: int | None = None
    orders_per_second: int | None = None
    open_orders: int | None = None
    allowed_instruments: tuple[str, ...] | None = None
    restricted_instruments: tuple[str, ...] = ()
    short_sale: bool = True
    located: dict[str, str] | None = None
    self_trade: bool = True
    fills: int | None = None
    fills_ns: int | None = None
    messages_per_fill: int | None = None
    rejects_per_minute: int | None = None


NONE = Limits()
"""No limit at all: what a backtest without `limits=` runs with, and says so."""
