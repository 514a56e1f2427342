"""Numbered batches are handed on in order; gaps are asked for, given up, told."""

from __future__ import annotations

import random

import pytest

from tradewind.ports.bus import Missed
from tradewind.runtime.in_order import InOrder


class Told:
    """What was handed on and missed, in one list."""

    def __init__(self, held_max: int = 100) -> None:
        self.all: list[int | Missed] = []
        self.order: InOrder[int] = InOrder(self.all.append, self.all.append, held_max=held_max)
        self.order.begin(1, 0)


@pytest.fixture
def told() -> Told:
    return Told()


def test_batches_behind_a_gap_wait_for_it(told: Told) -> None:
    for sequence in (1, 3, 4):
        told.order.take(1, sequence, sequence)
    assert (told.all, told.order.missing()) == ([1], (2, 2))
    told.order.take(1, 2, 2)
    assert (told.all, told.order.missing()) == ([1, 2, 3, 4], None)


def test_a_batch_that_comes_twice_is_handed_on_once(told: Told) -> None:
    for sequence in (1, 1, 3, 3, 2, 2, 3):
        told.order.take(1, sequence, sequence)
    assert told.all == [1, 2, 3]


def test_a_heartbeat_tells_of_a_loss_at_the_end(told: Told) -> None:
    told.order.take(1, 1, 1)
    told.order.heard(1, 4)
    assert told.order.missing() == (2, 4)
    assert told.order.gap_count == 1


def test_what_is_given_up_is_told_before_what_follows_it(told: Told) -> None:
    told.order.take(1, 4, 4)
    told.order.give_up(2, "gone")
    assert told.all == [Missed(1, 1, 2, "gone")]
    assert told.order.missing() == (3, 3)
    told.order.take(1, 3, 3)
    assert told.all[1:] == [3, 4]
    assert told.order.missed_count == 2


def test_what_is_there_is_not_given_up(told: Told) -> None:
    told.order.take(1, 3, 3)
    told.order.give_up(99, "gone")
    assert told.all == [Missed(1, 1, 3, "gone")]
    told.order.give_up(99, "gone")
    assert len(told.all) == 1


def test_a_publisher_that_begins_anew_is_followed_from_its_first(told: Told) -> None:
    told.order.take(1, 1, 1)
    told.order.take(9, 2, 20)
    assert told.all == [1, Missed(1, 2, 0, "the publisher began anew")]
    assert told.order.missing() == (1, 1)
    told.order.take(9, 1, 10)
    assert told.all[2:] == [10, 20]


def test_what_there_is_no_room_for_is_missing_again() -> None:
    told = Told(held_max=2)
    for sequence in (2, 3, 4, 5):
        told.order.take(1, sequence, sequence)
    told.order.take(1, 1, 1)
    assert (told.all, told.order.missing()) == ([1, 2, 3], (4, 5))


@pytest.mark.parametrize("seed", range(20))
def test_any_loss_and_disorder_ends_whole(seed: int) -> None:
    chance = random.Random(seed)
    told = Told(held_max=5)
    numbers = list(range(1, 101))
    chance.shuffle(numbers)
    for number in numbers[:60]:
        told.order.take(1, number, number)
    told.order.heard(1, 100)
    while (missing := told.order.missing()) is not None:
        for number in range(missing[0], missing[1] + 1):
            if chance.random() < 0.7:
                told.order.take(1, number, number)
    assert told.all == list(range(1, 101))
