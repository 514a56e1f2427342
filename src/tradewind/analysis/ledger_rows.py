"""The ledger as rows of a table: one row a posting, for CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tradewind.analysis.ledger import Entry, Ledger
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units

COLUMNS = (
    "sequence",
    "time_ns",
    "kind",
    "account",
    "strategy",
    "instrument",
    "ledger_account",
    "currency",
    "amount",
    "quantity",
    "price",
    "reference",
)
"""Names of the columns; amounts are signed decimal text, debits positive."""

PostingRow = tuple[int, int, str, str, str, str, str, str, str, str, str, str]


def posting_rows(entries: Iterable[Entry], ledger: Ledger) -> Iterator[PostingRow]:
    """A row for each posting; quantity and price stand with every posting of their entry."""
    for entry in entries:
        quantity = price = ""
        if entry.instrument and entry.quantity:
            instrument = ledger.markets[entry.instrument].instrument
            quantity = format_units(entry.quantity, instrument.quantity_digits)
            price = format_units(entry.price, instrument.price_digits) if entry.price else ""
        for (kind, currency), money in entry.postings.items():
            yield (
                entry.number,
                entry.time_ns,
                entry.kind,
                entry.account,
                entry.strategy,
                entry.instrument,
                kind,
                currency,
                format_units(money, currency_digits(currency)),
                quantity,
                price,
                entry.reference,
            )
