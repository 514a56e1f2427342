"""Pages of rows by time: no more is made than a page needs, however long the stretch asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

Row = TypeVar("Row")


class Place(msgspec.Struct, frozen=True):
    """Where a page begins: at rows of a time, of which so many were shown before."""

    time_ns: int
    skip: int = 0


def page_of(
    rows_between: Callable[[int, int], list[Row]],
    time_of: Callable[[Row], int],
    *,
    span_ns: tuple[int, int],
    limit: int,
    chunk_ns: int,
    is_back: bool = False,
    place: Place | None = None,
) -> tuple[list[Row], Place | None]:
    """Up to `limit` rows of a stretch (its end excluded), and where the next page begins.

    `rows_between` gives the rows of a shorter stretch, oldest first; it is asked for `chunk_ns` at
    a time. Backwards, the newest rows come first.

    >>> page_of(lambda a, b: list(range(a, b)), int, span_ns=(0, 10), limit=4, chunk_ns=3)
    ([0, 1, 2, 3], Place(time_ns=4, skip=0))
    """
    begin_ns, end_ns = span_ns
    skip = 0
    if place is not None:
        skip = place.skip
        if is_back:
            end_ns = min(end_ns, place.time_ns + 1)
        else:
            begin_ns = max(begin_ns, place.time_ns)
    found: list[Row] = []
    for first_ns, last_ns in chunks(begin_ns, end_ns, chunk_ns, is_back=is_back):
        rows = rows_between(first_ns, last_ns)
        found += reversed(rows) if is_back else rows
        if len(found) > skip + limit:
            break
    page = found[skip : skip + limit]
    if len(found) <= skip + limit:
        return page, None
    time_ns = time_of(found[skip + limit])
    shown = sum(time_of(row) == time_ns for row in found[: skip + limit])
    return page, Place(time_ns, shown)


def chunks(
    begin_ns: int, end_ns: int, chunk_ns: int, *, is_back: bool
) -> Iterator[tuple[int, int]]:
    """A stretch in parts, from its begin on or from its end backwards.

    >>> list(chunks(0, 5, 2, is_back=True))
    [(3, 5), (1, 3), (0, 1)]
    """
    while begin_ns < end_ns:
        if is_back:
            first_ns = max(begin_ns, end_ns - chunk_ns)
            yield first_ns, end_ns
            end_ns = first_ns
        else:
            last_ns = min(end_ns, begin_ns + chunk_ns)
            yield begin_ns, last_ns
            begin_ns = last_ns
