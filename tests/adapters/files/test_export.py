"""Exported files: what was written comes back the same, and no half file is left."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.files.import_files import read
from tradewind.adapters.files.export import export
from tradewind.model.columns import REQUIRED, ColumnKind, Columns
from tradewind.model.errors import BadData, OutsideError, UserError
from tradewind.model.numbers import UNITS_MAX
from tradewind.testing.history_suite import BITCOIN, GOOG, bars, same, trades

START_NS = 1_709_303_400_000_000_000


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("kind", REQUIRED)
def test_every_kind_comes_back_the_same(tmp_path: Path, suffix: str, kind: ColumnKind) -> None:
    arrays = {name: trades(1, 2, 3)["price"] for name in REQUIRED[kind]}
    times = trades(START_NS, START_NS + 1, START_NS + 2)["time_ns"]
    names = [name for name in arrays if name.endswith("time_ns")]
    arrays |= {name: times + number for number, name in enumerate(names)}
    if "side" in arrays:
        arrays |= {"side": arrays["side"] * 0 + 1, "flags": arrays["side"] * 0 + 1}
        arrays = {name: arrays[name] for name in REQUIRED[kind]}
    columns = Columns(kind, BITCOIN, arrays)
    path = tmp_path / f"x.{suffix}"
    assert export([columns.cut(0, 1), columns.cut(1)], path) == 3
    timeframe = "1s" if kind == "bars" else None
    assert same(read(suffix, path, BITCOIN, kind=kind, timeframe=timeframe), columns)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_largest_and_smallest_numbers_come_back_the_same(tmp_path: Path, suffix: str) -> None:
    columns = trades(START_NS, START_NS + 1, price=UNITS_MAX - 1)
    columns = Columns("trades", BITCOIN, columns.arrays | {"size": columns["price"] * 0 + 1})
    path = tmp_path / f"x.{suffix}"
    export([columns], path)
    assert same(read(suffix, path, BITCOIN, kind="trades"), columns)


def test_prices_are_written_with_all_their_digits(tmp_path: Path) -> None:
    export([bars(range(1))], tmp_path / "x.csv")
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert lines[0] == "open_time_ns,close_time_ns,open,high,low,close,volume"
    assert lines[1].endswith(",10.50,11.00,10.00,10.50,0")


def failing() -> Iterator[Columns]:
    """Yield one batch, then fail as a damaged file does."""
    yield trades(1)
    raise BadData("a file is damaged")


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_a_failed_export_leaves_the_file_of_before(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("of before")
    with pytest.raises(BadData, match="damaged"):
        export(failing(), tmp_path / name)
    with pytest.raises(UserError, match="no rows in this range"):
        export([], tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "of before"


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_a_full_disk_is_one_sentence(tmp_path: Path, name: str) -> None:
    many = trades(*range(200_000))
    many = Columns("trades", BITCOIN, many.arrays | {"size": many["price"] ** 2 % 1_000_003})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(OutsideError, match="make room on the disk"):
            export([many], tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.txt", "x", "absent/x.csv"])
def test_a_name_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"neither .csv nor|cannot be a file"):
        export([trades(1)], tmp_path / name)
    assert GOOG.id
