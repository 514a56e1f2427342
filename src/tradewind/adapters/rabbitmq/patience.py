"""How long a call may take: less where calls have been quick, more the longer trouble lasts."""

from __future__ import annotations

CALL_S = 2.0
"""The longest one call may take: a frozen node would hold its client for ever."""
PROMPT_CALL_S = 1.0
"""What a call may take where they have been quick: a node that is parted from the others gives
signs of life, and no answer that it needs them for."""
TROUBLED_CALL_S = 0.4
"""The shortest one: what is asked while a queue changes its leader may stay without an answer."""
QUICK = 2
"""A call may take so many times as long as the slowest one lately."""
KEPT = 0.98
"""How much of the slowest call still counts at the next one."""


class Patience:
    """Of one connection; times are seconds of the monotonic clock.

    >>> patience = Patience()
    >>> patience.allowed_s(10.0)
    2.0
    >>> patience.note_failure(12.0)
    >>> patience.allowed_s(12.1), patience.allowed_s(15.0), patience.allowed_s(99.0)
    (0.4, 1.5, 2.0)
    """

    def __init__(self) -> None:
        self._slowest_s = CALL_S / QUICK  # Nothing is known to be quick.
        self._trouble_since_s: float | None = None

    def allowed_s(self, now_s: float, least_s: float = PROMPT_CALL_S) -> float:
        """What a call may take now; at least `least_s` where there is no trouble."""
        if self._trouble_since_s is None:
            return min(CALL_S, max(least_s, QUICK * self._slowest_s))
        # After a while of trouble it may be a server that is slow.
        return min(CALL_S, max(TROUBLED_CALL_S, (now_s - self._trouble_since_s) / 2))

    def note_success(self, took_s: float) -> None:
        """A call was answered."""
        self._trouble_since_s = None
        self._slowest_s = max(took_s, KEPT * self._slowest_s)

    def note_failure(self, now_s: float) -> None:
        """A call failed; the trouble began with the first one."""
        if self._trouble_since_s is None:
            self._trouble_since_s = now_s
