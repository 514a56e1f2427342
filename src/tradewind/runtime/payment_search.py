"""The search for payments behind money that moved: which the venue names, which are posted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from tradewind.core.payments import explaining, is_unexplained, payment_differences
from tradewind.core.reconcile import Difference, Scope
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.venue_account import VenuePayment
from tradewind.ports.journal import JournalReader, numbered

FindPosted = Callable[[frozenset[str]], Awaitable[frozenset[str]]]
"""Finds out of references of payments those that the journal has already."""
AskPayments = Callable[[int], Awaitable[list[VenuePayment]]]
"""Asks the venue for its payments since a time."""


class PaymentSearch:
    """Explains balances that differ; `agreed_ns` is when money agreed for the last time.

    Payments of before that are in our books, one way or the other. The journal tells which of
    the later ones are posted: it is asked only where money differs.
    """

    def __init__(self, ask: AskPayments, find_posted: FindPosted, since_ns: int) -> None:
        self.agreed_ns = since_ns
        self._ask = ask
        self._find_posted = find_posted

    async def explain(
        self, state: State, scope: Scope, found: list[Difference], *, overlap_ns: int, dust: int
    ) -> list[Difference]:
        """The differences, those that payments explain replaced by what books these."""
        if not any(map(is_unexplained, found)):
            return found
        payments = await self._ask(max(0, self.agreed_ns - overlap_ns))
        posted = await self._find_posted(frozenset(each.payment_id for each in payments))
        fresh = [each for each in payments if each.payment_id not in posted]
        left: list[Difference] = []
        for difference in found:
            because = explaining(difference, fresh, dust=dust) if is_unexplained(difference) else []
            left += payment_differences(state, scope, because) or [difference]
        return left


def find_posted(journal: JournalReader, references: frozenset[str]) -> frozenset[str]:
    """Those references that payments in the journal bear."""
    return frozenset(_references(journal) if references else ()) & references


def _references(journal: JournalReader) -> Iterable[str]:
    for group in journal.groups():
        for _, record in numbered(group):
            if isinstance(record, m.CashPosted):
                yield record.reference
