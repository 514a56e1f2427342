"""Amendments of orders that the core keeps, parents and those it holds for their venue, in rows.

No venue answers them: other terms hold at once, unless the next record of the journal denies them.
"""

from __future__ import annotations

import msgspec

from tradewind.model import messages as m
from tradewind.model.numbers import format_units
from tradewind.ports.records import InstrumentRow, OrderRow
from tradewind.runtime.held_rows import WORKED
from tradewind.runtime.pending_rows import PendingRows
from tradewind.runtime.price_text import price_text


def is_kept(row: OrderRow) -> bool:
    """Whether the core has an order that no venue has: it says why."""
    return row.state == WORKED or bool(row.is_open and row.reason and not row.venue)


def amend_intended(rows: PendingRows, number: int, event: m.AmendIntended) -> None:
    """Take the terms that are wanted, and remember those of before."""
    row = rows.find(OrderRow, event.order_id)
    instrument = rows.find(InstrumentRow, row.instrument) if row is not None else None
    if row is None or instrument is None or not is_kept(row):
        return
    rows.put(
        msgspec.structs.replace(
            row,
            sequence=number,
            quantity=format_units(event.quantity, instrument.quantity_digits),
            limit_price=price_text(event.limit_price, instrument) or row.limit_price,
            stop_price=price_text(event.stop_price, instrument) or row.stop_price,
            changed_time_ns=event.time_ns,
            stated_quantity=f"{row.quantity} {row.limit_price} {row.stop_price}",
        )
    )


def is_just_amended(row: OrderRow, number: int) -> bool:
    """Whether the record before this one is an amendment of a kept order."""
    return row.sequence == number - 1 and bool(row.stated_quantity)


def amend_denied(rows: PendingRows, number: int, row: OrderRow) -> None:
    """Bring the terms of before back, where the record before was an amendment."""
    if is_just_amended(row, number):
        quantity, limit_price, stop_price = row.stated_quantity.split(" ")
        rows.put(
            msgspec.structs.replace(
                row,
                sequence=number,
                quantity=quantity,
                limit_price=limit_price,
                stop_price=stop_price,
                stated_quantity="",
            )
        )
