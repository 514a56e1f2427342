"""Statements of a ledger: trial balance, cash by kind, positions, results by strategy."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tradewind.analysis.ledger import Entry, Ledger
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units, to_decimal

FIRST_KINDS = ("cash", "positions", "fees")
"""Accounts that stand first in a trial balance."""
RESULT_KINDS = frozenset(["cash", "positions", "capital", "conversion", "opening"])
"""Accounts that are no result: assets and what was brought in."""


class BalanceLine(msgspec.Struct, frozen=True):
    """One line of a trial balance: decimal text, "" on the other side."""

    account: str
    kind: str
    currency: str
    debit: str
    credit: str


class PositionLine(msgspec.Struct, frozen=True):
    """One position: decimal text; the cost is signed like the quantity."""

    account: str
    strategy: str
    instrument: str
    leg: str
    quantity: str
    cost: str
    average_price: str
    realized: str
    currency: str


class ResultLine(msgspec.Struct, frozen=True):
    """What a strategy (or the account itself, "") made of a kind; a gain is above zero."""

    account: str
    strategy: str
    kind: str
    currency: str
    amount: str


class Statement(msgspec.Struct, frozen=True):
    """A ledger at a sequence: its trial balance adds up to zero for each account and currency."""

    sequence: int
    trial_balance: list[BalanceLine]
    positions: list[PositionLine]
    results: list[ResultLine]


class Results:
    """Adds up, entry by entry, what each strategy made; give `take` to a ledger as its sink.

    >>> results = Results()
    >>> ledger = Ledger(results.take)
    """

    def __init__(self) -> None:
        self.totals: dict[tuple[str, str, str, str], int] = {}

    def take(self, entry: Entry) -> None:
        """One entry."""
        for (kind, currency), money in entry.postings.items():
            if kind not in RESULT_KINDS and entry.kind != "opening":
                key = (entry.account, entry.strategy, kind, currency)
                self.totals[key] = self.totals.get(key, 0) - money


def statement(ledger: Ledger, results: Results | None = None) -> Statement:
    """The statement of a ledger; without `results` they are added up from its entries.

    >>> from tradewind.model.messages import AccountOpened, CashDeposited
    >>> ledger = Ledger()
    >>> ledger.take(1, AccountOpened(0, "main", "USD"))
    >>> ledger.take(2, CashDeposited(0, "main", "USD", 5_000_000))
    >>> [(line.kind, line.debit, line.credit) for line in statement(ledger).trial_balance]
    [('cash', '5.000000', ''), ('capital', '', '5.000000')]
    """
    if results is None:
        results = Results()
        for entry in ledger.entries:
            results.take(entry)
    return Statement(
        ledger.sequence,
        list(trial_balance(ledger)),
        list(position_lines(ledger)),
        list(_result_lines(results)),
    )


def trial_balance(ledger: Ledger) -> Iterable[BalanceLine]:
    """Every balance that is not 0 on its side; debits and credits of a currency are equal."""
    for (account, kind, currency), money in sorted(ledger.balances.items(), key=_by_kind):
        text = format_units(abs(money), currency_digits(currency))
        if money == 0:
            continue
        if money > 0:
            yield BalanceLine(account, kind, currency, text, "")
        else:
            yield BalanceLine(account, kind, currency, "", text)


def is_balanced(ledger: Ledger) -> bool:
    """Whether the balances of each account and currency sum to zero."""
    totals: dict[tuple[str, str], int] = {}
    for (account, _, currency), money in ledger.balances.items():
        totals[account, currency] = totals.get((account, currency), 0) + money
    return not any(totals.values())


def position_lines(ledger: Ledger) -> Iterable[PositionLine]:
    """Positions that are not flat, and flat ones that realized something."""
    for (account, strategy, name, leg), position in sorted(ledger.positions.items()):
        if not position.quantity and not position.realized:
            continue
        instrument = ledger.markets[name].instrument
        digits = instrument.money_digits
        quantity = to_decimal(position.quantity, instrument.quantity_digits)
        units = quantity * instrument.multiplier
        average = to_decimal(position.cost, digits) / units if units else None
        yield PositionLine(
            account,
            strategy,
            name,
            {-1: "SHORT", 0: "NET", 1: "LONG"}[leg],
            f"{quantity:f}",
            format_units(position.cost, digits),
            "" if average is None else f"{average:.{instrument.price_digits + 2}f}",
            format_units(position.realized, digits),
            instrument.currency,
        )


def _result_lines(results: Results) -> Iterable[ResultLine]:
    for (account, strategy, kind, currency), money in sorted(results.totals.items()):
        text = format_units(money, currency_digits(currency))
        yield ResultLine(account, strategy, kind, currency, text)


def _by_kind(item: tuple[tuple[str, str, str], int]) -> tuple[str, str, int, str]:
    account, kind, currency = item[0]
    place = FIRST_KINDS.index(kind) if kind in FIRST_KINDS else len(FIRST_KINDS)
    return account, currency, place, kind
