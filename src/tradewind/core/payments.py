"""Payments of a venue that explain why money moved without an execution. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tradewind.core.reconcile import Difference, Scope, transfers_to
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units
from tradewind.model.venue_account import VenuePayment

BALANCE = "balance"


def is_unexplained(difference: Difference) -> bool:
    """Whether money moved by more than rounding, and nobody knows why yet."""
    return difference.kind == BALANCE


def explaining(
    difference: Difference, payments: Sequence[VenuePayment], *, dust: int
) -> list[VenuePayment]:
    """The newest payments that together make up a difference of a balance; [] where none do.

    `payments` are those that are not posted yet, the oldest first. Up to `dust` money units may be
    left, since the venue rounds otherwise. What makes up the difference in part explains nothing:
    somebody moved money as well, or one of them is posted already under another name.

    >>> moved = m.CashDeposited(0, "live", "USDT", -30)
    >>> told = Difference("balance", "USDT", "1", "0", events=(moved,))
    >>> rows = [VenuePayment(str(n), "USDT", n, "funding", "", n) for n in (-70, -20, -10)]
    >>> [each.amount for each in explaining(told, rows, dust=0)]
    [-20, -10]
    >>> explaining(told, rows[:2], dust=0)
    []
    """
    missing = _missing(difference)
    ours = [each for each in payments if each.currency == difference.subject]
    total = 0
    for number in range(len(ours) - 1, -1, -1):
        total += ours[number].amount
        if abs(missing - total) <= dust:
            return ours[number:]
    return []


def payment_differences(
    state: State, scope: Scope, payments: Iterable[VenuePayment]
) -> list[Difference]:
    """What books payments, each as the kind of income or cost that it is."""
    return [_difference(state, scope, each) for each in payments]


def _missing(difference: Difference) -> int:
    """By how much the venue has more than we, in money units."""
    total = 0
    for event in difference.events:
        if isinstance(event, m.CashDeposited):  # a transfer between venues adds nothing
            total += event.amount
    return total


def _difference(state: State, scope: Scope, payment: VenuePayment) -> Difference:
    instrument = payment.instrument if payment.instrument in state.market_numbers else ""
    posted = m.CashPosted(
        0,
        scope.account,
        payment.currency,
        payment.amount,
        payment.kind,
        instrument=instrument,
        reference=payment.payment_id,
    )
    transfers = transfers_to(state, scope, payment.currency, payment.amount)
    events: tuple[m.ControlEvent, ...] = (posted, *transfers)
    amount = format_units(payment.amount, currency_digits(payment.currency))
    theirs = f"{payment.kind} {amount} {payment.currency} {instrument}".rstrip()
    return Difference("payment", payment.payment_id, "nothing", theirs, events=events)
