"""A download: pages of a venue into the history, on from where an earlier one stopped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec

from tradewind.model.column_merge import OnConflict, key_times
from tradewind.model.columns import Columns, concatenate
from tradewind.ports.downloads import Downloads, Page, Wanted
from tradewind.ports.history import History
from tradewind.runtime.download_ranges import DownloadedRanges

ROWS_HELD_MAX = 200_000
"""With more rows waiting, what comes next waits for the write that is under way."""

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
    """One missing span: what has come is stored while more is asked for, also where that fails."""
    store = _Store(history, ranges, wanted, counts, on_conflict)
    try:
        async for page in source.pages(wanted):
            counts.pages += 1
            counts.left_out.update(page.left_out)
            await store.take(page)
            done_ns = min(page.done_ns, wanted.end_ns)
            rows = counts.given + store.rows_held
            show((done_ns - wanted.start_ns) / (wanted.end_ns - wanted.start_ns), rows)
    finally:
        await store.finish()


class _Store:
    """Writes pages behind each other, one write at a time; what comes meanwhile waits together.

    A page may end between two rows of one time, which the history takes as one group. So rows at
    the time up to which all has come wait for what comes behind them.
    """

    def __init__(
        self,
        history: History,
        ranges: DownloadedRanges,
        wanted: Wanted,
        counts: _Counts,
        on_conflict: OnConflict,
    ) -> None:
        self._history = history
        self._ranges = ranges
        self._wanted = wanted
        self._counts = counts
        self._on_conflict: OnConflict = on_conflict
        self._held: list[Columns] = []
        self._stored_ns = self._done_ns = wanted.start_ns
        self._writing: asyncio.Task[None] | None = None
        self._failed = False

    @property
    def rows_held(self) -> int:
        """Rows that wait to be written."""
        return sum(map(len, self._held))

    async def take(self, page: Page) -> None:
        """Hold a page and begin to write, unless a write is under way; then wait if much waits."""
        if len(page.columns):
            self._held.append(page.columns)
        self._done_ns = min(page.done_ns, self._wanted.end_ns)
        if self._writing is not None and (self._writing.done() or self.rows_held >= ROWS_HELD_MAX):
            await self._written()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def finish(self) -> None:
        """Write what may be written yet."""
        await self._written()
        await self._write()

    async def _written(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            await writing

    async def _write(self) -> None:
        done_ns = self._done_ns
        if done_ns <= self._stored_ns or self._failed:
            return
        self._failed = True  # until it has succeeded: nothing is written behind a hole
        columns = concatenate(self._held) if self._held else None
        self._held = []
        if columns is not None:
            whole = int(key_times(columns).searchsorted(done_ns))
            if whole < len(columns):
                self._held = [columns.cut(whole)]
            await asyncio.to_thread(self._write_rows, columns.cut(0, whole))
        self._ranges.add(self._wanted, (self._stored_ns, done_ns))
        self._stored_ns = done_ns
        self._failed = False

    def _write_rows(self, columns: Columns) -> None:
        written = self._history.write(
            columns, timeframe=self._wanted.timeframe, on_conflict=self._on_conflict
        )
        counts = self._counts
        counts.given += written.rows_given
        counts.added += written.rows_added
        counts.same += written.rows_same
        counts.replaced += written.rows_replaced
