"""Core and execution-engine: an order leaves once, late ones do not, and doubt ends a link."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.runtime.execution_pair import GOOG, Pair, outcome
from tests.runtime.test_last_check import parent, sized
from tradewind.model import messages as m
from tradewind.runtime.execution_link import BEGIN_S, SETTLE_S, SILENT_S
from tradewind.runtime.halt_file import write_halt_file
from tradewind.runtime.last_check import NEVER_REACHED
from tradewind.runtime.order_door import AGE_S_MAX, HALTED
from tradewind.runtime.venue_sessions import CORE_SILENT_S


def played(home: Path, case: Callable[[Pair], Awaitable[None]]) -> None:
    async def whole() -> None:
        pair = Pair(home)
        await pair.join()
        await case(pair)

    asyncio.run(whole())


def test_an_order_leaves_once_and_its_report_comes_back(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        assert await pair.submit("1") == "done"
        assert pair.venue.sent == ["1"]
        assert pair.delivered == [m.OrderAccepted(0, "1", "v1")]
        assert pair.trading.connection.count == 1

    played(tmp_path, case)


def test_an_order_that_was_under_way_for_too_long_never_leaves(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        late = asyncio.create_task(pair.trading.submit(sized("1", 1)))
        await asyncio.sleep(0)
        await pair.move(AGE_S_MAX + 0.1)
        assert (await outcome(late), pair.venue.sent) == (NEVER_REACHED, [])
        timely = asyncio.create_task(pair.trading.submit(sized("2", 1)))
        await asyncio.sleep(0)
        await pair.move(AGE_S_MAX)
        assert (await outcome(timely), pair.venue.sent) == ("done", ["2"])

    played(tmp_path, case)


def test_an_order_for_nobody_surely_never_left(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        pair.line.is_cut = True
        await pair.move(SILENT_S + 0.1)
        assert await pair.submit("1") == NEVER_REACHED
        assert not pair.trading.connection.is_up

    played(tmp_path, case)


def test_another_execution_engine_opens_what_was_under_way_and_counts_as_connected_anew(
    tmp_path: Path,
) -> None:
    async def case(pair: Pair) -> None:
        pair.venue.gate.clear()
        calling = asyncio.create_task(pair.trading.submit(sized("1", 1)))
        await asyncio.sleep(0)
        await pair.move()
        pair.engine()
        await pair.move(0.1)
        assert "started again" in await outcome(calling)
        await pair.move(SETTLE_S)
        connection = pair.trading.connection
        assert (connection.is_up, connection.count) == (True, 2)

    played(tmp_path, case)


def test_nothing_is_said_to_be_unknown_at_the_venue_until_it_can_be_under_way_no_more(
    tmp_path: Path,
) -> None:
    async def case(pair: Pair) -> None:
        await pair.move(pair.venue.silence_s - 1.0)
        assert "under way" in await pair.query("of one before")
        await pair.move(1.0)
        assert await pair.query("of one before") == "done"
        assert await pair.submit("1") == "done"
        pair.venue.sent.clear()  # it is under way to the venue
        await pair.move(pair.venue.silence_s - 0.1)
        assert "under way" in await pair.query("1")
        await pair.move(0.2)
        assert await pair.query("1") == "done"

    played(tmp_path, case)


def test_an_order_that_is_still_leaving_is_not_said_to_be_unknown(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        await pair.move(100.0)
        pair.venue.gate.clear()
        calling = asyncio.create_task(pair.trading.submit(sized("1", 1)))
        await asyncio.sleep(0)
        await pair.move()
        pair.venue.sent.clear()
        assert "under way" in await pair.query("1")
        pair.venue.gate.set()
        await pair.move()
        assert await outcome(calling) == "done"

    played(tmp_path, case)


def test_a_core_that_was_taken_over_from_sends_nothing_any_more(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        old_line, old = pair.line, pair.trading
        pair.core(2)
        await pair.join()
        late = asyncio.create_task(old.submit(sized("1", 1)))
        await asyncio.sleep(0)
        await pair.move()
        old_line.deliver(old.link.take)
        assert (await outcome(late), pair.venue.sent) == ("waits", [])
        late.cancel()
        assert await pair.submit("2") == "done"

    played(tmp_path, case)


def test_a_hole_in_what_the_core_says_ends_the_link_before_anything_behind_it_leaves(
    tmp_path: Path,
) -> None:
    async def case(pair: Pair) -> None:
        pair.line.is_cut = True
        lost = asyncio.create_task(pair.trading.submit(sized("1", 1)))
        await asyncio.sleep(0)
        pair.line.is_cut = False
        assert await pair.submit("2") != "done"
        assert pair.venue.sent == []
        assert await outcome(lost) not in ("done", "waits")
        await pair.move(0.1)
        assert pair.trading.connection.count == 2

    played(tmp_path, case)


def test_a_report_that_was_lost_ends_the_link(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        pair.line.is_cut = True
        pair.venue.deliver(m.OrderCanceled(0, "1", 0, "lost"))
        pair.line.deliver(pair.link.take)
        pair.line.is_cut = False
        await pair.move(0.2)
        assert pair.delivered == []
        assert pair.trading.connection.count == 2

    played(tmp_path, case)


def test_no_order_leaves_by_a_new_link_until_what_was_unknown_is_told(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        pair.engine()
        await pair.move(0.1)
        assert pair.link.is_joined
        assert not pair.trading.connection.is_up  # what was open is not journaled yet
        pair.link.has_unknown = lambda venue: True
        await pair.move(SETTLE_S)
        assert not pair.trading.connection.is_up
        pair.link.has_unknown = lambda venue: False
        assert pair.trading.connection.is_up
        pair.link.has_unknown = lambda venue: True  # one of later is not of the take-over
        assert pair.trading.connection.is_up

    played(tmp_path, case)


def test_a_link_stands_though_the_word_of_it_was_lost(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        pair.engine()
        await pair.move()
        pair.link.look()
        pair.exchange.deliver(pair.sessions.take)
        pair.line.coming.clear()
        for _ in range(3):
            await pair.move(BEGIN_S + 0.1)
        assert pair.link.is_joined
        assert await pair.submit("1") == "done"

    played(tmp_path, case)


def test_a_halt_file_holds_orders_that_the_core_sends_unknowing(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        write_halt_file(tmp_path, "stop")
        assert await pair.submit("1") == HALTED
        pair.link.is_halted = lambda: True
        await pair.move(0.1)
        assert await pair.submit("2") == "done"  # a core that knows closes positions
        assert pair.venue.sent == ["2"]

    played(tmp_path, case)


def test_a_halt_of_a_core_that_hangs_is_carried_out_here(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        write_halt_file(tmp_path, "stop")
        pair.line.is_cut = True
        await pair.move(CORE_SILENT_S)
        assert pair.venue.canceled == []
        await pair.move(0.1)
        assert pair.venue.canceled == [GOOG.id]
        await pair.move(1.0)
        assert pair.venue.canceled == [GOOG.id]

    played(tmp_path, case)


def test_an_order_that_left_does_not_leave_again_by_another_execution_engine(
    tmp_path: Path,
) -> None:
    async def case(pair: Pair) -> None:
        assert pair.check.leave(sized("1", 1)) == ()
        assert await pair.submit("1") == "done"
        pair.engine()
        await pair.move(0.1)
        await pair.move(0.1)
        await pair.submit("1")
        assert pair.venue.sent == ["1"]
        kinds = [type(one) for one in pair.delivered]
        assert kinds == [m.OrderAccepted, m.OrderUnknown, m.Halted]

    played(tmp_path, case)


def test_children_are_counted_again_where_they_leave(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        told = (parent(10), m.ChildSent(0, "p.1", "p", ""), m.ChildSent(0, "p.2", "p", ""))
        for record in told:
            assert pair.check.follow is not None
            pair.check.follow([record])
        assert await pair.submit("p.1", 7) == "done"
        await pair.submit("p.2", 4)
        assert pair.venue.sent == ["p.1"]
        assert [type(one) for one in pair.delivered][1:] == [m.OrderRejected, m.Halted]

    played(tmp_path, case)


def test_the_count_of_children_goes_on_in_another_execution_engine(tmp_path: Path) -> None:
    async def case(pair: Pair) -> None:
        pair.check.note([parent(10), m.ChildSent(0, "p.1", "p", "")])
        pair.check.prove()
        assert pair.check.leave(sized("p.1", 7)) == ()
        pair.check.note([m.ChildSent(0, "p.2", "p", ""), m.ChildSent(0, "p.3", "p", "")])
        pair.engine()
        await pair.move(0.1)
        await pair.move(0.1)
        await pair.submit("p.2", 4)
        assert pair.venue.sent == []
        assert await pair.submit("p.3", 3) == "done"

    played(tmp_path, case)
