"""Back-off: how long to wait before the next try, growing and with jitter."""

from __future__ import annotations

from collections.abc import Callable

Chance = Callable[[], float]
"""A number in [0, 1), like `random.Random(7).random`."""

EXPONENT_MAX = 30


class Backoff:
    """Waits between `least_s` and a bound that doubles with every try up to `most_s`.

    The place between the two is drawn, so that many clients do not come back at once. `reset`
    after a success begins anew.

    >>> backoff = Backoff(least_s=0.5, most_s=4.0, chance=lambda: 1.0)
    >>> [backoff.next_s() for _ in range(5)]
    [0.5, 1.0, 2.0, 4.0, 4.0]
    >>> backoff.reset()
    >>> backoff.next_s()
    0.5
    """

    __slots__ = ("_chance", "_least_s", "_most_s", "tries")

    def __init__(self, *, least_s: float, most_s: float, chance: Chance) -> None:
        assert 0 < least_s <= most_s, f"back-off from {least_s} to {most_s} s"
        self._least_s = least_s
        self._most_s = most_s
        self._chance = chance
        self.tries = 0
        """Waits given out since the last success."""

    def next_s(self) -> float:
        """Seconds to wait before the next try."""
        bound_s = min(self._most_s, self._least_s * 2.0 ** min(self.tries, EXPONENT_MAX))
        self.tries += 1
        return self._least_s + (bound_s - self._least_s) * self._chance()

    def reset(self) -> None:
        """It worked: the next wait is the shortest again."""
        self.tries = 0
