"""The ledger as Beancount's text: plain accounts, one transaction an entry, balances at the end.

Written by Beancount's language syntax (https://beancount.github.io/docs/). Money is posted in its
currency, positions at their cost; the quantity stands beside it as a commodity of its own, held
against `Equity:...:Units`, so that every transaction sums to zero in money and in units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from tradewind.analysis.ledger import Entry, Ledger
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units

ROOTS = {
    "cash": "Assets",
    "positions": "Assets",
    "fees": "Expenses",
    "borrow": "Expenses",
    "tax": "Expenses",
    "capital": "Equity",
    "conversion": "Equity",
    "correction": "Equity",
}
"""Where an account of the ledger stands; all others are income."""
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9-]")
_NOT_A_COMMODITY = re.compile(r"[^A-Z0-9._-]")
_SECOND_NS = 10**9


def beancount_lines(entries: Iterable[Entry], ledger: Ledger) -> Iterator[str]:
    """Lines of a file that `bean-check` accepts; `ledger` has folded all the entries.

    Accounts are opened with their first posting. Balances at the end are asserted on the day
    behind the last entry, so that a lost or changed transaction is found.
    """
    yield 'option "title" "tradewind"\n'
    opened: set[str] = set()
    last = date(1970, 1, 1)
    for entry in entries:
        last = max(last, _day(entry.time_ns))
        for name in _names(entry):
            if name not in opened:
                opened.add(name)
                yield f"{last} open {name}\n"
        yield from _transaction(entry, last, ledger)
    for (account, kind, currency), money in sorted(ledger.balances.items()):
        text = format_units(money, currency_digits(currency))
        name = account_name(account, kind)
        if name in opened:
            yield f"{last + timedelta(1)} balance {name}  {text} {commodity(currency)}\n"


def account_name(account: str, kind: str) -> str:
    """Beancount's name of an account of the ledger.

    >>> account_name("main", "funding"), account_name("my_account", "cash")
    ('Income:Main:Funding', 'Assets:My-account:Cash')
    """
    root = ROOTS.get(kind, "Equity" if kind == "units" else "Income")
    if kind == "holdings":
        root = "Assets"
    return f"{root}:{_component(account)}:{_component(kind)}"


def commodity(name: str) -> str:
    """Beancount's name of a currency or an instrument.

    >>> commodity("USD"), commodity("BTC/USDT.BINANCE"), commodity("1INCH/USDT.SIM")
    ('USD', 'BTC-USDT.BINANCE', 'X1INCH-USDT.SIM')
    """
    text = _NOT_A_COMMODITY.sub("-", name.upper())
    text = text if text[0].isalpha() else "X" + text
    return text if len(text) > 1 else text + "X"


def _component(text: str) -> str:
    named = _NOT_A_NAME.sub("-", text).lstrip("-") or "X"
    return named[0].upper() + named[1:]


def _names(entry: Entry) -> list[str]:
    names = [account_name(entry.account, kind) for kind, _ in entry.postings]
    if entry.quantity:
        names += [account_name(entry.account, "holdings"), account_name(entry.account, "units")]
    return names


def _transaction(entry: Entry, day: date, ledger: Ledger) -> Iterator[str]:
    words = " ".join(filter(None, (entry.kind, entry.instrument, entry.reference)))
    yield f'{day} * "{_quoted(entry.strategy or entry.account)}" "{_quoted(words)}"\n'
    yield f"  sequence: {entry.number}\n"
    yield f'  time: "{_time(entry.time_ns)}"\n'
    for (kind, currency), money in entry.postings.items():
        text = format_units(money, currency_digits(currency))
        yield f"  {account_name(entry.account, kind)}  {text} {commodity(currency)}\n"
    if entry.quantity:
        instrument = ledger.markets[entry.instrument].instrument
        unit = commodity(entry.instrument)
        for kind, sign in (("holdings", 1), ("units", -1)):
            text = format_units(sign * entry.quantity, instrument.quantity_digits)
            yield f"  {account_name(entry.account, kind)}  {text} {unit}\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _time(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, _SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d}"


def _day(time_ns: int) -> date:
    return datetime.fromtimestamp(time_ns // _SECOND_NS, UTC).date()
