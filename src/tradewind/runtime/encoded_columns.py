"""Encoded columns: a batch's numbers as little-endian int64, one column behind the other."""

from __future__ import annotations

import sys
from functools import cache

import numpy as np

from tradewind.model.columns import OPTIONAL, REQUIRED, ColumnKind, Columns
from tradewind.model.instruments import Instrument

NUMBER_BYTES = 8
_LITTLE_ENDIAN = np.dtype("<i8")


def extra_names(columns: Columns) -> tuple[str, ...]:
    """Those of `OPTIONAL` that a batch has, in that order."""
    return _extra_of(columns.names or tuple(columns.arrays))


@cache
def _extra_of(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in OPTIONAL if name in names)


def data_of(columns: Columns, names: tuple[str, ...]) -> bytes:
    """The columns of these names."""
    if columns.table is not None and columns.names == names and sys.byteorder == "little":
        return columns.table.tobytes()
    arrays = [columns[name] for name in names]
    if sys.byteorder == "big":
        arrays = [array.byteswap() for array in arrays]
    return b"".join([array.tobytes() for array in arrays])


def columns_of(
    kind: ColumnKind, instrument: Instrument, names: tuple[str, ...], data: bytes
) -> Columns:
    """The batch of which `data_of` made the bytes; ValueError where they are no whole rows.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> columns_of("trades", goog, REQUIRED["trades"], bytes(4 * 8 * 3))["price"].tolist()
    [0, 0, 0]
    """
    count, rest = divmod(len(data), NUMBER_BYTES * len(names))
    if not count or rest:
        raise ValueError(f"{len(data)} bytes are no whole rows of {len(names)} columns")
    # one call of numpy, on bytes of its own, which compiled readers may ask to write to
    table = np.ndarray((len(names), count), _LITTLE_ENDIAN, bytearray(data))
    if sys.byteorder == "big":
        table = table.astype(np.int64)
    return Columns.of_table(kind, instrument, names, table)


def all_names(columns: Columns) -> tuple[str, ...]:
    """The names of a batch's columns, the required ones first."""
    return REQUIRED[columns.kind] + extra_names(columns)
