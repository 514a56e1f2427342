"""Broadcast: quotes may be dropped, nothing else; the number of subscribers is bounded."""

from __future__ import annotations

import asyncio

import pytest

from tradewind.model.errors import OutsideError
from tradewind.runtime.broadcast import SUBSCRIBERS_MAX, Broadcast, Subscription
from tradewind.runtime.read_models import Update


def names(subscription: Subscription) -> list[str]:
    """Read what waits, then close."""

    async def read() -> list[str]:
        subscription.close("enough")
        return [update.name async for update in subscription]

    return asyncio.run(read())


def publish(broadcast: Broadcast, *updates: str) -> None:
    for sequence, name in enumerate(updates):
        broadcast.publish(Update(name, sequence, {}))


def test_the_oldest_quote_makes_room_for_an_order() -> None:
    broadcast = Broadcast(queue_length_max=3)
    subscription = broadcast.subscribe()
    publish(broadcast, "order", "quote", "position", "order")
    assert names(subscription) == ["order", "position", "order"]
    assert subscription.dropped_count == 1


def test_a_quote_that_finds_no_room_is_dropped() -> None:
    broadcast = Broadcast(queue_length_max=2)
    subscription = broadcast.subscribe()
    publish(broadcast, "order", "order", "quote")
    assert (subscription.dropped_count, subscription.closed_reason) == (1, "")
    assert names(subscription) == ["order", "order"]


def test_a_full_queue_is_no_reason_and_one_order_more_is() -> None:
    broadcast = Broadcast(queue_length_max=2)
    subscription = broadcast.subscribe()
    publish(broadcast, "order", "order")
    assert subscription.closed_reason == ""
    publish(broadcast, "halt")
    assert subscription.closed_reason == "too slow: more than 2 updates were waiting"
    assert broadcast.subscriber_count == 0


def test_one_slow_subscriber_does_not_cost_another_anything() -> None:
    broadcast = Broadcast(queue_length_max=1)
    slow, quick = broadcast.subscribe(), broadcast.subscribe()

    async def read_along() -> list[int]:
        sequences = []
        for sequence in range(3):
            broadcast.publish(Update("order", sequence, {}))
            sequences.append((await anext(quick)).sequence)
        return sequences

    assert asyncio.run(read_along()) == [0, 1, 2]
    assert slow.closed_reason


def test_one_subscriber_more_than_allowed_is_refused() -> None:
    broadcast = Broadcast()
    for _ in range(SUBSCRIBERS_MAX):
        broadcast.subscribe()
    with pytest.raises(OutsideError, match="64 subscribers"):
        broadcast.subscribe()


def test_closing_ends_all_subscriptions_with_the_reason() -> None:
    broadcast = Broadcast()
    subscription = broadcast.subscribe()
    broadcast.close("the engine stops")
    assert names(subscription) == []
    assert subscription.closed_reason == "the engine stops"
