"""Rows of integers in PostgreSQL's binary form of COPY, to and from numpy without a loop.

A row is the count of its fields (16 bits), then of each field its length in bytes (32 bits) and
its value, all with the highest byte first. `place` and `series_id` have 4 bytes, all others 8:

    00 03  00 00 00 04  00 00 00 07  00 00 00 04  00 00 00 00  00 00 00 08  00 00 00 00 00 00 00 2a
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradewind.model.columns import IntColumn
from tradewind.model.errors import BadData

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"


def to_binary(series_id: int, place: IntColumn, columns: list[IntColumn]) -> bytes:
    """The whole message: series, place, then the columns.

    >>> one = np.array([42])
    >>> len(to_binary(7, np.array([0]), [one])) - len(HEADER) - len(TRAILER)
    30
    """
    rows = np.empty(len(place), _row_type(len(columns)))
    rows["count"] = 2 + len(columns)
    rows["series_bytes"] = rows["place_bytes"] = 4
    rows["series"], rows["place"] = series_id, place
    for number, column in enumerate(columns):
        rows[f"bytes{number}"] = 8
        rows[f"value{number}"] = column
    return HEADER + rows.tobytes() + TRAILER


def from_binary(message: bytes, count: int) -> list[IntColumn]:
    """The columns of a message that has `count` of them, each of 8 bytes and none empty."""
    kind = np.dtype(
        [("count", ">i2")]
        + [part for n in range(count) for part in ((f"bytes{n}", ">i4"), (f"value{n}", ">i8"))]
    )
    body = message[len(HEADER) : -len(TRAILER)]
    if len(body) % kind.itemsize or not message.startswith(HEADER[:11]):
        raise BadData("the database sent rows with empty fields: look with tradewind data check")
    rows = np.frombuffer(body, kind)
    return [rows[f"value{number}"].astype(np.int64) for number in range(count)]


def places(times: IntColumn) -> IntColumn:
    """The place of each row among those of its time, from 0; times are in order.

    >>> places(np.array([5, 5, 6, 7, 7, 7])).tolist()
    [0, 1, 0, 0, 1, 2]
    """
    numbers = np.arange(len(times))
    begins = np.concatenate([[True], times[1:] != times[:-1]]) if len(times) else numbers > 0
    return numbers - np.maximum.accumulate(np.where(begins, numbers, 0))


def digest(columns: list[IntColumn]) -> int:
    """A number of 64 bits that tells other rows apart, whatever their order.

    That of all rows is the sum of those of the rows, so that adding and taking away is cheap.
    """
    mixed: NDArray[np.uint64] = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed = (mixed ^ column.view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return int(np.add.reduce(mixed, dtype=np.uint64))


def wrapped(number: int) -> int:
    """A sum of digests as a signed number of 64 bits.

    >>> wrapped(2**64 - 1), wrapped(2**64 + 5)
    (-1, 5)
    """
    return (number + 2**63) % 2**64 - 2**63


def _row_type(count: int) -> np.dtype[np.void]:
    fixed = [
        ("count", ">i2"), ("series_bytes", ">i4"), ("series", ">i4"),
        ("place_bytes", ">i4"), ("place", ">i4"),
    ]  # fmt: skip
    values = [part for n in range(count) for part in ((f"bytes{n}", ">i4"), (f"value{n}", ">i8"))]
    return np.dtype(fixed + values)
