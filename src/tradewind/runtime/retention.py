"""Retention: what of journal and recorded market rows is old enough, or too much, to be kept."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from tradewind.model.messages import MarketRecorded
from tradewind.ports.journal import Journal, numbered
from tradewind.runtime.recorder import Recorder

DAY_NS = 24 * 3600 * 1_000_000_000
GROUPS_PER_STEP_MAX = 1_000
"""Groups one step removes: trading waits for a step, so it is short."""
GROUPS_LOOKED_AT_MAX = 1_000
"""Groups read in one step to find the first that refers to market rows."""

LOG = logging.getLogger("tradewind.retention")


class RetentionRule(msgspec.Struct, frozen=True):
    """Keep records for `kept_days`, but no more than `disk_bytes_max` of journal and rows."""

    kept_days: int
    disk_bytes_max: int


class Retention:
    """Prunes one journal and its recorder by a rule, a piece at each `step`.

    Neither the two newest snapshots nor anything behind them ever goes, nor what rows are still
    to be built from: `projected` is the sequence up to which they are. The journal goes first and
    the market rows it referred to after it, so that a crash in between leaves rows that nothing
    refers to, which the next step removes, and never a reference without its rows.
    """

    def __init__(
        self,
        rule: RetentionRule,
        journal: Journal,
        recorder: Recorder,
        *,
        now_ns: Callable[[], int],
        projected: Callable[[], int],
    ) -> None:
        self.has_more = True
        self._rule = rule
        self._journal = journal
        self._recorder = recorder
        self._now_ns = now_ns
        self._projected = projected

    def step(self) -> None:
        """Remove the oldest piece that may go; `has_more` says whether there may be another.

        Blocks for the disk: to be called where the journal is written, between two groups.
        """
        end = self._end()
        groups = self._journal.prune(end + 1) if end else 0
        segment = self._first_segment()
        segments = self._recorder.prune(segment) if segment else 0
        if groups or segments:
            LOG.info(
                "journal_pruned groups=%d segments=%d first=%d",
                groups, segments, self._journal.first_sequence,
            )  # fmt: skip
        self.has_more = groups > 0

    def _end(self) -> int:
        """The last sequence of the piece that may go; 0 where none may."""
        oldest_ns = self._now_ns() - self._rule.kept_days * DAY_NS
        is_over = self._size_bytes() > self._rule.disk_bytes_max
        end = 0
        for last, time_ns in self._journal.oldest(GROUPS_PER_STEP_MAX):
            if not (is_over or time_ns < oldest_ns):
                break
            end = last
        return min(end, self._projected())

    def _size_bytes(self) -> int:
        return self._journal.size_bytes + self._recorder.size_bytes

    def _first_segment(self) -> str:
        """The oldest segment that a record refers to; "" where none was found."""
        groups = self._journal.groups(self._journal.first_sequence - 1)
        for _, group in zip(range(GROUPS_LOOKED_AT_MAX), groups, strict=False):
            for _, record in numbered(group):
                if isinstance(record, MarketRecorded):
                    return record.segment
        return ""
