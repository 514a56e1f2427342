"""Dispatch: what need not wait leaves in the caller's turn, what must wait keeps its order."""

import asyncio
from typing import Any, Literal

import pytest

from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.ports.trading import Refused
from tradewind.runtime.dispatch import Dispatch


class PromptVenue:
    """Notes what reaches it; `gate` holds its answers back, `error` is what it answers."""

    sends_at_once: Literal[True] = True
    has_cancel_all = False
    silence_s = 0.0

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def start(self, deliver: Any) -> None: ...

    async def close(self) -> None: ...

    async def submit(self, command: m.SubmitOrder) -> None:
        self.sent.append("submit " + command.order_id)
        await self._answer()

    async def cancel(self, command: m.CancelOrder) -> None:
        self.sent.append("cancel " + command.order_id)
        await self._answer()

    async def _answer(self) -> None:
        if not self.gate.is_set():
            await self.gate.wait()
        if self.error is not None:
            raise self.error


class Desk:
    """A dispatch to one prompt venue, and what it delivered."""

    def __init__(self) -> None:
        self.venue = PromptVenue()
        self.delivered: list[m.ControlEvent] = []
        venues: Any = {"SIM": self.venue}
        self.dispatch = Dispatch(venues, self.delivered.append, deadline_s=0.05)


def submit(order_id: str) -> m.SubmitOrder:
    return m.SubmitOrder(
        1, order_id, "main", "SIM", "GOOG.SIM", Side.BUY, 1, OrderType.LIMIT, 100, 0,
        TimeInForce.GTC, OrderFlag(0), 0, Leg.NET,
    )  # fmt: skip


def cancel(order_id: str) -> m.CancelOrder:
    return m.CancelOrder(1, order_id, "SIM", "GOOG.SIM")


def test_an_order_leaves_before_send_returns() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.dispatch.start()
        desk.dispatch.send(submit("a"))
        assert desk.venue.sent == ["submit a"]
        await desk.dispatch.close()

    asyncio.run(scenario())


def test_a_cancel_waits_for_its_order_that_is_under_way() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.dispatch.start()
        desk.venue.gate.clear()
        desk.dispatch.send(submit("a"))
        desk.dispatch.send(cancel("a"))
        await asyncio.sleep(0.001)
        assert desk.venue.sent == ["submit a"]
        desk.venue.gate.set()
        while len(desk.venue.sent) < 2:
            await asyncio.sleep(0.001)
        assert desk.venue.sent == ["submit a", "cancel a"]
        desk.dispatch.send(submit("a"))
        while len(desk.venue.sent) < 3:
            await asyncio.sleep(0.001)
        await desk.dispatch.close()

    asyncio.run(scenario())


def test_what_a_prompt_venue_refuses_or_leaves_open_is_told_like_any_other() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.dispatch.start()
        desk.venue.error = Refused("no money")
        desk.dispatch.send(submit("a"))
        desk.venue.error = OutsideError("broke off", fault="theirs", retry=False)
        desk.dispatch.send(submit("b"))
        assert desk.delivered == [
            m.OrderRejected(0, "a", "no money"),
            m.OrderUnknown(0, "b", "broke off"),
        ]
        await desk.dispatch.close()

    asyncio.run(scenario())


def test_an_answer_that_does_not_come_in_time_leaves_the_order_unknown() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.dispatch.start()
        desk.venue.gate.clear()
        desk.dispatch.send(submit("a"))
        while not desk.delivered:
            await asyncio.sleep(0.001)
        assert desk.delivered == [m.OrderUnknown(0, "a", "no answer within 0.05 s")]
        await desk.dispatch.close()

    asyncio.run(scenario())


def test_an_order_during_a_halts_call_does_not_leave_at_once() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.dispatch.start()
        with desk.dispatch.blocked():
            desk.dispatch.send(submit("a"))
            desk.dispatch.send(cancel("b"))
            await asyncio.sleep(0.001)
            assert desk.venue.sent == ["cancel b"]
        while len(desk.venue.sent) < 2:
            await asyncio.sleep(0.001)
        await desk.dispatch.close()

    asyncio.run(scenario())


def test_when_an_order_left_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradewind.runtime.dispatch.LEFT_KEPT_S", 0.0)

    async def scenario() -> None:
        desk = Desk()
        await desk.dispatch.start()
        for number in range(50):
            desk.dispatch.send(submit(str(number)))
            await asyncio.sleep(0.001)
        assert len(desk.dispatch._left_s) <= 2
        await desk.dispatch.close()

    asyncio.run(scenario())
