"""The countdown at a venue: renewed by an engine that works, and no order leaves without it."""

from __future__ import annotations

import asyncio

import pytest

from tests.runtime.venue_engine import VenueEngine
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.trading import Connection, CountsDown
from tradewind.runtime.countdown import RENEWALS, RETRY_S, SECONDS_MIN, Countdown, refuse_many
from tradewind.runtime.venue_watch import VenueWatch
from tradewind.testing.virtual_time import run_virtually

SECONDS = 30
NAMES = ("BTC", "ETH")


class Counting:
    """A venue that only counts down; `calls` are what it was told, with when."""

    venue = "V"
    countdowns_per_minute_max = 120

    def __init__(self) -> None:
        self.connection = Connection(is_up=True, count=1)
        self.failure: Exception | None = None
        self.calls: list[tuple[float, str, int]] = []

    async def count_down(self, instrument: str, *, milliseconds: int) -> None:
        """Note it."""
        self.calls.append((asyncio.get_running_loop().time(), instrument, milliseconds))
        if self.failure is not None:
            raise self.failure


class Bench:
    """A countdown of two instruments whose engine may be alive or not."""

    def __init__(self) -> None:
        self.venue = Counting()
        self.is_alive = True
        self.countdown = Countdown(
            self.venue, NAMES, seconds=SECONDS, may_renew=lambda: self.is_alive
        )

    async def run(self, seconds: float) -> int:
        """Let it run; how many calls that made."""
        before = len(self.venue.calls)
        running = asyncio.create_task(self.countdown.run())
        await asyncio.sleep(seconds)
        running.cancel()
        return len(self.venue.calls) - before


def test_it_is_renewed_three_times_as_often_as_it_would_run_out() -> None:
    async def scenario() -> None:
        bench = Bench()
        assert await bench.run(2 * SECONDS - 1) == 2 * RENEWALS * len(NAMES)
        assert {call[1:] for call in bench.venue.calls} == {(each, 30_000) for each in NAMES}
        assert bench.countdown.problem() == ""

    run_virtually(scenario())


def test_an_engine_that_is_cut_off_or_cannot_write_does_not_renew() -> None:
    async def scenario() -> None:
        bench = Bench()
        await bench.countdown.renew()
        bench.venue.connection = Connection(is_up=False, count=1)
        assert await bench.run(SECONDS - 1) == 0
        assert bench.countdown.problem() == ""
        await asyncio.sleep(1)
        assert bench.countdown.problem() == (
            "the countdown of BTC ran out at the venue: the venue is not connected"
        )
        bench.venue.connection = Connection(is_up=True, count=2)
        bench.is_alive = False
        assert await bench.run(10) == 0
        assert bench.countdown.problem().endswith("the journal is silent")
        bench.is_alive = True
        assert await bench.run(RETRY_S) == len(NAMES)
        assert bench.countdown.problem() == ""

    run_virtually(scenario())


def test_a_renewal_that_fails_is_tried_again_each_second() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.venue.failure = OutsideError("nobody there", fault="theirs", retry=True)
        assert await bench.run(3 * RETRY_S - 0.5) == 3 * len(NAMES)
        assert bench.countdown.problem() == "the countdown of BTC is not set: nobody there"
        assert not bench.countdown.is_set

    run_virtually(scenario())


def test_an_orderly_end_ends_each_countdown_and_one_that_fails_does_not_keep_the_rest() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.venue.failure = OutsideError("nobody there", fault="theirs", retry=True)
        await bench.countdown.end()
        assert [call[1:] for call in bench.venue.calls] == [(each, 0) for each in NAMES]

    run_virtually(scenario())


def test_no_order_leaves_until_the_countdown_stands_nor_after_it_ran_out() -> None:
    async def scenario() -> None:
        engine, bench = VenueEngine(), Bench()
        bench.venue.failure = OutsideError("nobody there", fault="theirs", retry=True)
        engine.watch = VenueWatch(
            engine.paper, engine.reconciliation, engine.loop, countdown=bench.countdown
        )
        await engine.start()
        await engine.watch.check()
        assert engine.watch.lost_reason == "the countdown of BTC is not set: nobody there"
        await engine.order(1, 100)
        assert [one.rule for one in engine.told(m.OrderDenied)] == ["venue_lost"]
        bench.venue.failure = None
        await engine.watch.check()
        assert engine.watch.lost_reason == ""
        await asyncio.sleep(SECONDS)
        await engine.watch.check()
        assert engine.watch.lost_reason.startswith("the countdown of BTC ran out at the venue")
        await bench.countdown.renew()
        await engine.watch.check()
        assert engine.watch.lost_reason == ""
        await engine.dispatch.close()

    run_virtually(scenario())


def test_a_countdown_that_is_too_short_or_takes_too_many_calls_is_refused() -> None:
    venue = Counting()
    assert isinstance(venue, CountsDown)
    refuse_many(venue, ["BTC"], SECONDS_MIN)
    with pytest.raises(UserError, match="give 5 s or more, or 0 for none"):
        refuse_many(venue, ["BTC"], SECONDS_MIN - 1)
    refuse_many(venue, ["BTC"] * 40, 60)
    with pytest.raises(UserError, match=r"for 41 instruments at V .* give 62 s or more"):
        refuse_many(venue, ["BTC"] * 41, 60)
