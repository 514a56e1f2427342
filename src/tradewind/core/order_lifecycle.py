"""The order life cycle as one table: state and what happened give the next state."""

from __future__ import annotations

from enum import IntEnum

from tradewind.model.orders import OrderState as S


class Happening(IntEnum):
    """What can happen to an order once it exists."""

    ACCEPTED = 0
    REJECTED = 1
    PARTIAL_FILL = 2
    FULL_FILL = 3
    CANCELED = 4
    EXPIRED = 5
    AMENDED = 6
    CANCEL_REJECTED = 7
    AMEND_REJECTED = 8
    UNKNOWN = 9
    CANCEL_SENT = 10
    FILLS_MISSING = 11


_WORKING = (S.PENDING_NEW, S.NEW, S.PARTIALLY_FILLED, S.PENDING_CANCEL, S.UNKNOWN)
_OPEN = (*_WORKING, S.AWAITING_FILLS)
_UNSEEN = (S.PENDING_NEW, S.UNKNOWN)

MOVES: dict[Happening, dict[S, S]] = {
    # An acceptance that comes late (behind a fill or a cancel) changes nothing.
    Happening.ACCEPTED: dict.fromkeys(_UNSEEN, S.NEW),
    # A refusal of a working order is a venue's way to end it, so it ends there too.
    Happening.REJECTED: dict.fromkeys(_WORKING, S.REJECTED),
    # A cancel that is on its way stays on its way through a partial fill.
    Happening.PARTIAL_FILL: dict.fromkeys((*_UNSEEN, S.NEW), S.PARTIALLY_FILLED),
    # A fill is money: it is posted even behind a final state, and a full one makes it FILLED.
    Happening.FULL_FILL: {state: S.FILLED for state in S if state is not S.DENIED},
    Happening.CANCELED: dict.fromkeys(_OPEN, S.CANCELED),
    Happening.EXPIRED: dict.fromkeys(_OPEN, S.EXPIRED),
    # An amendment or a refused cancel proves that the order works.
    Happening.AMENDED: dict.fromkeys(_UNSEEN, S.NEW),
    Happening.CANCEL_REJECTED: dict.fromkeys((*_UNSEEN, S.PENDING_CANCEL), S.NEW),
    Happening.AMEND_REJECTED: {},
    Happening.UNKNOWN: dict.fromkeys(_WORKING, S.UNKNOWN),
    Happening.CANCEL_SENT: dict.fromkeys(
        (S.PENDING_NEW, S.NEW, S.PARTIALLY_FILLED), S.PENDING_CANCEL
    ),
    # An end that overtook fills: the order works no more, but they may still come.
    Happening.FILLS_MISSING: dict.fromkeys(_WORKING, S.AWAITING_FILLS),
}
"""The moves that change the state; every pair that is not here leaves it as it is."""

_NEW = int(S.NEW)
_PARTIALLY_FILLED = int(S.PARTIALLY_FILLED)
_WIDTH = len(Happening)
_FLAT = tuple(
    int(MOVES[happening].get(S(state), S(state))) if state else 0
    for state in range(len(S) + 1)
    for happening in Happening
)


def next_state(state: int, happening: int, filled_quantity: int) -> int:
    """The state behind a happening; an order that has fills is PARTIALLY_FILLED, never NEW.

    >>> S(next_state(S.PENDING_NEW, Happening.ACCEPTED, 0)).name
    'NEW'
    >>> S(next_state(S.UNKNOWN, Happening.ACCEPTED, 3)).name
    'PARTIALLY_FILLED'
    >>> S(next_state(S.CANCELED, Happening.FULL_FILL, 5)).name
    'FILLED'
    """
    following = _FLAT[state * _WIDTH + happening]
    if following == _NEW and filled_quantity > 0:
        return _PARTIALLY_FILLED
    return following


def as_markdown() -> str:
    """The table for the docs: states down, happenings across; a dot is no change."""
    lines = ["| state | " + " | ".join(happening.name for happening in Happening) + " |"]
    lines.append("|---" * (_WIDTH + 1) + "|")
    for state in S:
        cells = [MOVES[happening].get(state) for happening in Happening]
        texts = ["·" if cell is None else cell.name for cell in cells]
        lines.append(f"| {state.name} | " + " | ".join(texts) + " |")
    return "\n".join(lines) + "\n"
