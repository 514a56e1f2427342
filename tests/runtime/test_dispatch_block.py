"""A halt blocks orders that were journaled before it is durable itself."""

from __future__ import annotations

import asyncio

import pytest

from tests.runtime.venue_engine import COIN, placed
from tradewind.model import messages as m
from tradewind.ports.journal import JournalBroken
from tradewind.ports.trading import Deliver
from tradewind.runtime.dispatch import NEVER_REACHED, Dispatch


class Venue:
    """Takes orders and tells which."""

    venue = "SIM"
    has_cancel_all = True
    silence_s = 1.0

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def start(self, deliver: Deliver) -> None:
        """Nothing to do."""

    async def submit(self, command: m.SubmitOrder) -> None:
        self.taken.append(command.order_id)

    async def cancel(self, command: m.CancelOrder) -> None:
        self.taken.append(f"cancel {command.order_id}")

    async def close(self) -> None:
        """Nothing to do."""


async def started() -> tuple[Dispatch, Venue, list[m.ControlEvent]]:
    venue, heard = Venue(), list[m.ControlEvent]()
    dispatch = Dispatch({"SIM": venue}, heard.append)  # type: ignore[dict-item]
    await dispatch.start()
    return dispatch, venue, heard


async def let_work() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize("how", ["cancel_all", "cancel_each"])
def test_an_order_that_waits_when_a_halt_is_called_never_leaves(how: str) -> None:
    async def play() -> None:
        dispatch, venue, heard = await started()
        with dispatch.blocked():
            dispatch.send(placed("j0-a-1", 100))
            await let_work()
            assert venue.taken == []
            getattr(dispatch, how)([m.CancelOrder(0, "j0-a-1", "SIM", COIN.id)])
        await let_work()
        assert venue.taken == []
        assert heard == [m.OrderRejected(0, "j0-a-1", NEVER_REACHED)]
        dispatch.send(placed("j0-a-2", 100))
        await let_work()
        assert venue.taken == ["j0-a-2"]
        await dispatch.close()

    asyncio.run(play())


def test_an_order_that_no_halt_concerns_leaves_once_the_halt_is_durable() -> None:
    async def play() -> None:
        dispatch, venue, _ = await started()
        with dispatch.blocked(), dispatch.blocked():
            dispatch.send(placed("j0-a-1", 100))
            await let_work()
            assert venue.taken == []
        await let_work()
        assert venue.taken == ["j0-a-1"]
        await dispatch.close()

    asyncio.run(play())


def test_behind_a_halt_that_cannot_be_journaled_nothing_leaves_any_more() -> None:
    async def play() -> None:
        dispatch, venue, _ = await started()
        with pytest.raises(JournalBroken), dispatch.blocked():
            raise JournalBroken("no space")
        dispatch.send(placed("j0-a-1", 100))
        await let_work()
        assert venue.taken == []
        await dispatch.close()

    asyncio.run(play())
