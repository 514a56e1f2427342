"""Which of an account's money is at which venue, where the account has several.

The books are one: one account, its positions, its limits. What a venue says of its part is
compared with this. Money that no event puts elsewhere is at the first venue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.core.state import Account, State
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.numbers import MONEY_MAX

TRANSFER_MAX = MONEY_MAX // 4
VENUES_MAX = 20


def move_cash(account: Account, venue: str, currency: str, amount: int) -> None:
    """Count money that came in at a venue (or went out, negative)."""
    cash = account.venue_cash.get(venue)
    if cash is not None:
        cash[currency] = cash.get(currency, 0) + amount


def cash_at(account: Account, venue: str) -> dict[str, int]:
    """Money units by currency of what the account has at a venue."""
    elsewhere = account.venue_cash
    if venue in elsewhere:
        return dict(elsewhere[venue])
    return {
        currency: wallet.cash - sum(cash.get(currency, 0) for cash in elsewhere.values())
        for currency, wallet in account.wallets.items()
    }


def account_spread(state: State, event: m.AccountSpread) -> list[m.Decision]:
    """Count the money at each venue but the first from here on."""
    account = state.account(event.account)
    known = account.venue_cash
    account.venue_cash = {venue: known.get(venue, {}) for venue in event.venues[1:]}
    return []


def cash_transferred(state: State, event: m.CashTransferred) -> list[m.Decision]:
    """From the first venue to another one, or back where it is negative; the books stay."""
    move_cash(state.account(event.account), event.venue, event.currency, event.amount)
    return []


def _check_spread(state: State, event: m.AccountSpread) -> None:
    account = state.account(event.account)
    if not 0 < len(set(event.venues)) == len(event.venues) <= VENUES_MAX:
        raise UserError(f"an account has 1 to {VENUES_MAX} venues, each named once")
    left = [
        venue
        for venue, cash in account.venue_cash.items()
        if venue not in event.venues[1:] and any(cash.values())
    ]
    if left:
        raise UserError(
            f"account {event.account} has money at {left[0]}: it stays one of its venues"
        )


def _check_transferred(state: State, event: m.CashTransferred) -> None:
    account = state.account(event.account)
    if event.venue not in account.venue_cash:
        known = ", ".join(account.venue_cash) or "none beside its first"
        raise UserError(
            f"account {event.account} has no money at {event.venue!r}: known are {known}"
        )
    if abs(event.amount) > TRANSFER_MAX:
        raise UserError(f"{event.venue} cannot hold so much {event.currency}: 64 bits are over")


VENUE_CASH_CHECKS: dict[type, Callable[[State, Any], None]] = {
    m.AccountSpread: _check_spread,
    m.CashTransferred: _check_transferred,
}
VENUE_CASH_TRANSITIONS: dict[type, Callable[[State, Any], list[m.Decision]]] = {
    m.AccountSpread: account_spread,
    m.CashTransferred: cash_transferred,
}
