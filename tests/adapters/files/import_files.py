"""Files to import: written for a test, or the real ones that others recorded."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tradewind.adapters.files.formats import FORMATS
from tradewind.adapters.files.reading import Reading, Request
from tradewind.model.columns import Columns, concatenate
from tradewind.model.instruments import Instrument

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
BITCOIN = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
SECOND_NS = 10**9


def real(name: str) -> Path:
    """Return a real file, or skip the test that needs it."""
    root = os.environ.get("TRADEWIND_REAL_DATA")
    if root is None:
        pytest.skip(f"TRADEWIND_REAL_DATA is not set: {name} is absent")
    return Path(root) / name


def real_files(folder: str, pattern: str) -> list[Path]:
    """Return the real files of a folder, in order, or skip the test."""
    return sorted(real(folder).glob(pattern))


def of_format(name: str, instrument_id: str, **changed: Any) -> Instrument:
    """Return an instrument as a format settles it."""
    return Instrument(instrument_id, **(dict(FORMATS[name].instrument) | changed))


def read(form: str, path: Path, instrument: Instrument = GOOG, **request: Any) -> Columns:
    """Return all rows of a file."""
    return read_all(form, path, instrument, **request)[1]


def read_all(
    form: str, path: Path, instrument: Instrument = GOOG, **request: Any
) -> tuple[Reading, Columns]:
    """Return what a file said about itself, and all its rows."""
    with FORMATS[form].open(path, Request(instrument, **request)) as reading:
        return reading, concatenate(list(reading.batches))


def written(path: Path, *lines: str) -> Path:
    """Write lines to a text file."""
    path.write_text("\n".join(lines) + "\n")
    return path


def zipped(path: Path, member: str, *lines: str) -> Path:
    """Write lines to the one member of a zip file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, "\n".join(lines))
    return path


def lines_of(path: Path) -> list[list[str]]:
    """Return the fields of a comma-separated file, zipped or not: the independent reading."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode()
    else:
        text = path.read_text()
    return [line.split(",") for line in text.splitlines()]
