"""An import of several files: one series, all or none, counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.files.import_files import GOOG, written, zipped
from tradewind.adapters.files.formats import FORMATS
from tradewind.adapters.files.importing import Imported, import_files
from tradewind.adapters.files.reading import Request
from tradewind.adapters.memory.history import MemoryHistory
from tradewind.model.column_merge import OnConflict
from tradewind.model.errors import BadData
from tradewind.ports.history import Series, Written

HEAD = "Date,Open,High,Low,Close,Volume"


def days(path: Path, *numbers: int, close: str = "1") -> Path:
    """Write bars of some days of March."""
    return written(path, HEAD, *(f"2024-03-{day:02d},1,1,1,{close},1" for day in numbers))


class Files:
    """A history, and what imports into it reported as they went."""

    def __init__(self) -> None:
        self.history = MemoryHistory()
        self.reports: list[tuple[int, int]] = []

    def take(self, *paths: Path, on_conflict: OnConflict = "refuse") -> Imported:
        """Import files of days."""
        return import_files(
            self.history,
            paths,
            form=FORMATS["csv"],
            request=Request(GOOG, timeframe="1d"),
            on_conflict=on_conflict,
            progress=lambda begun, rows: self.reports.append((begun, rows)),
        )


def test_files_become_one_series_and_the_progress_is_told(tmp_path: Path) -> None:
    files = Files()
    done = files.take(days(tmp_path / "a.csv", 1, 2), days(tmp_path / "b.csv", 3))
    assert done == Imported(Series("bars", GOOG.id, "1d"), Written(3, 3, 0, 0), {})
    assert files.reports == [(1, 0), (1, 2), (2, 2), (2, 3)]
    assert len(files.history.read("bars", GOOG.id, timeframe="1d")) == 3


def test_an_import_that_is_repeated_adds_nothing(tmp_path: Path) -> None:
    files, path = Files(), days(tmp_path / "a.csv", 1, 2)
    files.take(path)
    assert files.take(path).written == Written(2, 0, 2, 0)
    assert files.take(days(tmp_path / "b.csv", 2, 3)).written == Written(2, 1, 1, 0)


def test_other_rows_of_a_stored_time_are_refused_or_take_its_place(tmp_path: Path) -> None:
    files = Files()
    files.take(written(tmp_path / "a.csv", HEAD, "2024-03-01,1,2,1,1,1"))
    other = written(tmp_path / "b.csv", HEAD, "2024-03-01,1,2,1,2,1")
    with pytest.raises(BadData, match=r"stored with other values.*--replace"):
        files.take(other)
    assert files.take(other, on_conflict="replace").written == Written(1, 0, 0, 1)


def test_a_fault_in_the_second_file_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    files = Files()
    bad = zipped(tmp_path / "b.zip", "b.csv", HEAD, "2024-03-03,1,1,1,1,1")
    bad.write_bytes(bad.read_bytes()[:-30])
    with pytest.raises(BadData, match=r"b.zip is cut off or damaged"):
        files.take(days(tmp_path / "a.csv", 1, 2), bad)
    assert files.history.entries() == []


def test_a_second_file_of_another_series_is_refused(tmp_path: Path) -> None:
    hours = written(tmp_path / "b.csv", HEAD, *(f"2024-03-05 0{n}:00,1,1,1,1,1" for n in (1, 2)))
    with pytest.raises(BadData, match=r"b.csv holds 1h bars of GOOG.SIM, not 1d bars"):
        import_files(
            MemoryHistory(),
            [days(tmp_path / "a.csv", 1, 2), hours],
            form=FORMATS["csv"],
            request=Request(GOOG),
            on_conflict="refuse",
            progress=lambda begun, rows: None,
        )
