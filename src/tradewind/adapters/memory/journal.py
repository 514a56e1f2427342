"""A journal in memory: forgets at a crash what was not synced, and fails on demand."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import Literal

import msgspec

from tradewind.ports.journal import (
    SNAPSHOTS_KEPT,
    BadGroup,
    ChainChecker,
    Group,
    JournalBroken,
    JournalFull,
    Snapshot,
    Verified,
    check_all,
    check_follows,
    first_link,
    link,
    prune_end,
    pruned,
)

Fault = Literal["full", "fsync"]


class MemoryJournal:
    """`append` is `write` and `sync`; the storm calls the halves and crashes between them.

    `epoch` is durable at once. A fault of `fail_next` strikes the next `sync`: "full" stores
    nothing, "fsync" leaves it open whether the group survives, as a real disk does.

    >>> from tradewind.model.messages import ClockTicked
    >>> from tradewind.ports.journal import group_of
    >>> journal = MemoryJournal("j0")
    >>> epoch = journal.take_over()
    >>> journal.write(group_of([ClockTicked(5)], after_sequence=0, epoch=epoch, time_ns=5))
    >>> journal.crash().last_sequence
    0
    """

    def __init__(self, journal_id: str) -> None:
        self._journal_id = journal_id
        self._epoch = 0
        self._anchor = (0, first_link(journal_id))
        self._groups: list[Group] = []
        self._synced_count = 0
        self._snapshots: dict[int, Snapshot] = {}
        self._next_fault: Fault | None = None
        self._failure: JournalBroken | None = None
        self._has_reserve = True

    @property
    def journal_id(self) -> str:
        """The journal's own short name."""
        return self._journal_id

    @property
    def epoch(self) -> int:
        """The epoch taken last."""
        return self._epoch

    @property
    def last_sequence(self) -> int:
        """Number of the last durable record."""
        return self._groups[self._synced_count - 1].last if self._synced_count else self._anchor[0]

    @property
    def first_sequence(self) -> int:
        """Number of the first record that is kept."""
        return self._anchor[0] + 1

    @property
    def size_bytes(self) -> int:
        """Bytes of groups and snapshots."""
        snapshots = sum(len(snapshot.body) for snapshot in self._snapshots.values())
        return snapshots + sum(len(group.body) for group in self._groups)

    def oldest(self, count_max: int) -> list[tuple[int, int]]:
        """Last sequence and time of the oldest groups."""
        oldest = self._groups[: min(count_max, self._synced_count)]
        return [(group.last, group.time_ns) for group in oldest]

    def take_over(self) -> int:
        """Take the next epoch."""
        self._epoch += 1
        return self._epoch

    def append(self, group: Group) -> None:
        """Store a group; it survives a crash from here on."""
        self.write(group)
        self.sync()

    def write(self, group: Group) -> None:
        """Store a group that a crash may still take."""
        if self._failure is not None:
            raise self._failure
        last, chain = self._written_end()
        check_follows(group, last, self._epoch)
        self._groups.append(msgspec.structs.replace(group, chain=link(chain, group)))

    def sync(self) -> None:
        """Make what was written durable, or fail as told by `fail_next`."""
        fault, self._next_fault = self._next_fault, None
        if fault == "full":
            del self._groups[self._synced_count :]
            self._failure = JournalFull("the journal's disk is full: free space, then start again")
        elif fault == "fsync":
            self._failure = JournalBroken("the journal's disk failed: look at it, then start again")
        if self._failure is not None:
            raise self._failure
        self._synced_count = len(self._groups)

    def groups(self, after_sequence: int = 0) -> Iterator[Group]:
        """Durable groups that hold records behind `after_sequence`."""
        if after_sequence < self._anchor[0]:
            raise pruned(after_sequence, self._anchor[0])
        durable = self._groups[: self._synced_count]
        start = bisect.bisect_right(durable, after_sequence, key=lambda group: group.last)
        before = durable[start - 1] if start else None
        checker = ChainChecker(*((before.last, before.chain) if before else self._anchor))
        for group in durable[start:]:
            checker.check(group)
            yield group

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Store a snapshot."""
        if self._failure is not None:
            raise self._failure
        if snapshot.sequence > self.last_sequence:
            raise BadGroup(f"a snapshot at {snapshot.sequence} is ahead of {self.last_sequence}")
        self._snapshots[snapshot.sequence] = snapshot
        self._keep_snapshots(sorted(self._snapshots)[-SNAPSHOTS_KEPT:])

    def latest_snapshot(self, before: int | None = None) -> Snapshot | None:
        """The newest snapshot, or the newest under `before`."""
        known = [number for number in self._snapshots if before is None or number < before]
        return self._snapshots[max(known)] if known else None

    def verify(self) -> Verified:
        """Check everything."""
        return check_all(self._journal_id, self.groups(self._anchor[0]), self._anchor)

    def prune(self, before_sequence: int) -> int:
        """Remove groups before a sequence and before the second newest snapshot."""
        end = prune_end(before_sequence, self._snapshots)
        gone = [group for group in self._groups[: self._synced_count] if group.last < end]
        if gone:
            self._anchor = (gone[-1].last, gone[-1].chain)
        del self._groups[: len(gone)]
        self._synced_count -= len(gone)
        self._keep_snapshots([n for n in self._snapshots if n >= self._anchor[0]])
        return len(gone)

    def release_reserve(self) -> None:
        """Let appends in again after "full", once."""
        if self._has_reserve and isinstance(self._failure, JournalFull):
            self._failure = None
        self._has_reserve = False

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def fail_next(self, fault: Fault) -> None:
        """Let the next `sync` fail."""
        self._next_fault = fault

    def crash(self, kept_count: int = 0) -> MemoryJournal:
        """The journal as the next process finds it.

        Of the groups written but not synced the first `kept_count` survive: a disk may have
        stored them though nobody was told.
        """
        found = MemoryJournal(self._journal_id)
        found._epoch = self._epoch
        found._anchor = self._anchor
        found._groups = self._groups[: self._synced_count + kept_count]
        found._synced_count = len(found._groups)
        found._snapshots = dict(self._snapshots)
        return found

    def _keep_snapshots(self, sequences: list[int]) -> None:
        self._snapshots = {sequence: self._snapshots[sequence] for sequence in sequences}

    def _written_end(self) -> tuple[int, bytes]:
        if not self._groups:
            return self._anchor
        return self._groups[-1].last, self._groups[-1].chain
