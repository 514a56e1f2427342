"""Broadcast of read-model updates to subscribers, each with a bounded queue.

A subscriber that does not keep up misses quotes, oldest first; one that would miss anything else
is closed, with the reason. Publishing and reading happen on one event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from tradewind.model.errors import OutsideError
from tradewind.runtime.read_models import DROPPABLE, Update

QUEUE_LENGTH_MAX = 1000
"""Beyond it a quote is dropped, or the subscriber is closed."""
SUBSCRIBERS_MAX = 64
"""Beyond it a subscription is refused."""


class Subscription:
    """What one subscriber reads: iterate, and see `closed_reason` and `dropped_count` after."""

    def __init__(self, broadcast: Broadcast, queue_length_max: int) -> None:
        self.closed_reason = ""
        self.dropped_count = 0
        self._broadcast = broadcast
        self._queue: deque[Update] = deque()
        self._queue_length_max = queue_length_max
        self._changed = asyncio.Event()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Update:
        while not self._queue:
            if self.closed_reason:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._queue.popleft()

    async def several(self) -> list[Update]:
        """All that waits, once something does; nothing where the subscription has ended."""
        while not self._queue and not self.closed_reason:
            self._changed.clear()
            await self._changed.wait()
        found = list(self._queue)
        self._queue.clear()
        return found

    def leave_out(self, told: Iterable[Update]) -> None:
        """Forget of what waits all that the subscriber was told in another way."""
        known = {id(update) for update in told}
        self._queue = deque(update for update in self._queue if id(update) not in known)

    def close(self, reason: str) -> None:
        """End the subscription; what waits can still be read."""
        if not self.closed_reason:
            self.closed_reason = reason
            self._broadcast.forget(self)
            self._changed.set()

    def put(self, update: Update) -> None:
        """Queue an update, making room by the rule of this file."""
        if len(self._queue) >= self._queue_length_max and not self._drop_one(update):
            return
        self._queue.append(update)
        self._changed.set()

    def _drop_one(self, update: Update) -> bool:
        """Make room by dropping the oldest quote; without one the newcomer, or the subscriber."""
        oldest = next((queued for queued in self._queue if queued.name in DROPPABLE), None)
        if oldest is not None:
            self._queue.remove(oldest)
            self.dropped_count += 1
            return True
        if update.name in DROPPABLE:
            self.dropped_count += 1
        else:
            self.close(f"too slow: more than {self._queue_length_max} updates were waiting")
        return False


class Broadcast:
    """The one that publishes.

    >>> broadcast = Broadcast()
    >>> subscription = broadcast.subscribe()
    >>> broadcast.publish(Update("order", 7, {"order_id": "j-cross-1"}))
    >>> asyncio.run(anext(subscription)).sequence
    7
    """

    def __init__(
        self,
        *,
        queue_length_max: int = QUEUE_LENGTH_MAX,
        subscribers_max: int = SUBSCRIBERS_MAX,
    ) -> None:
        self._queue_length_max = queue_length_max
        self._subscribers_max = subscribers_max
        self._subscriptions: list[Subscription] = []

    @property
    def subscriber_count(self) -> int:
        """How many read along; with none, an engine need not build updates."""
        return len(self._subscriptions)

    def subscribe(self) -> Subscription:
        """Add a subscriber, or raise `OutsideError` where there are too many."""
        if len(self._subscriptions) >= self._subscribers_max:
            raise OutsideError(
                f"{self._subscribers_max} subscribers read already: close one",
                fault="theirs",
                retry=True,
            )
        subscription = Subscription(self, self._queue_length_max)
        self._subscriptions.append(subscription)
        return subscription

    def publish(self, update: Update) -> None:
        """Hand an update to every subscriber; never waits."""
        for subscription in tuple(self._subscriptions):
            subscription.put(update)

    def close(self, reason: str) -> None:
        """End all subscriptions."""
        for subscription in tuple(self._subscriptions):
            subscription.close(reason)

    def forget(self, subscription: Subscription) -> None:
        """Take a closed subscription off the list."""
        self._subscriptions.remove(subscription)
