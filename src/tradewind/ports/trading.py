"""Trading: sending orders to a venue, hearing what became of them, asking what it has of us.

A call either returns (the venue took it, reports follow or have been delivered), raises `Refused`
(the venue said no, nothing changed there), or raises `OutsideError` / runs into the caller's
deadline: then nobody knows, and the caller asks with `query`. No adapter repeats an order.

What the venue has of the account (`open_orders`, `balances`, `positions`, `fills`) is asked for
reconciliation. Each answer is true at some moment during its call, no two of them at the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, runtime_checkable

import msgspec

from tradewind.model.errors import TradewindError
from tradewind.model.messages import (
    AmendOrder,
    CancelOrder,
    QueryOrder,
    Report,
    SubmitIceberg,
    SubmitOrder,
)
from tradewind.model.venue_account import (
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenuePayment,
    VenuePosition,
)

Deliver = Callable[[Report], None]
"""Takes one report, in the order the venue gave them; its `time_ns` is set by who takes it."""


class Refused(TradewindError):
    """The venue answered no; the text is its own reason."""


def refuse_iceberg(command: SubmitOrder) -> None:
    """Refuse an order of which a part shall be shown, at a venue that shows all of it."""
    if isinstance(command, SubmitIceberg):
        raise Refused(f"{command.venue} has no icebergs of its own: it would show all of the order")


class Connection(msgspec.Struct, frozen=True):
    """How the way to a venue stands, read at any time without a call.

    `count` grows by one each time it connects, so that a short loss is noticed behind it.
    `clock_offset_ns` is the venue's clock minus ours, None until it is estimated.
    """

    is_up: bool
    count: int
    reason: str = ""
    circuit: Literal["closed", "open", "half_open"] = "closed"
    clock_offset_ns: int | None = None


class Permissions(msgspec.Struct, frozen=True):
    """What a key may do; `account` is the venue's own name of its account.

    `can_withdraw` is None where the venue has no way to ask. `reason` says in the venue's words
    why it may not trade.
    """

    account: str
    can_trade: bool
    can_withdraw: bool | None
    reason: str = ""


@runtime_checkable
class SendsAtOnce(Protocol):
    """A `Trading` whose calls may begin outside of a task, and leave before they first wait.

    So an order is on its way before the turn that made it durable is over. Such calls use no
    `asyncio.timeout` before their first wait, nor a client that does.
    """

    sends_at_once: Literal[True]


@runtime_checkable
class CountsDown(Protocol):
    """A `Trading` whose venue can cancel by itself when nobody renews a countdown."""

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""

    @property
    def connection(self) -> Connection:
        """How the way to the venue stands."""

    @property
    def countdowns_per_minute_max(self) -> int:
        """How often countdowns may be set beside other calls; 0 where the venue has none."""

    async def count_down(self, instrument: str, *, milliseconds: int) -> None:
        """Have every order of an instrument canceled so long from now, others' too.

        Called again it begins anew, 0 ends it.
        """


class Trading(Protocol):
    """One account's way to one venue."""

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""

    @property
    def silence_s(self) -> float:
        """How long after sending an order may still reach the venue (its receive window)."""

    @property
    def has_cancel_all(self) -> bool:
        """Whether `cancel_all` is one call to the venue."""

    @property
    def has_positions(self) -> bool:
        """Whether the venue keeps positions; where not (spot), they are balances of the base."""

    @property
    def connection(self) -> Connection:
        """How the way to the venue stands."""

    async def start(self, deliver: Deliver) -> None:
        """Connect; every report goes to `deliver` from here on."""

    async def submit(self, command: SubmitOrder) -> None:
        """Send a new order, once."""

    async def cancel(self, command: CancelOrder) -> None:
        """Ask for a cancel; `Refused` where there is nothing to cancel."""

    async def amend(self, command: AmendOrder) -> None:
        """Ask for other terms; `Refused` where the order stays as it is."""

    async def query(self, command: QueryOrder) -> list[Report] | None:
        """The reports that bring an order up to what the venue knows; None where it has none.

        First the fills; then the end with `filled_quantity`, or `OrderRestated` with the
        command's `amends` for an order that works or is filled. That one is for venues that
        state the terms; it may be told only once no earlier amendment can take effect any more.
        """

    async def cancel_all(self, instrument: str) -> None:
        """Cancel every order of an instrument, others' too; nothing to cancel is fine."""

    async def open_orders(self) -> list[VenueOrder]:
        """Every order that works in this account, whoever placed it."""

    async def balances(self) -> list[VenueBalance]:
        """Every currency of which the account has something, a spot venue's bases too."""

    async def positions(self) -> list[VenuePosition]:
        """Every position that is not flat; none where `has_positions` is false."""

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        """Executions at or behind a time of the venue's clock, whoever's, the oldest first."""

    async def payments(self, *, since_ns: int) -> list[VenuePayment]:
        """Funding, interest, dividends, fees by the day since a time of the venue's clock.

        What executions tell is not among them, nor what people move: deposits and withdrawals.
        None where the venue has no such thing or does not tell it.
        """

    async def closed_instruments(self) -> dict[str, str]:
        """Instruments that cannot be traded now, by id, with the venue's reason."""

    async def permissions(self) -> Permissions:
        """What the key may do; `Refused` where the venue does not take the key."""

    async def close(self) -> None:
        """Let go of the connection; orders stay as they are."""
