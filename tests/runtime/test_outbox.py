"""An outbox: few messages, the important soon, nothing lost while a channel is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tradewind.model.errors import OutsideError
from tradewind.ports.notifications import Level, Message, Notice
from tradewind.runtime.outbox import LINES_MAX, Outbox, QuietHours
from tradewind.testing.virtual_time import START_NS, VirtualClock, run_virtually

HOUR_MINUTE = START_NS // 60_000_000_000 % (24 * 60)
"""The minute of the day at which virtual time begins."""


class Receiver:
    """A channel that keeps what it is told and when, and fails where it is told to."""

    name = "receiver"

    def __init__(self, *failures: bool) -> None:
        self.failures = list(failures)
        self.got: list[tuple[float, Message]] = []

    async def send(self, message: Message) -> None:
        if self.failures:
            raise OutsideError("gone", fault="theirs", retry=self.failures.pop(0))
        self.got.append((asyncio.get_running_loop().time(), message))

    async def close(self) -> None:
        """Nothing is kept."""


def notice(sequence: int, level: Level = Level.WARNING, kind: str = "denial") -> Notice:
    """A notice whose text is its own."""
    return Notice(sequence, 0, level, kind, f"{kind} {sequence}")


def box(receiver: Receiver, told: int = 0, **changes: Any) -> Outbox:
    """An outbox of warnings without quiet hours."""
    terms: dict[str, Any] = {"level": Level.WARNING, "quiet": QuietHours()} | changes
    return Outbox(receiver, told=told, now_ns=VirtualClock().now_ns, **terms)


def play(outbox: Outbox, script: Coroutine[Any, Any, None]) -> None:
    """Run a script beside an outbox, on virtual time."""

    async def both() -> None:
        sending = asyncio.create_task(outbox.run())
        await script
        sending.cancel()

    run_virtually(both())


def test_a_storm_of_denials_is_one_message_with_its_number() -> None:
    receiver = Receiver()
    outbox = box(receiver)

    async def storm() -> None:
        for number in range(1, 1001):
            outbox.add(notice(number))
            await asyncio.sleep(0.001)
        outbox.reach(1000)
        await asyncio.sleep(30)

    play(outbox, storm())
    ((at_s, message),) = receiver.got
    assert at_s < 5
    assert message.title == "Tradewind warning: 1000 denials"
    assert message.lines == (*(f"denial {n}" for n in range(1, LINES_MAX + 1)), "and 990 more")
    assert outbox.told == 1000


def test_a_storm_that_goes_on_is_a_message_now_and_then() -> None:
    receiver = Receiver()
    outbox = box(receiver)

    async def storm() -> None:
        for number in range(1, 601):
            outbox.add(notice(number))
            outbox.reach(number)
            await asyncio.sleep(0.1)
        await asyncio.sleep(60)

    play(outbox, storm())
    assert len(receiver.got) == 4
    assert sum(message.counts["denial"] for _, message in receiver.got) == 600


def test_what_is_critical_is_told_within_five_seconds_also_in_a_storm() -> None:
    receiver = Receiver()
    outbox = box(receiver)

    async def storm() -> None:
        for number in range(1, 101):
            outbox.add(notice(number))
            await asyncio.sleep(0.1)
        outbox.add(notice(101, Level.CRITICAL, "halt"))
        await asyncio.sleep(30)

    play(outbox, storm())
    at_s, message = next((at, each) for at, each in receiver.got if "halt" in each.counts)
    assert at_s - 10 < 5
    assert message.lines[0] == "halt 101"
    assert message.level is Level.CRITICAL


def test_lesser_notices_and_those_already_told_are_left_out() -> None:
    receiver = Receiver()
    outbox = box(receiver, told=5)

    async def some() -> None:
        outbox.add(notice(5))
        outbox.add(notice(6, Level.INFO))
        outbox.reach(6)
        await asyncio.sleep(60)
        assert outbox.told == 6
        outbox.add(notice(7))
        await asyncio.sleep(60)

    play(outbox, some())
    assert [message.lines for _, message in receiver.got] == [("denial 7",)]


def test_quiet_hours_let_only_what_is_critical_through_and_tell_the_rest_in_the_end() -> None:
    receiver = Receiver()
    ends = (HOUR_MINUTE + 10) % (24 * 60)
    outbox = box(receiver, quiet=QuietHours(HOUR_MINUTE, ends))

    async def night() -> None:
        outbox.add(notice(1))
        await asyncio.sleep(60)
        assert receiver.got == []
        outbox.add(notice(2, Level.CRITICAL, "halt"))
        await asyncio.sleep(60)
        assert len(receiver.got) == 1
        outbox.add(notice(3))
        await asyncio.sleep(900)

    play(outbox, night())
    assert [message.counts for _, message in receiver.got] == [
        {"denial": 1, "halt": 1},
        {"denial": 1},
    ]
    assert receiver.got[1][0] >= 500


def test_a_channel_that_is_gone_is_tried_again_and_told_everything_at_once() -> None:
    receiver = Receiver(True, True)
    outbox = box(receiver)

    async def some() -> None:
        outbox.add(notice(1))
        outbox.reach(1)
        await asyncio.sleep(2)
        assert outbox.failure == "gone"
        assert outbox.told == 0
        outbox.add(notice(2))
        outbox.reach(2)
        await asyncio.sleep(30)

    play(outbox, some())
    assert [message.lines for _, message in receiver.got] == [("denial 1", "denial 2")]
    assert (outbox.told, outbox.failure) == (2, "")


def test_a_message_that_is_refused_for_good_is_not_sent_for_ever() -> None:
    receiver = Receiver(False)
    outbox = box(receiver)

    async def some() -> None:
        outbox.add(notice(1))
        outbox.reach(1)
        await asyncio.sleep(30)
        outbox.add(notice(2))
        outbox.reach(2)
        await asyncio.sleep(30)

    play(outbox, some())
    assert [message.lines for _, message in receiver.got] == [("denial 2",)]


@pytest.mark.parametrize(
    ("minute", "is_quiet"), [(1319, False), (1320, True), (0, True), (389, True), (390, False)]
)
def test_quiet_hours_go_over_midnight(minute: int, is_quiet: bool) -> None:
    assert QuietHours(22 * 60, 6 * 60 + 30).holds(minute * 60_000_000_000) is is_quiet
