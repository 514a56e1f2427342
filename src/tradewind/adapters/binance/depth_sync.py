"""The depth algorithm: which updates belong to a snapshot, in which order, and where one is lost.

Spot frames chain by `first_id == last applied + 1`, USD-M frames by `previous_id`; the frame
tells which. Nothing here fetches: whoever owns the connection looks at `needs_snapshot`.
"""

from __future__ import annotations

from collections import deque

import msgspec

from tradewind.adapters.binance.rows import DepthSnapshotRow, DepthUpdateRow

UPDATES_MAX = 10_000
"""Updates kept while a snapshot is awaited, 17 minutes of spot; one more drops the oldest."""


class DepthGap(msgspec.Struct, frozen=True):
    """Updates were lost: the book is wrong from here until the next snapshot."""

    venue_time_ns: int


Applied = DepthSnapshotRow | DepthUpdateRow | DepthGap


class DepthSync:
    """What is to be applied to one instrument's book, from snapshots and updates as they come.

    Both doors answer with what to apply now, in order. Before the first snapshot and behind a gap
    updates are buffered and `needs_snapshot` is true: fetch one and give it to `take_snapshot`.
    A snapshot older than what is buffered is refused (`snapshots_too_old`) and needs another.

    >>> sync = DepthSync()
    >>> sync.take_update(DepthUpdateRow("X", 1, 6, 8, -1, [(100, 2)], []))
    []
    >>> snapshot = DepthSnapshotRow("X", 1, 7, [(99, 1)], [(101, 1)])
    >>> [type(row).__name__ for row in sync.take_snapshot(snapshot)]
    ['DepthSnapshotRow', 'DepthUpdateRow']
    >>> sync.take_update(DepthUpdateRow("X", 5, 10, 11, -1, [], [])), sync.needs_snapshot
    ([DepthGap(venue_time_ns=5)], True)
    """

    __slots__ = (
        "_buffer",
        "_snapshot_id",
        "applied",
        "dropped",
        "gaps",
        "last_id",
        "needs_snapshot",
        "snapshots",
        "snapshots_too_old",
        "updates_max",
    )

    def __init__(self, updates_max: int = UPDATES_MAX) -> None:
        self.updates_max = updates_max
        self.needs_snapshot = True
        self.last_id = -1
        """Update id that the book stands at; -1 while it stands nowhere."""
        self.applied = self.dropped = self.gaps = 0
        self.snapshots = self.snapshots_too_old = 0
        self._snapshot_id = -1  # id of the snapshot until the first update is chained to it
        self._buffer: deque[DepthUpdateRow] = deque()

    @property
    def is_waiting(self) -> bool:
        """Whether updates are buffered for a snapshot to come."""
        return bool(self._buffer)

    def lose(self) -> list[Applied]:
        """The stream broke off: what was buffered is of no use, and the book is wrong from here."""
        self._buffer.clear()
        if self.needs_snapshot:
            return []
        self.gaps += 1
        self.needs_snapshot = True
        self.last_id = self._snapshot_id = -1
        return [DepthGap(0)]

    def take_update(self, update: DepthUpdateRow) -> list[Applied]:
        """What the next frame of the stream gives: itself, nothing, or a gap."""
        if self.needs_snapshot:
            self._keep(update)
            return []
        if self._is_known(update):
            self.dropped += 1
            return []
        if not self._follows(update):
            self._lose(update)
            return [DepthGap(update.venue_time_ns)]
        self._apply(update)
        return [update]

    def take_snapshot(self, snapshot: DepthSnapshotRow) -> list[Applied]:
        """What a snapshot gives: itself and the buffered updates that follow it, or nothing."""
        waiting = [update for update in self._buffer if not _is_before(update, snapshot.last_id)]
        if self._is_too_old(snapshot, waiting):
            self.snapshots_too_old += 1
            return []
        self.dropped += len(self._buffer) - len(waiting)
        self._buffer.clear()
        self.snapshots += 1
        self.needs_snapshot = False
        self.last_id = self._snapshot_id = snapshot.last_id
        applied: list[Applied] = [snapshot]
        for update in waiting:
            applied += self.take_update(update)
        return applied

    def _is_too_old(self, snapshot: DepthSnapshotRow, waiting: list[DepthUpdateRow]) -> bool:
        if not self.needs_snapshot:  # one that nobody needs may not set the book back
            return snapshot.last_id < self.last_id
        return bool(waiting) and not _touches(waiting[0], snapshot.last_id)

    def _is_known(self, update: DepthUpdateRow) -> bool:
        if self._snapshot_id >= 0:
            return _is_before(update, self._snapshot_id)
        return update.last_id <= self.last_id

    def _follows(self, update: DepthUpdateRow) -> bool:
        if self._snapshot_id >= 0:
            return _touches(update, self._snapshot_id)
        if update.previous_id >= 0:
            return update.previous_id == self.last_id
        return update.first_id == self.last_id + 1

    def _apply(self, update: DepthUpdateRow) -> None:
        self.applied += 1
        self.last_id = update.last_id
        self._snapshot_id = -1

    def _lose(self, update: DepthUpdateRow) -> None:
        self.gaps += 1
        self.needs_snapshot = True
        self.last_id = self._snapshot_id = -1
        self._keep(update)

    def _keep(self, update: DepthUpdateRow) -> None:
        if len(self._buffer) == self.updates_max:
            self._buffer.popleft()
            self.dropped += 1
        self._buffer.append(update)


def _is_before(update: DepthUpdateRow, snapshot_id: int) -> bool:
    """Whether the snapshot has all of an update (USD-M wants the one that ends there applied)."""
    if update.previous_id >= 0:
        return update.last_id < snapshot_id
    return update.last_id <= snapshot_id


def _touches(update: DepthUpdateRow, snapshot_id: int) -> bool:
    """Whether an update is the first one behind a snapshot, with nothing between them."""
    if update.previous_id >= 0:
        return update.first_id <= snapshot_id <= update.last_id
    return update.first_id <= snapshot_id + 1 <= update.last_id
