"""A recorder whose batches can be had again, as objects, until the turn that recorded them ends."""

from __future__ import annotations

from tradewind.model.columns import Columns
from tradewind.model.messages import MarketRecorded
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.segments import Segments


class FollowedRecorder(Recorder):
    """Remembers what was recorded since `take_recorded`: at most what one turn steps."""

    def __init__(self, segments: Segments) -> None:
        super().__init__(segments)
        self._recorded: list[Columns] = []

    def record(self, columns: Columns) -> MarketRecorded:
        """Append a batch, and remember it."""
        reference = super().record(columns)
        self._recorded.append(columns)
        return reference

    def take_recorded(self) -> list[Columns]:
        """The batches of the market records since the last call, in their order."""
        taken, self._recorded = self._recorded, []
        return taken
