"""When orders left for their venue: noted where they leave, journaled with the next turn."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.runtime.test_dispatch import PromptVenue, submit
from tests.runtime.test_loop import GOOG, Shell
from tradewind.model import messages as m
from tradewind.model.orders import OrderType, Side
from tradewind.runtime.dispatch import Dispatch
from tradewind.runtime.order_stories import costs_of_journal
from tradewind.runtime.recovery import recover

LAST_NS = 10**15


class Sending(Shell):
    """A loop whose orders are sent to a prompt venue, by a clock that goes on by 5 a question."""

    def __init__(self, *, now_ns: Any = None) -> None:
        super().__init__()
        self.venue = PromptVenue()
        self.asked = 0
        venues: Any = {"SIM": self.venue}
        self.dispatch = Dispatch(venues, self.loop.offer, now_ns=now_ns or self.now_ns)
        self.loop.rider = self.dispatch.take_left
        self.loop.listeners.append(self.dispatch.send_turn)

    def now_ns(self) -> int:
        self.asked += 5
        return self.standing.now_ns() + self.asked

    def want(self, number: int) -> None:
        order_id = f"j0-manual-{number}"
        self.loop.offer(
            m.OrderIntended(0, order_id, "manual", GOOG.id, Side.BUY, 1, OrderType.LIMIT, 100)
        )

    def left(self) -> list[m.OrdersLeft]:
        records = [one for turn in self.turns for one in turn.records]
        return [one for one in records if isinstance(one, m.OrdersLeft)]


def run(sending: Sending) -> None:
    async def play() -> None:
        await sending.loop.turn()
        await sending.dispatch.start()
        sending.want(1)
        sending.want(2)
        await sending.loop.turn()
        for number in (1, 2):
            sending.loop.offer(m.OrderAccepted(0, f"j0-manual-{number}", f"v{number}"))
        await sending.loop.turn()
        await sending.dispatch.close()

    asyncio.run(play())


def test_orders_of_one_turn_are_told_in_one_record_each_with_its_time() -> None:
    sending = Sending()
    run(sending)
    (left,) = sending.left()
    began_ns = sending.standing.now_ns()
    assert left.left == (("j0-manual-1", began_ns + 5), ("j0-manual-2", began_ns + 10))
    assert sending.recovered_hash()


def test_costs_tell_the_way_from_decision_to_sending_and_old_journals_are_read_without() -> None:
    sending = Sending()
    run(sending)
    with_times = costs_of_journal(
        sending.journal, sending.recorder, until=0, first_ns=0, last_ns=LAST_NS
    )
    assert [cost.decision_to_send_ns for cost in with_times.orders] == [5, 10]
    old = Sending()
    old.loop.rider = None
    run(old)
    recover(old.journal, old.recorder)
    without = costs_of_journal(old.journal, old.recorder, until=0, first_ns=0, last_ns=LAST_NS)
    assert [cost.decision_to_send_ns for cost in without.orders] == [None, None]
    assert [cost.send_to_ack_ns for cost in without.orders] == [None, None]


def test_an_order_that_the_last_check_or_a_halt_keeps_back_did_not_leave() -> None:
    async def play() -> None:
        venues: Any = {"SIM": PromptVenue()}
        dispatch = Dispatch(venues, lambda event: None, now_ns=lambda: 7)
        await dispatch.start()
        with dispatch.blocked():
            dispatch.send(submit("a"))
            dispatch.cancel_each([m.CancelOrder(0, "a", "SIM", GOOG.id)])
        await asyncio.sleep(0)
        assert dispatch.take_left() is None
        dispatch.send(submit("b"))
        left = dispatch.take_left()
        assert left is not None
        assert left.left == (("b", 7),)
        assert dispatch.take_left() is None
        await dispatch.close()

    asyncio.run(play())
