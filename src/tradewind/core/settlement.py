"""Settlement: when the proceeds of a sale may be used by a cash account."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tradewind.core.ledger import Wallet

if TYPE_CHECKING:
    from tradewind.core.state import Account

DAY_NS = 24 * 3600 * 10**9
EPOCH = date(1970, 1, 1).toordinal()
_MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday
_WEEK, _SATURDAY = 7, 5


def settlement_day(day: int, business_days: int, holidays: frozenset[int]) -> int:
    """The day, counted since 1970, so many business days behind another.

    >>> thursday = day_number("2024-12-19")
    >>> settlement_day(thursday, 1, frozenset()) - thursday
    1
    >>> settlement_day(thursday + 1, 1, frozenset()) - thursday  # over a weekend
    4
    """
    while business_days > 0:
        day += 1
        if (day + _MONDAY_OFFSET) % _WEEK < _SATURDAY and day not in holidays:
            business_days -= 1
    return day


def day_number(text: str) -> int:
    """Days since 1970 of a date; `ValueError` where it is none.

    >>> day_number("1970-01-02")
    1
    """
    return date.fromisoformat(text).toordinal() - EPOCH


def defer_settlement(account: Account, wallet: Wallet, proceeds: int, time_ns: int) -> None:
    """Note the proceeds of a sale that settle later, and forget what is settled by now."""
    margin: Any = account.margin
    if margin.settlement_days == 0:
        return
    today = time_ns // DAY_NS
    unsettled = {day: amount for day, amount in wallet.unsettled.items() if day > today}
    due = settlement_day(today, margin.settlement_days, margin.holidays)
    unsettled[due] = unsettled.get(due, 0) + proceeds
    wallet.unsettled = unsettled


def settled_cash(wallet: Wallet, time_ns: int) -> int:
    """Cash without the proceeds that are still to be settled.

    >>> wallet = Wallet("USD")
    >>> wallet.deposit(100)
    >>> wallet.unsettled = {1: 30}
    >>> settled_cash(wallet, 0), settled_cash(wallet, DAY_NS)
    (70, 100)
    """
    today = time_ns // DAY_NS
    return wallet.cash - sum(amount for day, amount in wallet.unsettled.items() if day > today)
