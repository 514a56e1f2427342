"""The replay log of a publisher: its newest batches by number, kept by a recorder."""

from __future__ import annotations

from collections import deque

from tradewind.model.columns import Columns
from tradewind.model.messages import MarketRecorded
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.segments import Segments

KEPT_BYTES_MAX = 256 << 20
"""Beyond it the oldest segment goes."""
SEGMENT_BYTES_MAX = 16 << 20
KEPT_BATCHES_MAX = 100_000
"""Beyond it the oldest batches cannot be asked for any more."""


class ReplayLog:
    """Numbers batches and gives them back; a disk that takes no more empties it, and it says so.

    >>> from tradewind.runtime.segments import MemorySegments
    >>> ReplayLog(MemorySegments()).first
    1
    """

    def __init__(
        self,
        segments: Segments,
        *,
        kept_bytes_max: int = KEPT_BYTES_MAX,
        segment_bytes_max: int = SEGMENT_BYTES_MAX,
        kept_batches_max: int = KEPT_BATCHES_MAX,
    ) -> None:
        self.sequence = 0
        self.complaint = ""
        self._segments = segments
        self._segment_bytes_max = segment_bytes_max
        self._recorder = self._new_recorder()
        self._kept_bytes_max = kept_bytes_max
        self._references: deque[MarketRecorded] = deque(maxlen=kept_batches_max)
        self._segment = ""

    @property
    def first(self) -> int:
        """The number of the oldest batch that can be had; that of the next one where none can."""
        return self.sequence - len(self._references) + 1

    def keep(self, columns: Columns) -> int:
        """Keep a batch of at least one row and return its number."""
        self.sequence += 1
        try:
            reference = self._recorder.record(columns)
        except OSError as error:
            self._give_up(error)
            return self.sequence
        self.complaint = ""
        self._references.append(reference)
        if reference.segment != self._segment:
            self._segment = reference.segment
            self._prune()
        return self.sequence

    def read(self, first: int, last: int) -> list[Columns]:
        """The batches of these numbers, without those that are gone or not there yet.

        Raises `JournalDamaged` where one is not what was written.
        """
        start = max(first, self.first) - self.first
        stop = min(last, self.sequence) - self.first + 1
        return [self._recorder.read(self._references[place]) for place in range(start, stop)]

    def close(self) -> None:
        """Let go of files."""
        self._recorder.close()

    def _new_recorder(self) -> Recorder:
        return Recorder(self._segments, segment_bytes_max=self._segment_bytes_max)

    def _prune(self) -> None:
        """Let the oldest segments go, and what refers to them."""
        names = self._segments.names()
        while len(names) > 1 and self._segments.size_bytes() > self._kept_bytes_max:
            self._segments.remove(names.pop(0))
        while self._references and self._references[0].segment < names[0]:
            self._references.popleft()

    def _give_up(self, error: OSError) -> None:
        """Go on with nothing kept: what was half written lies in a segment that is left."""
        reason = error.strerror or str(error)
        self.complaint = f"nothing that a subscriber missed can be replayed: {reason}"
        self._references.clear()
        for name in self._segments.names()[:-1]:
            self._segments.remove(name)
        self._recorder = self._new_recorder()
