"""A download: every page is stored as it comes, and the same call goes on behind the last one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import numpy as np
import pytest

from tradewind.adapters.memory.history import MemoryHistory
from tradewind.model.column_merge import OnConflict
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData, OutsideError
from tradewind.model.instruments import Instrument
from tradewind.ports.downloads import Page, Wanted
from tradewind.ports.history import Written
from tradewind.runtime.download import Downloaded, download
from tradewind.runtime.download_ranges import DownloadedRanges

COIN = Instrument("COIN/USD.X", tick="0.01", lot="0.01")
TIMES = (1, 2, 2, 2, 3, 5, 5, 8, 9)
"""Of trades, of which several share a time."""
END_NS = 10


class Tape:
    """Trades in pages of two; stops with an error behind some pages where it is told to."""

    venue = "X"
    kinds = frozenset({"trades"})
    timeframes = ()

    def __init__(self, fails_behind: int = 99) -> None:
        self.fails_behind = fails_behind
        self.asked: list[tuple[int, int]] = []

    async def pages(self, wanted: Wanted) -> AsyncIterator[Page]:
        self.asked.append((wanted.start_ns, wanted.end_ns))
        rows = [n for n, time in enumerate(TIMES) if wanted.start_ns <= time < wanted.end_ns]
        for number, first in enumerate(range(0, len(rows), 2)):
            if number == self.fails_behind:
                raise OutsideError("the venue went away", fault="theirs", retry=True)
            page = rows[first : first + 2]
            done_ns = wanted.end_ns if page[-1] == rows[-1] else TIMES[page[-1]]
            yield Page(trades(page), done_ns)
            await asyncio.sleep(0)


class Disk(MemoryHistory):
    """A history that refuses a write where it is told to."""

    def __init__(self, refuses: int = 99) -> None:
        super().__init__()
        self.refuses = refuses

    def write(
        self, columns: Columns, *, timeframe: str | None = None, on_conflict: OnConflict = "refuse"
    ) -> Written:
        self.refuses -= 1
        if self.refuses == 0:
            raise BadData("the disk is full")
        return super().write(columns, timeframe=timeframe, on_conflict=on_conflict)


def trades(numbers: Iterable[int]) -> Columns:
    """Trades by their places in TIMES; no two have the same price."""
    rows = np.array(list(numbers), np.int64)
    arrays = {
        "time_ns": np.array(TIMES, np.int64)[rows],
        "price": 100 + rows,
        "size": rows + 1,
        "side": np.zeros(len(rows), np.int64),
    }
    return Columns("trades", COIN, arrays)


def run(source: Tape, history: MemoryHistory, folder: Path, end_ns: int = END_NS) -> Downloaded:
    """Download once, and see that progress never goes back."""
    shares: list[float] = []
    try:
        return asyncio.run(
            download(
                source,  # type: ignore[arg-type]
                history,
                DownloadedRanges(folder),
                Wanted("trades", COIN, None, 0, end_ns),
                progress=lambda share, rows: shares.append(share),
            )
        )
    finally:
        assert shares == sorted(shares)


@pytest.mark.parametrize("fails_behind", range(5))
def test_a_download_that_fails_anywhere_goes_on_and_misses_nothing(
    tmp_path: Path, fails_behind: int
) -> None:
    history, source = MemoryHistory(), Tape(fails_behind)
    with pytest.raises(OutsideError):
        run(source, history, tmp_path)
    again = Tape()
    run(again, history, tmp_path)
    stored = history.read("trades", COIN.id)
    assert stored["price"].tolist() == [100 + number for number in range(len(TIMES))]
    assert again.asked == [((0, 2, 2, 5, 8)[fails_behind], END_NS)]


def test_all_in_one_go_counts_each_row_once(tmp_path: Path) -> None:
    done = run(Tape(), MemoryHistory(), tmp_path)
    assert (done.rows_given, done.rows_added, done.pages) == (len(TIMES), len(TIMES), 5)
    more = run(Tape(), MemoryHistory(), tmp_path)
    assert (more.pages, more.skipped_share) == (0, 1.0)


def test_what_could_not_be_stored_is_asked_for_again(tmp_path: Path) -> None:
    history = Disk(refuses=2)
    with pytest.raises(BadData):
        run(Tape(), history, tmp_path)
    run(Tape(), history, tmp_path)
    assert len(history.read("trades", COIN.id)) == len(TIMES)


def test_a_longer_range_asks_for_what_is_new_only(tmp_path: Path) -> None:
    history, source = MemoryHistory(), Tape()
    run(source, history, tmp_path, end_ns=4)
    run(source, history, tmp_path)
    assert source.asked == [(0, 4), (4, END_NS)]
    assert len(history.read("trades", COIN.id)) == len(TIMES)
