"""A download: pages of a venue into the history, on from where an earlier one stopped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec

from tradewind.model.column_merge import OnConflict
from tradewind.model.columns import Columns
from tradewind.ports.downloads import Downloads, Wanted
from tradewind.ports.history import History
from tradewind.runtime.download_ranges import DownloadedRanges

ROWS_HELD_MAX = 200_000
"""Rows that wait to be written together: a write costs the same for few as for many."""

Progress = Callable[[float, int], None]
"""Takes the share of the time range that is done, and the rows so far."""


class Downloaded(msgspec.Struct, frozen=True):
    """What a download did; `skipped_share` of the range was there from an earlier one."""

    rows_given: int
    rows_added: int
    rows_same: int
    rows_replaced: int
    pages: int
    skipped_share: float
    left_out: dict[str, int]


class _Counts:
    """Sums over all pages of one download."""

    def __init__(self) -> None:
        self.given = self.added = self.same = self.replaced = self.pages = 0
        self.left_out: Counter[str] = Counter()


async def download(
    source: Downloads,
    history: History,
    ranges: DownloadedRanges,
    wanted: Wanted,
    *,
    progress: Progress,
    on_conflict: OnConflict = "refuse",
) -> Downloaded:
    """Fetch what is missing of a range and store it; each stored part stays where it stops.

    Raises what the venue raises (`Refused`, `OutsideError`) and the history's `BadData`; called
    again it goes on behind the last stored part.
    """
    missing = ranges.missing(wanted)
    length_ns = wanted.end_ns - wanted.start_ns
    skipped = 1.0 - sum(end - start for start, end in missing) / length_ns
    counts = _Counts()
    done_before = skipped
    for span in missing:
        share = (span[1] - span[0]) / length_ns
        part = msgspec.structs.replace(wanted, start_ns=span[0], end_ns=span[1])

        def show(done: float, rows: int, base: float = done_before, share: float = share) -> None:
            progress(base + done * share, rows)

        await _fetch(source, history, ranges, part, counts, show, on_conflict)
        done_before += share
    return Downloaded(
        counts.given,
        counts.added,
        counts.same,
        counts.replaced,
        counts.pages,
        max(0.0, skipped),
        dict(counts.left_out),
    )


async def _fetch(
    source: Downloads,
    history: History,
    ranges: DownloadedRanges,
    wanted: Wanted,
    counts: _Counts,
    show: Progress,
    on_conflict: OnConflict,
) -> None:
    """One missing span: pages are collected, written together, and noted as done."""
    held: list[Columns] = []
    begun_ns = wanted.start_ns
    async for page in source.pages(wanted):
        counts.pages += 1
        counts.left_out.update(page.left_out)
        if len(page.columns):
            held.append(page.columns)
        done_ns = min(page.done_ns, wanted.end_ns)
        if sum(map(len, held)) >= ROWS_HELD_MAX or done_ns == wanted.end_ns:
            await asyncio.to_thread(_write, history, held, wanted, counts, on_conflict)
            held = []
            ranges.add(wanted, (begun_ns, done_ns))
            begun_ns = done_ns
        rows = counts.given + sum(map(len, held))
        show((done_ns - wanted.start_ns) / (wanted.end_ns - wanted.start_ns), rows)


def _write(
    history: History, held: list[Columns], wanted: Wanted, counts: _Counts, on_conflict: OnConflict
) -> None:
    written = history.write_batches(held, timeframe=wanted.timeframe, on_conflict=on_conflict)
    counts.given += written.rows_given
    counts.added += written.rows_added
    counts.same += written.rows_same
    counts.replaced += written.rows_replaced
