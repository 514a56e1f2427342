"""Dispatch: by which call a command goes out, and how a question about an order ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.runtime.test_dispatch import PromptVenue, cancel, submit
from tradewind.model import messages as m
from tradewind.ports.journal import group_of
from tradewind.ports.trading import Refused
from tradewind.runtime.dispatch import NEVER_REACHED, Dispatch
from tradewind.runtime.loop import Turn
from tradewind.testing.virtual_time import run_virtually


class Venue(PromptVenue):
    """One that also amends, sweeps and is asked; `known` is what it knows of each order."""

    has_cancel_all = True
    silence_s = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.known: list[m.Report] | None = None

    async def amend(self, command: m.AmendOrder) -> None:
        """Note it."""
        self.sent.append(f"amend {command.order_id} {command.quantity}")
        await self._answer()

    async def cancel_all(self, instrument: str) -> None:
        """Note it."""
        self.sent.append(f"cancel all of {instrument}")
        await self._answer()

    async def query(self, command: m.QueryOrder) -> list[m.Report] | None:
        """Note it, and answer with what is known by then."""
        self.sent.append(f"query {command.order_id} {command.amends}")
        await self._answer()
        return self.known


class Bench:
    """A started dispatch to that venue, and what it delivered."""

    def __init__(self) -> None:
        self.venue = Venue()
        self.delivered: list[m.ControlEvent] = []
        venues: Any = {"SIM": self.venue}
        self.dispatch = Dispatch(venues, self.delivered.append)


def play(story: Any) -> None:
    """On virtual time; a task that failed unseen fails the test."""

    async def whole() -> None:
        faults: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: faults.append(told))
        bench = Bench()
        await bench.dispatch.start()
        await story(bench)
        assert [task for task in bench.dispatch._tasks if task.done()] == []
        await bench.dispatch.close()
        assert faults == []

    run_virtually(whole())


def amend(order_id: str, number: int) -> m.AmendOrder:
    return m.AmendOrder(1, order_id, "SIM", "GOOG.SIM", 7, 100, number)


def query(order_id: str, amends: int = 0, venue: str = "SIM") -> m.QueryOrder:
    return m.QueryOrder(1, order_id, venue, "GOOG.SIM", amends)


def halt(scope: str, *order_ids: str) -> Turn:
    """A halt that became durable, with the cancels it brings."""
    halted = m.Halted(1, scope, "drill", "ann")
    group = group_of([halted], after_sequence=0, epoch=1, time_ns=1)
    return Turn(group, [halted], list(map(cancel, order_ids)))


def test_an_amendment_goes_out_and_its_refusal_names_its_number() -> None:
    async def story(bench: Bench) -> None:
        bench.dispatch.send(amend("a", 1))
        assert bench.venue.sent == ["amend a 7"]
        bench.venue.error = Refused("too late")
        bench.dispatch.send(amend("a", 2))
        bench.dispatch.send(cancel("a"))
        assert bench.delivered == [
            m.AmendRejected(0, "a", "too late", 2),
            m.CancelRejected(0, "a", "too late"),
        ]

    play(story)


@pytest.mark.parametrize("command", [submit("a"), cancel("a")])
def test_what_is_for_a_venue_that_is_not_there_is_refused(command: m.Command) -> None:
    async def story(bench: Bench) -> None:
        bench.dispatch._venues.clear()
        bench.dispatch._prompt.clear()
        bench.dispatch.send(command)
        await asyncio.sleep(0.1)
        (told,) = bench.delivered
        assert isinstance(told, m.OrderRejected | m.CancelRejected)
        assert told.reason == "no connection to SIM"

    play(story)


@pytest.mark.parametrize("scope", ["all", "venue:SIM", "account:main", "instrument:GOOG.SIM"])
def test_a_halt_of_all_orders_of_an_instrument_takes_the_venues_cancel_all(scope: str) -> None:
    async def story(bench: Bench) -> None:
        bench.dispatch.send_turn(halt(scope, "a", "b"))
        await asyncio.sleep(0.1)
        assert bench.venue.sent == ["cancel all of GOOG.SIM"]

    play(story)


@pytest.mark.parametrize("scope", ["strategy:manual", "order:a"])
def test_a_halt_that_others_orders_outlive_cancels_one_by_one(scope: str) -> None:
    async def story(bench: Bench) -> None:
        bench.dispatch.send_turn(halt(scope, "a", "b"))
        await asyncio.sleep(0.1)
        assert bench.venue.sent == ["cancel a", "cancel b"]

    play(story)


def test_one_order_alone_is_canceled_by_itself() -> None:
    async def story(bench: Bench) -> None:
        bench.dispatch.send_turn(halt("all", "a"))
        await asyncio.sleep(0.1)
        assert bench.venue.sent == ["cancel a"]

    play(story)


def test_a_sweep_leaves_the_cancel_of_an_order_on_its_way_behind_that_order() -> None:
    async def story(bench: Bench) -> None:
        bench.venue.gate.clear()
        bench.dispatch.send(submit("a"))
        bench.dispatch.send_turn(halt("all", "a", "b", "c"))
        await asyncio.sleep(0.1)
        assert bench.venue.sent == ["submit a", "cancel all of GOOG.SIM"]
        bench.venue.gate.set()
        await asyncio.sleep(0.1)
        assert bench.venue.sent == ["submit a", "cancel all of GOOG.SIM", "cancel a"]

    play(story)


def test_an_order_is_asked_about_once_at_a_time_and_again_for_later_amendments() -> None:
    async def story(bench: Bench) -> None:
        bench.venue.gate.clear()
        bench.venue.known = [m.OrderAccepted(0, "a", "v1")]
        for amends in (0, 0, 1):
            bench.dispatch.send(query("a", amends))
        await asyncio.sleep(0.1)
        assert bench.venue.sent == ["query a 0"]
        bench.venue.gate.set()
        await asyncio.sleep(1)
        assert bench.venue.sent == ["query a 0", "query a 1"]
        assert bench.delivered == [m.OrderAccepted(0, "a", "v1")] * 2

    play(story)


def test_an_order_that_nothing_was_amended_of_is_not_asked_about_again() -> None:
    async def story(bench: Bench) -> None:
        bench.venue.known = [m.OrderAccepted(0, "a", "v1")]
        bench.dispatch.send(query("a", 1))
        bench.dispatch.send(query("a", 1))
        await asyncio.sleep(60)
        assert bench.venue.sent == ["query a 1"]

    play(story)


def test_an_order_that_the_venue_does_not_know_is_given_up_when_it_cannot_come_any_more() -> None:
    async def story(bench: Bench) -> None:
        bench.dispatch.send(query("a"))
        await asyncio.sleep(bench.venue.silence_s)
        assert bench.delivered == []
        await asyncio.sleep(2)
        assert bench.delivered == [m.OrderRejected(0, "a", NEVER_REACHED)]

    play(story)


def test_a_question_for_a_venue_that_is_not_there_ends_without_an_answer() -> None:
    async def story(bench: Bench) -> None:
        bench.dispatch.send(query("a", venue="GONE"))
        await asyncio.sleep(60)
        assert bench.delivered == []
        assert bench.dispatch._queries == {}

    play(story)
