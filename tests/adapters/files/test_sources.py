"""Packed files: one member each, whole, and what a damaged one is told as."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from tests.adapters.files.import_files import read, written, zipped
from tradewind.model.errors import BadData, OutsideError

LINES = ("Date,Open,High,Low,Close,Volume", "2024-03-01,1,1,1,1,1", "2024-03-02,1,1,1,1,1")


def test_a_zip_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", "x.csv", *LINES)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BadData, match="cut off or damaged"):
        read("csv", path)


def test_a_flipped_bit_in_a_zip_is_found(tmp_path: Path) -> None:
    many = [f"{1_709_303_400_000 + number},1,{number},buy" for number in range(5000)]
    path = zipped(tmp_path / "x.zip", "x.csv", "time,price,size,side", *many)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadData):
        read("csv", path, kind="trades")


def test_a_gzip_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress("\n".join(LINES).encode())[:-9])
    with pytest.raises(BadData, match="cut off or damaged"):
        read("csv", path)


def test_what_is_no_zip_or_gzip_is_refused(tmp_path: Path) -> None:
    for name in ("x.zip", "x.csv.gz"):
        with pytest.raises(BadData, match="cut off or damaged"):
            read("csv", written(tmp_path / name, *LINES))


def test_a_zip_of_two_files_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", "x.csv", *LINES)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("y.csv", "1,2")
    with pytest.raises(BadData, match="holds 2 files: unpack it"):
        read("csv", path)


def test_a_name_that_cannot_be_a_file_is_the_disks_fault(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="cannot read"):
        read("csv", tmp_path / ("x" * 300))
