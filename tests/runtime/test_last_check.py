"""The last check where orders leave: children within their parent, an id once, a fresh journal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.runtime.test_dispatch import PromptVenue, submit
from tests.runtime.test_loop import GOOG, Shell
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import Algorithm
from tradewind.model.orders import Liquidity, Side
from tradewind.ports.journal import group_of
from tradewind.runtime import last_check
from tradewind.runtime.dispatch import Dispatch
from tradewind.runtime.last_check import NEVER_REACHED, PROOF_S, LastCheck
from tradewind.runtime.loop import Turn


class Door:
    """A dispatch with a last check on a clock of its own, and turns by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.venue = PromptVenue()
        self.delivered: list[m.ControlEvent] = []
        self.check = LastCheck(lambda: self.now_s)
        venues: Any = {"SIM": self.venue}
        self.dispatch = Dispatch(venues, self.delivered.append, last_check=self.check)
        self.sequence = 0

    def turn(self, *records: m.Record) -> None:
        """These records became durable."""
        kept = list(records) or [m.ClockTicked(0)]
        group = group_of(kept, after_sequence=self.sequence, epoch=1, time_ns=0)
        self.sequence = group.last
        commands = [one for one in kept if isinstance(one, m.SubmitOrder)]
        turn = Turn(group, kept, list(commands))
        self.check.on_turn(turn)
        self.dispatch.send_turn(turn)

    def child(self, number: int, quantity: int) -> None:
        """The core sends a child of `p`."""
        name = f"p.{number}"
        self.turn(m.ChildSent(0, name, "p", "due"), sized(name, quantity))

    def filled(self, number: int, quantity: int, fill_id: str = "f") -> None:
        self.turn(
            m.OrderFilled(0, f"p.{number}", fill_id, 100, quantity, 0, "USD", Liquidity.TAKER)
        )

    @property
    def sent(self) -> list[str]:
        return self.venue.sent

    @property
    def halts(self) -> list[m.ControlEvent]:
        return [one for one in self.delivered if isinstance(one, m.Halted)]


def sized(order_id: str, quantity: int) -> m.SubmitOrder:
    given = submit(order_id)
    return m.SubmitOrder(
        given.time_ns, order_id, given.account, given.venue, given.instrument, given.side,
        quantity, given.type, given.limit_price, given.stop_price, given.time_in_force,
        given.flags, given.expire_time_ns, given.leg,
    )  # fmt: skip


def parent(quantity: int) -> m.AlgorithmIntended:
    return m.AlgorithmIntended(0, "p", "cross", "GOOG.SIM", Side.BUY, quantity, Algorithm.AT_ONCE)


def opened(quantity: int) -> Door:
    door = Door()
    door.turn(parent(quantity), m.OrderHeld(0, "p", "worked"))
    return door


def played(story: Any) -> None:
    async def play() -> None:
        await story()

    asyncio.run(play())


def test_children_leave_up_to_their_parent_and_not_one_unit_past_it() -> None:
    async def story() -> None:
        door = opened(10)
        await door.dispatch.start()
        door.child(1, 6)
        door.child(2, 4)
        assert (len(door.sent), door.halts) == (2, [])
        door.child(3, 1)
        assert len(door.sent) == 2
        rejected, halted = door.delivered
        assert isinstance(rejected, m.OrderRejected)
        assert isinstance(halted, m.Halted)
        assert rejected.order_id == "p.3"
        assert halted.scope == "all"
        assert "1 beside 10 of p.2 and others are more than the 10 of p" in halted.reason
        await door.dispatch.close()

    played(story)


def test_what_a_child_did_not_fill_may_go_out_again_and_what_it_filled_may_not() -> None:
    async def story() -> None:
        door = opened(10)
        await door.dispatch.start()
        door.child(1, 10)
        door.filled(1, 4)
        door.filled(1, 4)  # the same execution, told again
        door.turn(m.OrderCanceled(0, "p.1", "", 5))  # one more that has not arrived
        door.child(2, 6)
        assert len(door.sent) == 1
        door.child(3, 5)
        assert len(door.sent) == 2
        assert len(door.halts) == 1
        await door.dispatch.close()

    played(story)


def test_an_amended_parent_counts_with_its_new_quantity_and_a_denied_one_with_its_old() -> None:
    async def story() -> None:
        door = opened(10)
        await door.dispatch.start()
        door.child(1, 10)
        denied = m.OrderDenied(0, "p", "max_order_quantity", "99", "50")
        door.turn(m.AmendIntended(0, "cross", "p", 99, 0), denied)
        door.child(2, 1)
        assert len(door.sent) == 1
        door.turn(m.AmendIntended(0, "cross", "p", 11, 0))
        door.child(3, 1)
        assert len(door.sent) == 2
        door.turn(parent(50), m.OrderDenied(0, "p", "duplicate_id", "p", "an id used once"))
        door.child(4, 1)
        assert len(door.sent) == 2
        await door.dispatch.close()

    played(story)


def test_an_id_leaves_once() -> None:
    async def story() -> None:
        door = Door()
        await door.dispatch.start()
        door.turn(submit("a"))
        door.turn(submit("a"))
        assert door.sent == ["submit a"]
        unknown, halted = door.delivered
        assert isinstance(unknown, m.OrderUnknown)  # the first one lives: the venue is asked
        assert isinstance(halted, m.Halted)
        await door.dispatch.close()

    played(story)


@pytest.mark.parametrize(("silent_s", "leaves"), [(PROOF_S, True), (PROOF_S + 0.001, False)])
def test_an_order_that_was_held_up_beyond_the_last_proof_is_given_up(
    silent_s: float, leaves: bool
) -> None:
    async def story() -> None:
        door = Door()
        await door.dispatch.start()
        with door.dispatch.blocked():
            door.turn(submit("a"))
            door.now_s += silent_s
        for _ in range(20):
            await asyncio.sleep(0)
        assert bool(door.sent) is leaves
        assert (door.delivered == [m.OrderRejected(0, "a", NEVER_REACHED)]) is not leaves
        assert door.halts == []
        await door.dispatch.close()

    played(story)


def test_a_restart_goes_on_counting_where_the_core_does() -> None:
    async def story() -> None:
        shell = Shell()
        for event in (
            m.AlgorithmIntended(0, "p", "manual", GOOG.id, Side.BUY, 10, Algorithm.ICEBERG, 100, 4),
            m.ClockTicked(0),
        ):
            shell.loop.offer(event)
        await shell.loop.turn()
        (first,) = [one for one in shell.turns[-1].commands if isinstance(one, m.SubmitOrder)]
        assert (first.order_id, first.quantity) == ("p.1", 4)
        door = Door()
        door.check.begin(shell.engine.state)
        await door.dispatch.start()
        door.turn(first)
        assert door.sent == []  # it left before the restart, or never will
        door.child(2, 6)
        assert len(door.sent) == 1
        door.child(3, 1)
        assert len(door.sent) == 1
        await door.dispatch.close()

    played(story)


def test_of_more_ids_than_are_kept_the_oldest_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(last_check, "IDS_KEPT", 2)
    check = LastCheck(lambda: 0.0)
    for name in ("o1", "o2", "o3", "o1"):
        assert check.leave(sized(name, 1)) == ()
    assert check.leave(sized("o3", 1)) != ()


def test_a_check_elsewhere_follows_what_changes_a_count_and_nothing_else() -> None:
    check, told = LastCheck(lambda: 0.0), list[list[m.Record]]()
    check.follow = told.append
    counted: list[m.Record] = [parent(10), m.ChildSent(0, "p.1", "p", "due"), sized("p.1", 10)]
    for records in ([*counted, m.ClockTicked(0)], [m.ClockTicked(0)], [sized("other", 1)]):
        group = group_of(records, after_sequence=0, epoch=1, time_ns=1)
        check.on_turn(Turn(group, list(records), []))
    assert told == [counted]
