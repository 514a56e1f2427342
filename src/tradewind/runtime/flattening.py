"""Flattening a scope: the cancels, and the orders that close what each book holds."""

from __future__ import annotations

from collections.abc import Iterator

from tradewind.core.cancels import is_in
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


def holds_in(state: State, scope: str) -> bool:
    """Whether anything is held in a scope of halts."""
    return any(True for _ in _held_in(state, scope))


def closings_of(state: State, scope: str) -> Iterator[m.OrderIntended]:
    """A market order that may only close, for each position of a scope that has none on its way."""
    for book, number, leg, position in _held_in(state, scope):
        if not _is_closing(state, book, number, leg):
            yield _closing(state, book, number, leg, position)


def _held_in(state: State, scope: str) -> Iterator[tuple[StrategyBook, int, int, Position]]:
    for book in state.strategies:
        for key, position in book.positions.items():
            number, leg = divmod(key, 3)
            if position.quantity and is_in(state, book.index, number, scope):
                yield book, number, leg - 1, position


def _is_closing(state: State, book: StrategyBook, instrument: int, leg: int) -> bool:
    return any(
        order.instrument == instrument and order.leg == leg and order.strategy == book.index
        for order in state.open_orders.values()
    )


def _closing(
    state: State, book: StrategyBook, instrument: int, leg: int, position: Position
) -> m.OrderIntended:
    quantity = position.quantity
    order_id = f"{state.journal_id}-{base36(state.sequence)}-{base36(book.index)}"
    return m.OrderIntended(
        0,
        f"{order_id}{base36(instrument)}{leg % 3}",
        book.name,
        state.markets[instrument].id,
        Side.SELL if quantity > 0 else Side.BUY,
        abs(quantity),
        flags=OrderFlag.FLATTEN,
        leg=Leg(leg),
    )
