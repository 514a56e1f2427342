"""Trading through the execution-engine: the session with the venue is in another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import msgspec

from tradewind.model import messages as m
from tradewind.model.codec import FORMAT, decode, encode, split
from tradewind.model.venue_account import (
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenuePayment,
    VenuePosition,
)
from tradewind.ports.trading import Connection, Deliver, Permissions
from tradewind.runtime.execution_link import ExecutionLink

RESOLVING = "it is asked what became of orders"

T = TypeVar("T")


class FarTrading:
    """A `Trading` of one venue over a link that has its session."""

    sends_at_once: Literal[True] = True

    def __init__(self, link: ExecutionLink, venue: str) -> None:
        self.link = link
        self._venue = venue

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return self._venue

    @property
    def silence_s(self) -> float:
        """The session's."""
        return self.link.sessions[self._venue].silence_s

    @property
    def has_cancel_all(self) -> bool:
        """The session's."""
        return self.link.sessions[self._venue].has_cancel_all

    @property
    def has_positions(self) -> bool:
        """The session's."""
        return self.link.sessions[self._venue].has_positions

    @property
    def countdowns_per_minute_max(self) -> int:
        """The session's; 0 where its venue counts nothing down."""
        return self.link.sessions[self._venue].countdowns_per_minute_max

    @property
    def connection(self) -> Connection:
        """Up with link and session, once nothing is unknown; a new link is a new connection."""
        session = self.link.connections.get(self._venue)
        if session is not None and (not session.is_up or self.link.is_resolved(self._venue)):
            return session
        count = self.link.count(self._venue)
        return Connection(is_up=False, count=count, reason=self.link.complaint or RESOLVING)

    async def start(self, deliver: Deliver) -> None:
        """Begin a link that knows what has left by now; reports of all venues come from here on."""
        self.link.deliver = deliver
        await self.link.renew("the core begins")

    async def submit(self, command: m.SubmitOrder) -> None:
        """Send a new order, once."""
        await self.link.call(self._venue, "submit", encode(command))

    async def cancel(self, command: m.CancelOrder) -> None:
        """Ask for a cancel."""
        await self.link.call(self._venue, "cancel", encode(command))

    async def amend(self, command: m.AmendOrder) -> None:
        """Ask for other terms."""
        await self.link.call(self._venue, "amend", encode(command))

    async def query(self, command: m.QueryOrder) -> list[m.Report] | None:
        """What the venue knows of an order; None once it surely has none."""
        found = await self.link.call(self._venue, "query", encode(command))
        if not found:
            return None
        return [decode(each) for each in split(found[1:], FORMAT)]  # type: ignore[misc]

    async def cancel_all(self, instrument: str) -> None:
        """Cancel every order of an instrument."""
        await self._asked("cancel_all", type(None), instrument=instrument)

    async def open_orders(self) -> list[VenueOrder]:
        """Every order that works in this account."""
        return await self._asked("open_orders", list[VenueOrder])

    async def balances(self) -> list[VenueBalance]:
        """Every currency of which the account has something."""
        return await self._asked("balances", list[VenueBalance])

    async def positions(self) -> list[VenuePosition]:
        """Every position that is not flat."""
        return await self._asked("positions", list[VenuePosition])

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        """Executions since a time of the venue's clock."""
        return await self._asked("fills", list[VenueFill], instrument=instrument, since_ns=since_ns)

    async def payments(self, *, since_ns: int) -> list[VenuePayment]:
        """Payments since a time of the venue's clock."""
        return await self._asked("payments", list[VenuePayment], since_ns=since_ns)

    async def closed_instruments(self) -> dict[str, str]:
        """Instruments that cannot be traded now, with the venue's reason."""
        return await self._asked("closed_instruments", dict[str, str])

    async def permissions(self) -> Permissions:
        """What the key may do."""
        return await self._asked("permissions", Permissions)

    async def count_down(self, instrument: str, *, milliseconds: int) -> None:
        """Set the venue's countdown."""
        await self._asked(
            "count_down", type(None), instrument=instrument, milliseconds=milliseconds
        )

    async def close(self) -> None:
        """Nothing: the link ends with the role, the session stays."""

    async def _asked(self, name: str, kind: Callable[..., T], **arguments: Any) -> T:
        data = msgspec.msgpack.encode(arguments)
        found = await self.link.call(self._venue, name, data)
        answer: T = msgspec.msgpack.decode(found, type=kind)
        return answer
