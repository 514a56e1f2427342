"""Reading a journal out of three tables, whatever database holds them."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from tradewind.ports.journal import (
    ChainChecker,
    Group,
    JournalDamaged,
    Snapshot,
    Verified,
    check_all,
    digest_of,
    pruned,
)

BEHIND_ALL = 2**63 - 1
SNAPSHOT_FIELDS = ("sequence", "format", "code", "state_hash", "body")
META_FIELDS = ("journal_id", "epoch", "anchor_sequence", "anchor_chain", "seal")
GROUP_FIELDS = ("first", "last", "epoch", "time_ns", "format", "chain", "body")
PAGE_GROUPS = 64
"""Groups read at a time: no read transaction stays open while a caller works on them."""

_T = TypeVar("_T")


class Meta(msgspec.Struct, frozen=True):
    """What holds for the whole journal; the anchor is last and chain of what was pruned."""

    journal_id: str
    epoch: int
    anchor_sequence: int
    anchor_chain: bytes
    seal: bytes = b""

    @property
    def anchor(self) -> tuple[int, bytes]:
        """Last and chain that the first group stands behind."""
        return self.anchor_sequence, self.anchor_chain

    def sealed(self) -> Meta:
        """The same with the hash that tells a change made by anybody else."""
        data = msgspec.msgpack.encode((self.journal_id, self.epoch, *self.anchor))
        return msgspec.structs.replace(self, seal=hashlib.sha256(data).digest())


class StoredJournalReader(ABC):
    """A `JournalReader` over the tables meta, groups and snapshots of one journal.

    An adapter says how a question is asked (`_rows`, with `?` for each value), where the tables
    are, and what a person calls the place.
    """

    META = "meta"
    GROUPS = "groups"
    SNAPSHOTS = "snapshots"

    def __init__(self, place: str) -> None:
        self._place = place
        self._journal_id = self._meta().journal_id

    @property
    def journal_id(self) -> str:
        """The journal's own short name."""
        return self._journal_id

    @property
    def last_sequence(self) -> int:
        """Number of the last durable record."""
        return self._end_behind(BEHIND_ALL)[0]

    @property
    def first_sequence(self) -> int:
        """Number of the first record that is kept."""
        return self._meta().anchor_sequence + 1

    def groups(self, after_sequence: int = 0) -> Iterator[Group]:
        """Groups that hold records behind `after_sequence`, each checked."""
        anchor = self._meta().anchor
        if after_sequence < anchor[0]:
            raise pruned(after_sequence, anchor[0])
        checker = ChainChecker(*self._end_behind(after_sequence))
        while page := self._page(checker.last):
            if page[0].first > checker.last + 1 <= (end := self._meta().anchor_sequence):
                raise pruned(checker.last, end)
            for group in page:
                checker.check(group)
                yield group

    def latest_snapshot(self, before: int | None = None) -> Snapshot | None:
        """The newest whole snapshot, or the newest under `before`."""
        sequences = self._rows(
            f"SELECT sequence FROM {self.SNAPSHOTS} WHERE sequence < ? ORDER BY sequence DESC",
            BEHIND_ALL if before is None else before,
        )
        for (sequence,) in sequences:
            with suppress(JournalDamaged):
                return self._snapshot(sequence)
        return None

    def verify(self) -> Verified:
        """Read and check every group and every snapshot."""
        anchor = self._meta().anchor
        verified = check_all(self._journal_id, self.groups(anchor[0]), anchor)
        for (sequence,) in self._rows(f"SELECT sequence FROM {self.SNAPSHOTS}"):
            self._snapshot(sequence)
        return verified

    @property
    def meta(self) -> Meta:
        """What holds for the whole journal."""
        return self._meta()

    def snapshots(self) -> Iterator[Snapshot]:
        """Every snapshot that is kept, oldest first; `JournalDamaged` at one that is not whole."""
        for (sequence,) in self._rows(f"SELECT sequence FROM {self.SNAPSHOTS} ORDER BY sequence"):
            yield self._snapshot(sequence)

    def oldest(self, count_max: int) -> list[tuple[int, int]]:
        """Last sequence and time of the oldest groups."""
        return self._rows(
            f"SELECT last, time_ns FROM {self.GROUPS} ORDER BY first LIMIT ?", count_max
        )

    def _end_behind(self, sequence: int) -> tuple[int, bytes]:
        """Last and chain of the newest group that ends at or before a sequence."""
        # Groups lie without gaps: it is the one that holds the sequence, or the one before.
        rows = self._rows(
            f"SELECT last, chain FROM {self.GROUPS} WHERE first <= ? ORDER BY first DESC LIMIT 2",
            sequence,
        )
        ends = [(last, chain) for last, chain in rows if last <= sequence]
        return ends[0] if ends else self._meta().anchor

    def _page(self, after_last: int) -> list[Group]:
        rows = self._rows(
            f"SELECT {', '.join(GROUP_FIELDS)} FROM {self.GROUPS} WHERE first > ? "
            f"ORDER BY first LIMIT {PAGE_GROUPS}",
            after_last,
        )
        return [self._struct(Group, GROUP_FIELDS, row) for row in rows]

    def _snapshot(self, sequence: int) -> Snapshot:
        names = ", ".join(SNAPSHOT_FIELDS)
        rows = self._rows(
            f"SELECT {names}, digest FROM {self.SNAPSHOTS} WHERE sequence = ?", sequence
        )
        snapshot = self._struct(Snapshot, SNAPSHOT_FIELDS, rows[0][:-1])
        if snapshot.sequence != sequence or digest_of(snapshot) != rows[0][-1]:
            raise JournalDamaged(
                f"the snapshot at {sequence} in {self._place} is damaged: older ones are used, "
                "the next one replaces it"
            )
        return snapshot

    def _meta(self) -> Meta:
        rows = self._rows(f"SELECT {', '.join(META_FIELDS)} FROM {self.META}")
        if len(rows) != 1:
            raise JournalDamaged(f"{self._place} has lost its name: restore the last backup")
        meta = self._struct(Meta, META_FIELDS, rows[0])
        if meta.seal != meta.sealed().seal:
            raise JournalDamaged(
                f"the first page of {self._place} is damaged: restore the last backup"
            )
        return meta

    @abstractmethod
    def _rows(self, question: str, *values: object) -> list[Any]:
        """Ask a question with `?` for each value."""

    def _struct(self, kind: type[_T], names: tuple[str, ...], row: tuple[Any, ...]) -> _T:
        try:
            return msgspec.convert(dict(zip(names, row, strict=True)), kind)
        except msgspec.ValidationError as error:
            raise JournalDamaged(
                f"{names[0]} {row[0]} in {self._place} is damaged ({error}): "
                "restore the last backup"
            ) from None
