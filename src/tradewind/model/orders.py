"""Words of an order: side, type, time in force, state, flags."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Side(IntEnum):
    """BUY or SELL; the value is the sign of the position it makes."""

    BUY = 1
    SELL = -1


class OrderType(IntEnum):
    """How an order's price is decided."""

    MARKET = 1
    LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4


class TimeInForce(IntEnum):
    """How long an order works; OPG and CLS are for the opening and the close of a session."""

    GTC = 1
    DAY = 2
    IOC = 3
    FOK = 4
    GTD = 5
    OPG = 6
    CLS = 7


class OrderState(IntEnum):
    """Where an order is in its life; `core.order_lifecycle` holds the table of moves.

    All up to UNKNOWN may still fill. AWAITING_FILLS works no more at the venue, which has
    stated more fills than have arrived.
    """

    PENDING_NEW = 1
    NEW = 2
    PARTIALLY_FILLED = 3
    PENDING_CANCEL = 4
    AWAITING_FILLS = 5
    UNKNOWN = 6
    FILLED = 7
    CANCELED = 8
    REJECTED = 9
    EXPIRED = 10
    DENIED = 11


TERMINAL_STATES = frozenset(
    {
        OrderState.FILLED,
        OrderState.CANCELED,
        OrderState.REJECTED,
        OrderState.EXPIRED,
        OrderState.DENIED,
    }
)


class Liquidity(IntEnum):
    """Whether a fill added to the book or took from it."""

    MAKER = 1
    TAKER = 2


class OrderFlag(IntFlag):
    """Instructions that ride on an order; EXTENDED_HOURS lets it trade around the session.

    FLATTEN closes what somebody asked to flatten: it passes halts and limits, and is refused where
    it would do more than close.
    """

    NONE = 0
    POST_ONLY = 1
    REDUCE_ONLY = 2
    EXTENDED_HOURS = 4
    FLATTEN = 8


class Leg(IntEnum):
    """Which position an order works on: the net one, or one leg of a hedging account."""

    NET = 0
    LONG = 1
    SHORT = -1


class Sizing(IntEnum):
    """When a target is turned into a quantity: at the fill's price or at the signal's."""

    AT_FILL = 1
    AT_SIGNAL = 2


class TargetKind(IntEnum):
    """What a target's value is: a signed quantity in units, or a share of equity in 10^-9."""

    POSITION = 1
    WEIGHT = 2


WEIGHT_DIGITS = 9
