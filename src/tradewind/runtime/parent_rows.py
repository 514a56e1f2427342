"""Rows of parents: orders that the core works with children, which have rows of their own.

A parent's type is its algorithm. Its notional stays 0 and its average price "", so that who adds up
the notionals of orders counts each fill once.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tradewind.model import messages as m
from tradewind.model.algorithm_messages import Algorithm
from tradewind.model.numbers import format_units
from tradewind.model.orders import OrderState, TimeInForce
from tradewind.ports.records import FillRow, InstrumentRow, OrderRow, StrategyRow
from tradewind.runtime.held_rows import WORKED
from tradewind.runtime.pending_rows import PendingRows
from tradewind.runtime.price_text import price_text


def parent_intended(rows: PendingRows, number: int, event: m.AlgorithmIntended) -> None:
    """A new parent; what names no strategy or instrument, or repeats an id, makes none."""
    strategy = rows.find(StrategyRow, event.strategy)
    instrument = rows.find(InstrumentRow, event.instrument)
    if strategy is None or instrument is None or rows.find(OrderRow, event.order_id) is not None:
        return
    rows.put(parent_of(number, event, strategy.account, instrument))


def parent_of(
    number: int, terms: m.AlgorithmIntended, account: str, instrument: InstrumentRow
) -> OrderRow:
    """The row of a parent of which nothing is known but what was wanted."""
    return OrderRow(
        sequence=number,
        order_id=terms.order_id,
        strategy=terms.strategy,
        account=account,
        venue="",
        instrument=instrument.instrument,
        side=terms.side.name,
        type=terms.algorithm.name,
        state=OrderState.PENDING_NEW.name,
        is_open=1,
        quantity=format_units(terms.quantity, instrument.quantity_digits),
        filled_quantity=format_units(0, instrument.quantity_digits),
        limit_price=price_text(terms.limit_price, instrument),
        stop_price="",
        average_price="",
        filled_notional="0",
        time_in_force=TimeInForce.GTC.name,
        leg=terms.leg.name,
        venue_order_id="",
        reason="",
        intended_time_ns=terms.time_ns,
        changed_time_ns=terms.time_ns,
    )


def is_parent(row: OrderRow) -> bool:
    """Whether a row is a parent's."""
    return row.type in Algorithm.__members__


def order_at_venue(rows: PendingRows, order_id: str) -> OrderRow | None:
    """The row of an order that a venue may know; it never hears of parents."""
    row = rows.find(OrderRow, order_id)
    return None if row is None or is_parent(row) else row


def child_filled(rows: PendingRows, fill: FillRow) -> None:
    """A parent has filled what its children have.

    The sequence stays, for the child's row has this one: two rows of one sequence could fall on
    two sides of a page's end, and the second of them be left out.
    """
    parent_id, dot, _ = fill.order_id.rpartition(".")
    row = rows.find(OrderRow, parent_id) if dot else None
    if row is not None and is_parent(row):
        filled = Decimal(row.filled_quantity) + Decimal(fill.quantity)
        rows.put(
            msgspec.structs.replace(
                row, filled_quantity=f"{filled:f}", changed_time_ns=fill.time_ns
            )
        )


def parent_ended(rows: PendingRows, number: int, event: m.ParentEnded) -> None:
    """A parent is over: FILLED, or CANCELED with the reason."""
    row = rows.find(OrderRow, event.order_id)
    instrument = rows.find(InstrumentRow, row.instrument) if row is not None else None
    if row is None or instrument is None or row.state != WORKED:
        return
    filled = format_units(event.filled_quantity, instrument.quantity_digits)
    is_full = Decimal(filled) >= Decimal(row.quantity)
    rows.put(
        msgspec.structs.replace(
            row,
            sequence=number,
            state=(OrderState.FILLED if is_full else OrderState.CANCELED).name,
            is_open=0,
            filled_quantity=filled,
            reason=event.reason,
            changed_time_ns=event.time_ns,
            stated_quantity="",
        )
    )
