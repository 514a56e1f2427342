"""Verification: a journal read whole, and folded twice to the same state."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tradewind.core.snapshot import state_hash
from tradewind.model.errors import Inconsistent
from tradewind.ports.journal import Group, JournalReader, Snapshot, Verified
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import oldest_snapshot, recover
from tradewind.runtime.run_ledger import ledger_differences, ledger_of_journal


class VerifiedState(msgspec.Struct, frozen=True):
    """What a journal leads to; `snapshot` is the sequence of the newest one, 0 without.

    `folded_from` is the sequence behind which the second, longer fold began: 0 where it was all.
    """

    verified: Verified
    state_hash: str
    snapshot: int
    folded_from: int


def verify_journal(journal: JournalReader, recorder: Recorder) -> VerifiedState:
    """Read every record and every market row, and compare two ways to the state at the end.

    The ledger folded from the records alone must have the balances of the state.
    The state from the newest snapshot must be that of a fold from the journal's beginning (or
    from the oldest snapshot, where the beginning was pruned). Raises `JournalDamaged` with the
    first bad group, `Inconsistent` where the states differ.
    """
    verified = journal.verify()
    ended = JournalUntil(journal, verified.last)
    newest = ended.latest_snapshot()
    short = recover(ended, recorder)
    start = None if verified.first == 1 else oldest_snapshot(ended)
    long = recover(ended, recorder, before=1 if start is None else start.sequence + 1)
    found, expected = state_hash(short.state), state_hash(long.state)
    if found != expected:
        raise Inconsistent(
            f"the snapshot at {newest.sequence if newest else 0} leads to the state {found[:16]}, "
            f"the records themselves to {expected[:16]}: restore the last backup"
        )
    ledger = ledger_of_journal(ended, sink=lambda entry: None)
    if differences := ledger_differences(ledger, long.state):
        raise Inconsistent(
            f"the ledger of the records and the state differ in {len(differences)} places, first "
            f"{differences[0]}: restore the last backup"
        )
    return VerifiedState(
        verified,
        found,
        snapshot=newest.sequence if newest else 0,
        folded_from=start.sequence if start else 0,
    )


class JournalUntil:
    """A journal as it was when `last` was its last record, whoever writes on meanwhile."""

    def __init__(self, journal: JournalReader, last: int) -> None:
        self._journal = journal
        self.last_sequence = last

    @property
    def journal_id(self) -> str:
        """The journal's own short name."""
        return self._journal.journal_id

    @property
    def first_sequence(self) -> int:
        """Number of the first record that is kept."""
        return self._journal.first_sequence

    def groups(self, after_sequence: int = 0) -> Iterator[Group]:
        """Groups up to the last record."""
        for group in self._journal.groups(after_sequence):
            if group.last > self.last_sequence:
                return
            yield group

    def latest_snapshot(self, before: int | None = None) -> Snapshot | None:
        """The newest snapshot of those days."""
        end = self.last_sequence + 1
        return self._journal.latest_snapshot(end if before is None else min(before, end))

    def verify(self) -> Verified:
        """Read and check everything."""
        return self._journal.verify()

    def close(self) -> None:
        """Let go of files."""
        self._journal.close()
