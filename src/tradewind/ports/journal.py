"""Journal: the append-only order of events, kept as groups that become durable at once.

A group holds what one turn of the loop caused: control events whole, market data by reference,
decisions behind their causes. Sequence numbers count every event from 1 without a gap, market
rows too: a `MarketRecorded` of `count` rows takes `count` numbers, every other record one.

Each group carries `chain`, the SHA-256 of the group before it and of itself, so that a changed,
lost or swapped group is found and named. Reading always checks the chain.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from tradewind.model.codec import FORMAT, decode, encode, encode_all, split
from tradewind.model.errors import BadMessage, Inconsistent, OutsideError, TradewindError, UserError
from tradewind.model.ids import ALPHABET, JOURNAL_ID_LENGTH_MAX
from tradewind.model.messages import MarketRecorded, Record

GROUP_BYTES_MAX = 64 << 20
"""A group over this is refused; a loop turn of 100,000 events stays below."""

SNAPSHOTS_KEPT = 4
"""Older ones go when one is saved: each can be built again from the groups."""

_HEADER = struct.Struct("<qqqqq")


class Group(msgspec.Struct, frozen=True):
    """Records first..last of one commit; `body` is their bytes as `codec.join` makes them.

    `time_ns` is the time of the last event. The journal fills `chain` in; what a caller puts
    there is ignored.
    """

    first: int
    last: int
    epoch: int
    time_ns: int
    body: bytes
    format: int = FORMAT
    chain: bytes = b""


class Snapshot(msgspec.Struct, frozen=True):
    """The state behind record `sequence`, its bytes made elsewhere; `code` names who made it."""

    sequence: int
    code: str
    state_hash: bytes
    body: bytes
    format: int = FORMAT


class Verified(msgspec.Struct, frozen=True):
    """What a full check has read: all of it whole."""

    journal_id: str
    groups: int
    first: int
    last: int
    chain: bytes


class BadGroup(TradewindError):
    """A group that does not fit behind the last one; nothing was stored."""


class Fenced(TradewindError):
    """A newer epoch has taken the journal over: this process must stop and send nothing."""


class JournalInUse(UserError):
    """Another process holds the lock of this journal."""


class JournalDamaged(Inconsistent):
    """What is stored is not what was written; the text names the first bad group."""


class JournalBroken(OutsideError):
    """A write failed. This journal takes no more groups until the process starts again.

    After a failed fsync the system may forget pages it could not write, so the same write is
    never tried again: what was acknowledged before is safe, this group is not acknowledged.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fault="ours", retry=False)


class JournalFull(JournalBroken):
    """The disk is full; nothing of the group was stored.

    `release_reserve` frees the space kept for the cancels of a halt and lets appends in again.
    """


class JournalReader(Protocol):
    """Reading a journal; any number of readers beside the one writer."""

    @property
    def journal_id(self) -> str:
        """The journal's own short name, in every order id."""

    @property
    def last_sequence(self) -> int:
        """Number of the last durable record; 0 where there is none."""

    @property
    def first_sequence(self) -> int:
        """Number of the first record that is kept: 1 until something is pruned."""

    def groups(self, after_sequence: int = 0) -> Iterator[Group]:
        """Groups that hold records behind `after_sequence`, in order, each checked.

        The first one may begin before it. Raises `JournalDamaged` at the first bad group, and
        before the first where `after_sequence` lies in what was pruned.
        """

    def latest_snapshot(self, before: int | None = None) -> Snapshot | None:
        """The newest whole snapshot, or the newest with a sequence under `before`.

        A spoiled one is passed over: an older one and more groups give the same state.
        """

    def verify(self) -> Verified:
        """Read and check everything; raises `JournalDamaged` that names the first bad group."""

    def close(self) -> None:
        """Let go of files and locks; further calls do nothing."""


class Journal(JournalReader, Protocol):
    """The one writer, used from one thread at a time."""

    @property
    def epoch(self) -> int:
        """The epoch taken last; 0 in a new journal."""

    def take_over(self) -> int:
        """Take the next epoch, durably; who holds an older one is fenced from here on."""

    def append(self, group: Group) -> None:
        """Store a group; durable when it returns.

        Raises `Fenced` for an older epoch, `BadGroup` for one that does not follow the last,
        `JournalFull` or `JournalBroken` where the disk fails, and then at every later append.
        """

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Store a snapshot of a sequence the journal has reached; durable on return.

        Of all snapshots the newest `SNAPSHOTS_KEPT` stay.
        """

    @property
    def size_bytes(self) -> int:
        """Space that is used; what was pruned is not counted, though files do not shrink."""

    def oldest(self, count_max: int) -> list[tuple[int, int]]:
        """Last sequence and time of the oldest groups, in order."""

    def prune(self, before_sequence: int) -> int:
        """Remove groups wholly before a sequence; returns how many.

        Never removes what lies behind the second newest snapshot, so that one unreadable
        snapshot can be survived; with fewer than two nothing is removed.
        """

    def release_reserve(self) -> None:
        """Free the space kept for the cancels of a halt; ends `JournalFull`, once."""


def group_of(records: Iterable[Record], *, after_sequence: int, epoch: int, time_ns: int) -> Group:
    """The group of these records, numbered behind `after_sequence`.

    >>> from tradewind.model.messages import ClockTicked
    >>> group = group_of([ClockTicked(5), ClockTicked(6)], after_sequence=7, epoch=1, time_ns=6)
    >>> group.first, group.last
    (8, 9)
    """
    kept = list(records)
    last = after_sequence + len(kept)
    for record in kept:
        if isinstance(record, MarketRecorded):
            last += record.count - 1
    return Group(after_sequence + 1, last, epoch, time_ns, encode_all(kept))


def numbered(group: Group) -> Iterator[tuple[int, Record]]:
    """Each record with its number; a `MarketRecorded` with the number of its first row.

    >>> from tradewind.model.messages import ClockTicked
    >>> rows = MarketRecorded(5, "trades", "GOOG.SIM", "1", 0, 3, b"")
    >>> group = group_of([rows, ClockTicked(6)], after_sequence=0, epoch=1, time_ns=6)
    >>> [(number, type(record).__name__) for number, record in numbered(group)]
    [(1, 'MarketRecorded'), (4, 'ClockTicked')]
    """
    number = group.first
    for data in split(group.body, group.format):
        record = decode(data)
        yield number, record
        number += width(record)


def width(record: Record) -> int:
    """How many sequence numbers a record takes.

    >>> width(MarketRecorded(5, "trades", "GOOG.SIM", "1", 0, 3, b""))
    3
    """
    return record.count if isinstance(record, MarketRecorded) else 1


def first_link(journal_id: str) -> bytes:
    """The chain before the first group: groups of another journal do not fit behind it.

    >>> first_link("j0").hex()[:8]
    '2bb6834e'
    """
    return hashlib.sha256(f"tradewind journal {journal_id}".encode()).digest()


def link(previous: bytes, group: Group) -> bytes:
    """The chain of a group behind the chain of the one before it.

    >>> group = Group(1, 1, epoch=1, time_ns=5, body=b"")
    >>> link(first_link("j0"), group).hex()[:8]
    '4bd6f040'
    """
    header = _HEADER.pack(group.first, group.last, group.epoch, group.time_ns, group.format)
    return hashlib.sha256(previous + header + group.body).digest()


def digest_of(snapshot: Snapshot) -> bytes:
    """SHA-256 of a snapshot, stored beside it: a spoiled one is passed over for the one before."""
    header = (snapshot.sequence, snapshot.format, snapshot.code, snapshot.state_hash)
    return hashlib.sha256(msgspec.msgpack.encode(header) + snapshot.body).digest()


def check_follows(group: Group, last_sequence: int, epoch: int) -> None:
    """Refuse a group that does not belong behind `last_sequence` in `epoch`.

    >>> check_follows(Group(3, 3, epoch=1, time_ns=5, body=b""), 3, 1)
    Traceback (most recent call last):
    tradewind.ports.journal.BadGroup: the group begins at 3, the journal goes on at 4
    """
    if group.epoch < epoch:
        raise Fenced(
            f"epoch {group.epoch} is over, epoch {epoch} has taken the journal: stop this process"
        )
    if group.epoch > epoch:
        raise BadGroup(f"epoch {group.epoch} was never taken, the journal is at {epoch}")
    if group.first != last_sequence + 1:
        raise BadGroup(f"the group begins at {group.first}, the journal goes on at "
                       f"{last_sequence + 1}")  # fmt: skip
    if len(group.body) > GROUP_BYTES_MAX:
        raise BadGroup(f"a group of {len(group.body)} bytes is over {GROUP_BYTES_MAX}")
    end = group.first
    for data in split(group.body, group.format):
        # what was encoded a moment ago is not decoded again, but for the one that counts rows
        end += _rows(end, decode(data)) if data[1:16] == _MARKET_RECORDED else 1
    _check_end(group, end)


def check_numbers(group: Group) -> None:
    """Refuse a group whose records do not take exactly the numbers first..last."""
    end = group.first
    for number, record in numbered(group):
        end = number + _rows(number, record)
    _check_end(group, end)


def _rows(number: int, record: Record) -> int:
    count = width(record)
    if count < 1:
        raise BadGroup(f"record {number} of market data has no rows")
    return count


def _check_end(group: Group, end: int) -> None:
    if end == group.first or end != group.last + 1:
        raise BadGroup(f"the group says {group.first}..{group.last}, its records end at {end - 1}")


_MARKET_RECORDED = encode(MarketRecorded(0, "", "", "", 0, 0, b""))[1:16]
"""How the bytes of that message go on behind the first: its name."""


class ChainChecker:
    """Follows groups and refuses the first that is not what was written behind the last.

    >>> checker = ChainChecker(0, first_link("j0"))
    >>> checker.check(Group(1, 1, epoch=1, time_ns=5, body=b"", chain=b"other"))
    Traceback (most recent call last):
    tradewind.ports.journal.JournalDamaged: group 1..1 of the journal is damaged: ...
    """

    __slots__ = ("chain", "epoch", "last")

    def __init__(self, last: int, chain: bytes) -> None:
        self.last = last
        self.chain = chain
        self.epoch = 0

    def check(self, group: Group) -> None:
        """Take the next group; `JournalDamaged` where it is not the next one, whole."""
        if group.first != self.last + 1 or group.last < group.first:
            raise damaged(group, f"it should begin at {self.last + 1}, records are missing")
        if link(self.chain, group) != group.chain:
            raise damaged(group, "its bytes are not those that were written")
        if group.epoch < self.epoch:
            raise damaged(group, f"epoch {group.epoch} stands behind epoch {self.epoch}")
        self.last, self.chain, self.epoch = group.last, group.chain, group.epoch


def check_all(journal_id: str, groups: Iterable[Group], end: tuple[int, bytes]) -> Verified:
    """Read every record of checked groups; `end` is last and chain where there are none."""
    count, first, (last, chain) = 0, end[0] + 1, end
    for group in groups:
        try:
            check_numbers(group)
        except (BadGroup, BadMessage) as error:
            raise damaged(group, str(error)) from None
        count, last, chain = count + 1, group.last, group.chain
    return Verified(journal_id, count, first, last, chain)


def prune_end(before_sequence: int, snapshot_sequences: Iterable[int]) -> int:
    """Groups whose last is below this may go: two snapshots and all behind them stay.

    >>> prune_end(100, [20, 40, 60]), prune_end(30, [20, 40, 60]), prune_end(100, [20])
    (41, 30, 0)
    """
    newest = sorted(snapshot_sequences)[-2:]
    return min(before_sequence, newest[0] + 1) if len(newest) == 2 else 0


def new_journal_id() -> str:
    """A random name, unique for ever as far as 36^6 goes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(JOURNAL_ID_LENGTH_MAX))


def check_journal_id(journal_id: str) -> str:
    """The id again; `UserError` where it is none."""
    if len(journal_id) > JOURNAL_ID_LENGTH_MAX or not set(journal_id) <= set(ALPHABET):
        raise UserError(
            f"{journal_id!r} is no journal id: use at most {JOURNAL_ID_LENGTH_MAX} of a-z and 0-9"
        )
    return journal_id


def damaged(group: Group, reason: str) -> JournalDamaged:
    """The error that names a group and what to do."""
    return JournalDamaged(
        f"group {group.first}..{group.last} of the journal is damaged: {reason}; "
        "restore the last backup, `tradewind verify --journal` shows how far it is whole"
    )


def pruned(after_sequence: int, end: int) -> JournalDamaged:
    """The error for records that are not kept any more."""
    return JournalDamaged(
        f"records behind {after_sequence} are asked for, up to {end} they were pruned: "
        "begin with a snapshot, or restore a backup from before"
    )
