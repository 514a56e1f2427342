"""Rows of orders and fills, made from what the journal says about them."""

from __future__ import annotations

from decimal import Decimal, localcontext

import msgspec

from tradewind.core.amendments import Pending, answered, is_outdated, pending_behind_query
from tradewind.core.order_lifecycle import Happening, next_state
from tradewind.model import messages as m
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units, parse_units
from tradewind.model.orders import OrderState
from tradewind.ports.records import DenialRow, FillRow, InstrumentRow, OrderRow, StrategyRow
from tradewind.runtime.held_rows import WORKED
from tradewind.runtime.kept_amendments import amend_denied, is_just_amended
from tradewind.runtime.parent_rows import child_filled, is_parent, order_at_venue
from tradewind.runtime.pending_rows import PendingRows
from tradewind.runtime.price_text import price_text

AVERAGE_DIGITS = 4
"""Digits an average price has more than the instrument's prices."""
_EXACT_DIGITS = 60
OF_OTHERS = ("not_own_order", "duplicate_id")
"""Rules by which somebody else was refused who named an order: it works on."""


def order_intended(rows: PendingRows, number: int, event: m.OrderIntended) -> None:
    """A new order; what names no strategy or instrument, or repeats an id, makes none."""
    strategy = rows.find(StrategyRow, event.strategy)
    instrument = rows.find(InstrumentRow, event.instrument)
    if strategy is None or instrument is None or rows.find(OrderRow, event.order_id) is not None:
        return
    rows.put(_order_of(number, event, strategy.strategy, strategy.account, instrument))


def order_submitted(rows: PendingRows, number: int, event: m.SubmitOrder) -> None:
    """Risk let it pass. An order that was a target has its first row here."""
    row = rows.find(OrderRow, event.order_id)
    instrument = rows.find(InstrumentRow, event.instrument)
    if instrument is None:
        return
    if row is None:
        strategy = strategy_of(event.order_id)
        row = _order_of(number, event, strategy, event.account, instrument)
    rows.put(
        msgspec.structs.replace(
            row,
            sequence=number,
            venue=event.venue,
            account=event.account,
            quantity=format_units(event.quantity, instrument.quantity_digits),
            limit_price=price_text(event.limit_price, instrument),
        )
    )


def order_denied(rows: PendingRows, number: int, event: m.OrderDenied) -> None:
    """Our risk refused a new order, or a change of one that works on."""
    row = rows.find(OrderRow, event.order_id)
    strategy = row.strategy if row is not None else strategy_of(event.order_id)
    rows.put(
        DenialRow(
            number, event.time_ns, event.order_id, strategy, event.rule, event.value, event.limit
        )
    )
    if row is None or not row.is_open or row.venue:
        return
    if row.state == WORKED or is_just_amended(row, number):
        amend_denied(rows, number, row)
    elif event.rule not in OF_OTHERS:
        _put(rows, number, event.time_ns, row, OrderState.DENIED, event.rule)


def order_held(rows: PendingRows, number: int, event: m.OrderHeld) -> None:
    """A parent, or an order whose type its venue lacks: its row says what the core does."""
    row = rows.find(OrderRow, event.order_id)
    if row is not None and row.is_open and not row.venue:
        state = WORKED if is_parent(row) else row.state
        held = {"sequence": number, "state": state, "reason": event.reason, "stated_quantity": ""}
        rows.put(msgspec.structs.replace(row, **held))


def held_ended(rows: PendingRows, number: int, event: m.HeldOrderEnded) -> None:
    """Such an order ended before it was sent."""
    row = rows.find(OrderRow, event.order_id)
    if row is not None and row.is_open and not row.venue:
        _put(rows, number, event.time_ns, row, OrderState.CANCELED, event.reason)


def order_accepted(rows: PendingRows, number: int, event: m.OrderAccepted) -> None:
    """The venue works it."""
    row = order_at_venue(rows, event.order_id)
    if row is not None:
        row = msgspec.structs.replace(row, venue_order_id=event.venue_order_id)
        _move(rows, number, event.time_ns, row, Happening.ACCEPTED)


def order_rejected(rows: PendingRows, number: int, event: m.OrderRejected) -> None:
    """The venue refused it."""
    row = order_at_venue(rows, event.order_id)
    if row is not None:
        _move(rows, number, event.time_ns, row, Happening.REJECTED, event.reason)


def order_ended(rows: PendingRows, number: int, event: m.OrderCanceled | m.OrderExpired) -> None:
    """It works no more; it waits for fills that the venue counts and we do not have."""
    known = _known(rows, event.order_id)
    if known is None:
        return
    row, instrument = known
    is_awaiting = row.state == OrderState.AWAITING_FILLS.name
    digits = instrument.quantity_digits
    filled = parse_units(row.filled_quantity, digits)
    stated = event.filled_quantity
    if stated > filled and row.is_open:
        row = msgspec.structs.replace(
            row,
            stated_quantity=format_units(stated, digits),
            ends_as=OrderState(next_state(OrderState.UNKNOWN, _ENDS[type(event)], 0)).name,
        )
        _move(rows, number, event.time_ns, row, Happening.FILLS_MISSING, event.reason)
    elif stated >= 0 or not is_awaiting:
        _move(rows, number, event.time_ns, row, _ENDS[type(event)], event.reason)


def order_unknown(rows: PendingRows, number: int, event: m.OrderUnknown) -> None:
    """Nobody knows."""
    row = order_at_venue(rows, event.order_id)
    if row is not None and row.is_open:
        _move(rows, number, event.time_ns, row, Happening.UNKNOWN, event.reason)


def cancel_sent(rows: PendingRows, number: int, event: m.CancelOrder) -> None:
    """A cancel is on its way."""
    row = order_at_venue(rows, event.order_id)
    if row is not None:
        _move(rows, number, event.time_ns, row, Happening.CANCEL_SENT)


def cancel_rejected(rows: PendingRows, number: int, event: m.CancelRejected) -> None:
    """It works on."""
    row = order_at_venue(rows, event.order_id)
    if row is not None:
        _move(rows, number, event.time_ns, row, Happening.CANCEL_REJECTED)


def amend_sent(rows: PendingRows, number: int, event: m.AmendOrder) -> None:
    """An amendment is on its way."""
    row = order_at_venue(rows, event.order_id)
    if row is not None:
        amends = _numbers_text((*_numbers(row), event.number))
        rows.put(
            msgspec.structs.replace(
                row, sequence=number, amends=amends, amends_sent=row.amends_sent + 1
            )
        )


def order_amended(rows: PendingRows, number: int, event: m.OrderAmended) -> None:
    """It works with other terms; filled beyond the new quantity it is done."""
    known = _known(rows, event.order_id)
    if known is None:
        return
    row, instrument = known
    if not row.is_open:
        row = _with_terms(row, instrument, event)
        rows.put(msgspec.structs.replace(row, sequence=number))
    elif (pending := answered(_numbers(row), event.number)) is not None:
        row = _with_terms(row, instrument, event)
        _settle(rows, number, event.time_ns, row, pending, Happening.AMENDED)


def order_restated(rows: PendingRows, number: int, event: m.OrderRestated) -> None:
    """The terms it works with, and the answer to amendments before the query."""
    known = _known(rows, event.order_id)
    if known is None:
        return
    row, instrument = known
    row = msgspec.structs.replace(row, sequence=number, venue_order_id=event.venue_order_id)
    if not row.is_open or is_outdated(_numbers(row), row.amends_sent, event.amends):
        rows.put(row)
        return
    pending = pending_behind_query(_numbers(row), event.amends)
    row = _with_terms(row, instrument, event)
    _settle(rows, number, event.time_ns, row, pending, Happening.ACCEPTED)


def amend_rejected(rows: PendingRows, number: int, event: m.AmendRejected) -> None:
    """It works with the old terms."""
    row = order_at_venue(rows, event.order_id)
    if row is None or not row.is_open:
        return
    pending = answered(_numbers(row), event.number)
    if pending is not None:
        _settle(rows, number, event.time_ns, row, pending, Happening.AMEND_REJECTED)


def order_filled(rows: PendingRows, number: int, event: m.OrderFilled) -> None:
    """One execution, posted once, also behind the end of its order."""
    known = _known(rows, event.order_id)
    if known is None:
        return
    row, instrument = known
    if rows.find(FillRow, event.order_id, event.fill_id) is not None:
        return
    fill = _fill_of(number, event, row, instrument)
    rows.put(fill)
    child_filled(rows, fill)
    digits = instrument.quantity_digits
    filled = parse_units(row.filled_quantity, digits) + event.quantity
    row = msgspec.structs.replace(row, filled_quantity=format_units(filled, digits))
    row = _with_average(row, fill, instrument.price_digits + AVERAGE_DIGITS)
    _move(rows, number, event.time_ns, row, _of_fill(row, filled, digits))


def strategy_of(order_id: str) -> str:
    """The strategy an order id of ours names, "" for a foreign one.

    >>> strategy_of("j0-cross-11"), strategy_of("order")
    ('cross', '')
    """
    parts = order_id.split("-")
    return parts[1] if len(parts) == 3 else ""


_ENDS = {
    m.OrderCanceled: Happening.CANCELED,
    m.OrderExpired: Happening.EXPIRED,
}


def _of_fill(row: OrderRow, filled: int, digits: int) -> Happening:
    is_full = filled >= parse_units(row.quantity, digits) and not row.amends
    is_awaiting = row.state == OrderState.AWAITING_FILLS.name
    if is_awaiting and filled < parse_units(row.stated_quantity, digits):
        return Happening.PARTIAL_FILL
    if is_full:
        return Happening.FULL_FILL
    return Happening[row.ends_as] if is_awaiting else Happening.PARTIAL_FILL


def _numbers(row: OrderRow) -> Pending:
    return tuple(map(int, row.amends.split()))


def _numbers_text(numbers: Pending) -> str:
    return " ".join(map(str, numbers))


def _with_terms(
    row: OrderRow, instrument: InstrumentRow, event: m.OrderAmended | m.OrderRestated
) -> OrderRow:
    return msgspec.structs.replace(
        row,
        quantity=format_units(event.quantity, instrument.quantity_digits),
        limit_price=price_text(event.limit_price, instrument) or row.limit_price,
        stop_price=price_text(event.stop_price, instrument) or row.stop_price,
    )


def _settle(
    rows: PendingRows,
    number: int,
    time_ns: int,
    row: OrderRow,
    pending: Pending,
    happening: Happening,
) -> None:
    row = msgspec.structs.replace(row, sequence=number, amends=_numbers_text(pending))
    if row.state == OrderState.AWAITING_FILLS.name:
        rows.put(row)
        return
    is_full = Decimal(row.filled_quantity) >= Decimal(row.quantity) and not pending
    _move(rows, number, time_ns, row, Happening.FULL_FILL if is_full else happening)


def _known(rows: PendingRows, order_id: str) -> tuple[OrderRow, InstrumentRow] | None:
    row = order_at_venue(rows, order_id)
    instrument = rows.find(InstrumentRow, row.instrument) if row is not None else None
    return None if row is None or instrument is None else (row, instrument)


def _order_of(
    number: int,
    terms: m.OrderIntended | m.SubmitOrder,
    strategy: str,
    account: str,
    instrument: InstrumentRow,
) -> OrderRow:
    zero = format_units(0, instrument.quantity_digits)
    return OrderRow(
        sequence=number,
        order_id=terms.order_id,
        strategy=strategy,
        account=account,
        venue="",
        instrument=terms.instrument,
        side=terms.side.name,
        type=terms.type.name,
        state=OrderState.PENDING_NEW.name,
        is_open=1,
        quantity=format_units(terms.quantity, instrument.quantity_digits),
        filled_quantity=zero,
        limit_price=price_text(terms.limit_price, instrument),
        stop_price=price_text(terms.stop_price, instrument),
        average_price="",
        filled_notional="0",
        time_in_force=terms.time_in_force.name,
        leg=terms.leg.name,
        venue_order_id="",
        reason="",
        intended_time_ns=terms.time_ns,
        changed_time_ns=terms.time_ns,
    )


def _fill_of(
    number: int, event: m.OrderFilled, order: OrderRow, instrument: InstrumentRow
) -> FillRow:
    return FillRow(
        sequence=number,
        order_id=event.order_id,
        fill_id=event.fill_id,
        time_ns=event.time_ns,
        account=order.account,
        strategy=order.strategy,
        instrument=order.instrument,
        side=order.side,
        price=format_units(event.price, instrument.price_digits),
        quantity=format_units(event.quantity, instrument.quantity_digits),
        fee=format_units(event.fee, currency_digits(event.fee_currency)),
        fee_currency=event.fee_currency,
        liquidity=_LIQUIDITY.get(event.liquidity, ""),
    )


_LIQUIDITY = {1: "MAKER", 2: "TAKER"}


def _with_average(order: OrderRow, fill: FillRow, digits: int) -> OrderRow:
    with localcontext() as context:
        context.prec = _EXACT_DIGITS
        notional = Decimal(order.filled_notional) + Decimal(fill.price) * Decimal(fill.quantity)
        average = notional / Decimal(order.filled_quantity)
        rounded = average.quantize(Decimal(1).scaleb(-digits))
    return msgspec.structs.replace(
        order, filled_notional=f"{notional:f}", average_price=f"{rounded:f}"
    )


def _move(
    rows: PendingRows,
    number: int,
    time_ns: int,
    row: OrderRow,
    happening: Happening,
    reason: str = "",
) -> None:
    has_fills = int(row.filled_notional != "0")
    state = OrderState(next_state(OrderState[row.state], happening, has_fills))
    _put(rows, number, time_ns, row, state, reason)


def _put(
    rows: PendingRows, number: int, time_ns: int, row: OrderRow, state: OrderState, reason: str
) -> None:
    rows.put(
        msgspec.structs.replace(
            row,
            sequence=number,
            state=state.name,
            is_open=int(state <= OrderState.UNKNOWN),
            reason=reason if state.name != row.state else row.reason,
            changed_time_ns=time_ns,
        )
    )
