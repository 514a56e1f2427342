"""In order: numbered batches handed on without a gap, or with the gap told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from tradewind.ports.bus import Missed, TakeMissed

HELD_MAX = 1_000
"""Batches kept behind a gap; what comes beyond them is asked for again later."""

T = TypeVar("T")


class InOrder(Generic[T]):
    """Hands batches on in the order of their numbers, and knows which are missing.

    >>> order = InOrder(print, print)
    >>> order.begin(1, 4)
    >>> order.take(1, 7, "seven")
    >>> order.missing()
    (5, 6)
    >>> order.take(1, 5, "five")
    five
    >>> order.take(1, 6, "six")
    six
    seven
    """

    def __init__(
        self, take: Callable[[T], None], missed: TakeMissed, *, held_max: int = HELD_MAX
    ) -> None:
        self.session = 0
        self.gap_count = self.missed_count = 0
        self._take = take
        self._missed = missed
        self._held_max = held_max
        self._held: dict[int, T] = {}
        self._next = 1
        self._newest = 0

    @property
    def position(self) -> int:
        """The number of the batch that was handed on last."""
        return self._next - 1

    def begin(self, session: int, sequence: int) -> None:
        """Stand behind a batch of a session."""
        self.session = session
        self._held.clear()
        self._next, self._newest = sequence + 1, sequence

    def take(self, session: int, sequence: int, item: T) -> None:
        """Take a batch; it, and what waited for it, is handed on where nothing is missing."""
        self._follow(session)
        if sequence < self._next:
            return
        if sequence == self._next:
            self._newest = max(self._newest, sequence)
            self._hand_on(item)
            self._hand_on_held()
            return
        self.heard(session, sequence)
        if len(self._held) < self._held_max:
            self._held[sequence] = item

    def heard(self, session: int, sequence: int) -> None:
        """Learn which batch is the publisher's newest."""
        self._follow(session)
        if self._newest < self._next <= sequence and sequence > self._newest:
            self.gap_count += 1
        self._newest = max(self._newest, sequence)

    def missing(self) -> tuple[int, int] | None:
        """First and last number of what is missing before anything can be handed on."""
        if self._next > self._newest:
            return None
        return self._next, min(self._held, default=self._newest + 1) - 1

    def give_up(self, last: int, why: str) -> None:
        """Go on without what is missing up to a number."""
        first, last = self._next, min(last, self._newest)
        if last < first:
            return
        self._tell(Missed(self.session, first, last, why))
        waiting = sorted(number for number in self._held if number <= last)
        self._next = last + 1
        for number in waiting:
            del self._held[number]
        self._hand_on_held()

    def _follow(self, session: int) -> None:
        """Go over to another session: its publisher has taken the place of the first."""
        if session != self.session:
            if self.session:
                self._tell(Missed(self.session, self._next, 0, "the publisher began anew"))
            self.begin(session, 0)

    def _hand_on_held(self) -> None:
        while self._next in self._held:
            self._hand_on(self._held.pop(self._next))

    def _hand_on(self, item: T) -> None:
        self._next += 1
        self._take(item)

    def _tell(self, missed: Missed) -> None:
        self.missed_count += max(1, missed.last - missed.first + 1)
        self._missed(missed)
