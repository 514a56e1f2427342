"""Taking the venue's word: which differences a person has seen and lets stand, and why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator

import msgspec

from tradewind.core.reconcile import HALT, Difference, adopted
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.orders import Leg
from tradewind.ports.journal import JournalReader, numbered
from tradewind.runtime.read_models import DifferenceRow

FILL = "fill_not_at_venue"

FindFill = Callable[[str, str], Awaitable[m.OrderFilled | None]]
"""Finds an execution by order id and fill id in the journal; None where it is not kept."""


class Seen(msgspec.Struct, frozen=True):
    """A difference as a person saw it: what the venue says now must still be the same."""

    kind: str
    subject: str
    theirs: str


class Acceptance(msgspec.Struct, frozen=True):
    """Differences that may stand, and why.

    >>> told = Difference("balance", "USDT", "100", "90")
    >>> accepted = Acceptance((Seen("balance", "USDT", "90"),), "a withdrawal (ann)")
    >>> accepted.of(told).kind, accepted.of(told).reason
    ('accepted_balance', "a person took the venue's word: a withdrawal (ann)")
    >>> accepted.of(Difference("balance", "USDT", "100", "80")).kind
    'balance'
    """

    seen: tuple[Seen, ...]
    why: str

    def of(self, difference: Difference) -> Difference:
        """The difference, adopted where it is one of those that were seen."""
        key = Seen(difference.kind, difference.subject, difference.theirs)
        if difference.rule != HALT or key not in self.seen:
            return difference
        return adopted(difference, "accepted", self.why)


def reversal(state: State, fill: m.OrderFilled) -> tuple[m.ControlEvent, ...]:
    """What takes an execution out of the books: its position, its money, its fee.

    The order keeps what it had been filled, as it happened; a profit that the position had made
    meanwhile stays realized.
    """
    order = state.orders[fill.order_id]
    book = state.strategies[order.strategy]
    market = state.markets[order.instrument]
    signed = -fill.quantity * order.side
    account = book.account.name
    notional = market.notional(fill.price, signed)
    events: list[m.ControlEvent] = [
        m.PositionTransferred(0, book.name, market.id, signed, fill.price, Leg(order.leg)),
        m.CashDeposited(0, account, market.currency, -notional),
    ]
    if fill.fee:
        events.append(m.CashDeposited(0, account, fill.fee_currency, fill.fee))
    if market.venue in book.account.venue_cash:
        deposits = [one for one in events if isinstance(one, m.CashDeposited)]
        for one in deposits:
            events.append(m.CashTransferred(0, account, market.venue, one.currency, one.amount))
    return tuple(events)


def find_fill(journal: JournalReader, order_id: str, fill_id: str) -> m.OrderFilled | None:
    """The execution as it was journaled."""
    for group in journal.groups():
        for _, record in numbered(group):
            if (
                isinstance(record, m.OrderFilled)
                and record.order_id == order_id
                and record.fill_id == fill_id
            ):
                return record
    return None


def halting(rows: Iterable[DifferenceRow], venue: str) -> Iterator[DifferenceRow]:
    """The differences with a venue that keep it halted."""
    return (row for row in rows if row["rule"] == HALT and row["venue"] == venue)


def seen_of(rows: Iterable[DifferenceRow]) -> tuple[Seen, ...]:
    """Rows as what was seen."""
    return tuple(Seen(row["kind"], row["subject"], row["theirs"]) for row in rows)


def check_accepted(rows: Iterable[DifferenceRow]) -> list[DifferenceRow]:
    """The rows that a person's word let stand; `UserError` where there are none."""
    accepted = [row for row in rows if row["kind"].startswith("accepted_")]
    if not accepted:
        raise UserError(
            "nothing differs any more as it was seen: look at tradewind status and say it again"
        )
    return accepted
