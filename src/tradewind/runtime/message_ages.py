"""How old messages of another process are, without a clock that both have."""

from __future__ import annotations

WINDOW_NS = 30_000_000_000
"""The quickest message of so long a time is taken for one that was not under way at all."""


class MessageAges:
    """Compares each message's delay with the least one of late.

    Clocks that only go on differ by a constant, and drift little in a minute.

    >>> ages = MessageAges()
    >>> [ages.age_s(sent, now) for sent, now in ((0, 70), (10**9, 10**9 + 50), (0, 2 * 10**9 + 50))]
    [0.0, 0.0, 2.0]
    """

    def __init__(self) -> None:
        self._least: list[int] = []
        self._begun_ns = 0

    def age_s(self, sent_ns: int, now_ns: int) -> float:
        """Seconds since a message was sent, less what the quickest one took."""
        delay_ns = now_ns - sent_ns
        if not self._least or now_ns - self._begun_ns > WINDOW_NS:
            self._least = [delay_ns, *self._least[:1]]
            self._begun_ns = now_ns
        self._least[0] = min(self._least[0], delay_ns)
        return (delay_ns - min(self._least)) / 1e9
