"""Clock offset: how far a venue's clock is ahead of ours, as well as asking can tell."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

SAMPLES_MAX = 8
"""Answers looked back at; one more drops the oldest."""
MOVED_NS = 50_000_000
"""An answer this far from what the others allow shows that a clock was set: they are dropped."""


class OffsetSample(NamedTuple):
    """One question for the time: the estimate, and how wrong it may be."""

    offset_ns: int
    error_ns: int


class ClockOffset:
    """Estimates the offset from when a question was sent, what was answered, when it arrived.

    The answer was written at some moment between the two, so the middle is wrong by half the
    round trip at most; of the last few samples the one with the shortest round trip counts. A
    sample that contradicts it counts alone: one of the clocks was set.

    >>> offset = ClockOffset()
    >>> offset.add(sent_ns=0, venue_ns=1_000, received_ns=100)
    >>> offset.add(sent_ns=200, venue_ns=1_190, received_ns=220)
    >>> offset.offset_ns, offset.error_ns, offset.venue_ns(1_000)
    (980, 10, 1980)
    """

    __slots__ = ("_best", "_samples")

    def __init__(self) -> None:
        self._samples: deque[OffsetSample] = deque(maxlen=SAMPLES_MAX)
        self._best = OffsetSample(0, 0)

    @property
    def is_known(self) -> bool:
        """Whether anybody answered yet."""
        return bool(self._samples)

    @property
    def offset_ns(self) -> int:
        """The venue's clock minus ours; 0 until it is known."""
        return self._best.offset_ns

    @property
    def error_ns(self) -> int:
        """Half the round trip of the sample that counts."""
        return self._best.error_ns

    def add(self, *, sent_ns: int, venue_ns: int, received_ns: int) -> None:
        """Take an answer; one that arrived before it was asked for shows a moved clock."""
        if received_ns < sent_ns:
            self._samples.clear()
            return
        middle_ns = (sent_ns + received_ns) // 2
        sample = OffsetSample(venue_ns - middle_ns, (received_ns - sent_ns) // 2)
        apart_ns = abs(sample.offset_ns - self._best.offset_ns)
        if self._samples and apart_ns > sample.error_ns + self._best.error_ns + MOVED_NS:
            self._samples.clear()
        self._samples.append(sample)
        self._best = min(self._samples, key=lambda sample: sample.error_ns)

    def forget(self) -> None:
        """Our clock was set, or the venue says that it is wrong: only new answers count."""
        self._samples.clear()

    def venue_ns(self, ours_ns: int) -> int:
        """The venue's time at a time of ours."""
        return ours_ns + self._best.offset_ns
