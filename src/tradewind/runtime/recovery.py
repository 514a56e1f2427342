"""Recovery: snapshot and journal tail give the state; starting up is the same code.

Journaled intents are folded, strategies are never called. Every decision is computed again and
compared with the journaled one, so that other code over old data is noticed, not trusted.
"""

from __future__ import annotations

import hashlib
from collections import deque

import msgspec

from tradewind.core.engine import Engine
from tradewind.core.snapshot import decode_state, encode_state
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.errors import BadMessage, Inconsistent
from tradewind.ports.journal import JournalReader, Snapshot, numbered, width
from tradewind.runtime.recorder import Recorder
from tradewind.version import VERSION

DECISIONS = (
    m.OrderDenied,
    m.OrderHeld,
    m.HeldOrderEnded,
    m.OrderRouted,
    m.ChildSent,
    m.ParentEnded,
    m.SubmitOrder,
    m.CancelOrder,
    m.AmendOrder,
    m.QueryOrder,
)


class SavedParts(msgspec.Struct, frozen=True, array_like=True):
    """The body of a snapshot: the core's state, and what strategies gave to be kept."""

    state: bytes
    strategies: dict[str, bytes]
    market: bytes


class Recovered(msgspec.Struct, frozen=True):
    """The state behind the last durable record, and what strategies and market had saved."""

    state: State
    strategies: dict[str, bytes]
    market: bytes
    folded: int


def recover(journal: JournalReader, recorder: Recorder, *, before: int | None = None) -> Recovered:
    """Fold the journal's tail onto the newest snapshot (with a sequence under `before`)."""
    saved = journal.latest_snapshot(before)
    parts = None if saved is None else parts_of(saved)
    state = _known_state(journal, saved)
    start = state.sequence
    folder = Folder(Engine(state), recorder)
    for group in journal.groups(start):
        for number, record in numbered(group):
            if number > start:
                folder.take(number, record)
    folder.finish(journal.last_sequence)
    if parts is None:
        return Recovered(state, {}, b"", state.sequence)
    return Recovered(state, parts.strategies, parts.market, state.sequence - start)


def _known_state(journal: JournalReader, saved: Snapshot | None) -> State:
    """The state of the newest snapshot this version can read, or the one before everything."""
    unread: Snapshot | None = None
    while saved is not None:
        try:
            return decode_state(parts_of(saved).state)
        except BadMessage:
            unread, saved = saved, journal.latest_snapshot(saved.sequence)
    if unread is not None and journal.first_sequence > 1:
        raise Inconsistent(
            f"the snapshots of this journal were written by another {unread.code} and what lies "
            "before them was pruned: start the version that wrote them"
        )
    return State()


class Folder:
    """Folds records in order and compares each decision with the journaled one."""

    def __init__(self, engine: Engine, recorder: Recorder) -> None:
        self._engine = engine
        self._recorder = recorder
        self._expected: deque[m.Decision] = deque()

    def take(self, number: int, record: m.Record) -> None:
        """Fold one record; a decision is only compared."""
        if isinstance(record, DECISIONS):
            self._compare(number, record)
            return
        if self._expected:
            raise _disagree(number, self._expected[0], record)
        if isinstance(record, m.MarketRecorded):
            decided = self._engine.fold_rows(self._rows(record))
        else:
            decided = self._engine.fold(record)
        self._expected.extend(decided)
        self._engine.take_records()
        reached = number + width(record) - 1
        if self._engine.state.sequence != reached + len(decided):
            raise Inconsistent(f"record {number} took other sequence numbers than journaled")

    def finish(self, last_sequence: int) -> None:
        """Refuse a tail that ends before what it decided."""
        if self._expected or self._engine.state.sequence != last_sequence:
            raise Inconsistent(
                f"the journal ends at {last_sequence}, its events lead to "
                f"{self._engine.state.sequence}: use the version of tradewind that wrote it"
            )

    def _compare(self, number: int, record: m.Decision) -> None:
        if not self._expected:
            raise _disagree(number, None, record)
        expected = self._expected.popleft()
        if expected != record:
            raise _disagree(number, expected, record)

    def _rows(self, record: m.MarketRecorded) -> Columns:
        return self._recorder.read(record)


def snapshot_of(state: State, strategies: dict[str, bytes], market: bytes) -> Snapshot:
    """The snapshot to save of a state and what goes with it."""
    encoded = encode_state(state)
    body = msgspec.msgpack.encode(SavedParts(encoded, strategies, market))
    digest = hashlib.sha256(encoded).digest()  # `state_hash`, without encoding it once more
    return Snapshot(state.sequence, f"tradewind {VERSION}", digest, body)


def oldest_snapshot(journal: JournalReader) -> Snapshot | None:
    """The oldest snapshot that is whole: where the records of a pruned journal begin."""
    oldest = found = journal.latest_snapshot()
    while found is not None:
        oldest, found = found, journal.latest_snapshot(found.sequence)
    return oldest


def parts_of(snapshot: Snapshot) -> SavedParts:
    """What is in a snapshot; `BadMessage` where it cannot be read."""
    try:
        return msgspec.msgpack.decode(snapshot.body, type=SavedParts)
    except msgspec.DecodeError as error:
        raise BadMessage(f"the snapshot at {snapshot.sequence} cannot be read: {error}") from None


def _disagree(number: int, expected: object, found: object) -> Inconsistent:
    return Inconsistent(
        f"record {number} of the journal is {found!r}, this version decides {expected!r}: "
        "use the version of tradewind that wrote it, or restore a backup"
    )
