"""Sweeping a venue: every open order of an account is canceled, whoever placed it.

For guards that stand beside the engine: nothing here can place or change an order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec

from tradewind.model.errors import OutsideError
from tradewind.model.messages import CancelOrder
from tradewind.model.venue_account import VenueOrder
from tradewind.ports.trading import Refused

CALL_DEADLINE_S = 10.0
"""Our own deadline on each call to the venue."""
AT_ONCE = 8
"""Cancels under way at once, where the venue has no cancel-all."""


class Cancelling(Protocol):
    """The part of a `Trading` that can only look and cancel."""

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""

    @property
    def has_cancel_all(self) -> bool:
        """Whether `cancel_all` is one call to the venue."""

    async def open_orders(self) -> list[VenueOrder]:
        """Every order that works in this account."""

    async def cancel(self, command: CancelOrder) -> None:
        """Ask for a cancel."""

    async def cancel_all(self, instrument: str) -> None:
        """Cancel every order of an instrument."""


class Swept(msgspec.Struct, frozen=True):
    """What one sweep found and did: open orders it saw, and why some may still work."""

    found: int
    problems: tuple[str, ...] = ()


async def sweep_orders(trading: Cancelling) -> Swept:
    """Cancel all that works now; never raises for a venue that refuses or does not answer."""
    try:
        async with asyncio.timeout(CALL_DEADLINE_S):
            orders = await trading.open_orders()
    except (OutsideError, Refused, TimeoutError) as error:
        return Swept(0, (f"open orders: {_why(error)}",))
    problems = [
        f"{one.order_id or one.venue_order_id} of an instrument that is not listed: {one.text}"
        for one in orders
        if not one.instrument
    ]
    listed = [one for one in orders if one.instrument]
    problems += await (_by_instrument if trading.has_cancel_all else _one_by_one)(trading, listed)
    return Swept(len(orders), tuple(problems))


async def sweep_venues(venues: Sequence[Cancelling]) -> Swept:
    """Sweep all at once, so that one that does not answer holds up no other."""
    swept = await asyncio.gather(*map(sweep_orders, venues))
    problems = [
        f"{venue.venue}: {problem}"
        for venue, one in zip(venues, swept, strict=True)
        for problem in one.problems
    ]
    return Swept(sum(one.found for one in swept), tuple(problems))


async def _by_instrument(trading: Cancelling, orders: Sequence[VenueOrder]) -> list[str]:
    """One call an instrument."""

    async def cancel(instrument: str) -> str:
        try:
            async with asyncio.timeout(CALL_DEADLINE_S):
                await trading.cancel_all(instrument)
        except (OutsideError, Refused, TimeoutError) as error:
            return f"cancel-all of {instrument}: {_why(error)}"
        return ""

    instruments = sorted({one.instrument for one in orders})
    return list(filter(None, await asyncio.gather(*map(cancel, instruments))))


async def _one_by_one(trading: Cancelling, orders: Sequence[VenueOrder]) -> list[str]:
    """One call an order, a few at once; one that ended meanwhile is what was wanted."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def cancel(order: VenueOrder) -> str:
        if not order.order_id:
            return f"{order.venue_order_id}: it has no id of ours, so cancel it at the venue"
        command = CancelOrder(0, order.order_id, trading.venue, order.instrument)
        try:
            async with gate, asyncio.timeout(CALL_DEADLINE_S):
                await trading.cancel(command)
        except Refused:
            return ""
        except (OutsideError, TimeoutError) as error:
            return f"cancel of {order.order_id}: {_why(error)}"
        return ""

    return list(filter(None, await asyncio.gather(*map(cancel, orders))))


def _why(error: BaseException) -> str:
    return str(error) or f"no answer within {CALL_DEADLINE_S:g} s"
