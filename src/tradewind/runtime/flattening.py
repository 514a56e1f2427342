"""Flattening an account: the cancels, and the orders that close what each book holds."""

from __future__ import annotations

from collections.abc import Iterator

from tradewind.core.positions import Position
from tradewind.core.state import Account, State, StrategyBook
from tradewind.model import messages as m
from tradewind.model.ids import PERSON, base36
from tradewind.model.orders import Leg, OrderFlag, Side


def cancels_of(state: State, account: Account) -> Iterator[m.CancelIntended]:
    """A cancel of each open order of an account."""
    for order in list(state.open_orders.values()):
        if order.account == account.index:
            yield m.CancelIntended(0, PERSON, order.order_id)


def closings_of(state: State, account: Account) -> Iterator[m.OrderIntended]:
    """A market order, reduce only, for each position of an account that has none on its way.

    A strategy that was stopped takes no orders: its position is closed against the person's book,
    which leaves the account flat.
    """
    for book in state.strategies:
        if book.account is not account:
            continue
        for key, position in book.positions.items():
            number, leg = divmod(key, 3)
            if position.quantity and not _is_closing(state, book, number, leg - 1):
                yield _closing(state, book, number, leg - 1, position)


def _is_closing(state: State, book: StrategyBook, instrument: int, leg: int) -> bool:
    owners = {book.name, PERSON} if book.is_stopped else {book.name}
    numbers = {state.strategy_numbers[name] for name in owners if name in state.strategy_numbers}
    return any(
        order.instrument == instrument and order.leg == leg and order.strategy in numbers
        for order in state.open_orders.values()
    )


def _closing(
    state: State, book: StrategyBook, instrument: int, leg: int, position: Position
) -> m.OrderIntended:
    quantity = position.quantity
    name, flags = (
        (PERSON, OrderFlag.NONE) if book.is_stopped else (book.name, OrderFlag.REDUCE_ONLY)
    )
    order_id = f"{state.journal_id}-{base36(state.sequence)}-{base36(book.index)}"
    return m.OrderIntended(
        0,
        f"{order_id}{base36(instrument)}{leg % 3}",
        name,
        state.markets[instrument].id,
        Side.SELL if quantity > 0 else Side.BUY,
        abs(quantity),
        flags=flags,
        leg=Leg(leg),
    )
