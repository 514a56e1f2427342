"""Events about a venue and the account there: connection, sessions, what reconciliation found."""

from __future__ import annotations

from tradewind.model.message_base import TimedMessage
from tradewind.model.orders import Leg, OrderType


class VenueLost(TimedMessage, frozen=True):
    """The connection to a venue is gone."""

    venue: str
    reason: str


class VenueRecovered(TimedMessage, frozen=True):
    """The venue is connected and reconciled again."""

    venue: str


class VenueDescribed(TimedMessage, frozen=True):
    """What a venue cannot do and the core does in its place from here on, by the venue's card.

    `lacks` are order types that it has not: the core holds such orders. `amends` are those whose
    stop price it changes; those of others are canceled and placed anew. `has_icebergs` says that
    it shows a part of an order by itself.
    """

    venue: str
    lacks: tuple[OrderType, ...] = ()
    amends: tuple[OrderType, ...] = ()
    has_icebergs: bool = False


class OrdersLeft(TimedMessage, frozen=True):
    """New orders were handed to the connection of their venue, each at its own time.

    One for all that left since the group before; what was decided is in `SubmitOrder`.
    """

    left: tuple[tuple[str, int], ...]


class InstrumentPaused(TimedMessage, frozen=True):
    """The venue takes no orders of an instrument: market closed, halted, delisted."""

    instrument: str
    reason: str


class InstrumentResumed(TimedMessage, frozen=True):
    """The venue takes orders of an instrument again."""

    instrument: str


class VenueDiffered(TimedMessage, frozen=True):
    """We and the venue say different things of `subject`; events that follow the rule come next.

    `kind` and `rule` (adopt, correct, halt) are words of `core.reconcile`, `ours` and `theirs`
    text for people.
    """

    venue: str
    kind: str
    subject: str
    ours: str
    theirs: str
    rule: str
    reason: str


class PositionTransferred(TimedMessage, frozen=True):
    """A position came in without a trade (or went out, negative), at a price, against capital."""

    strategy: str
    instrument: str
    quantity: int
    price: int
    leg: Leg = Leg.NET
