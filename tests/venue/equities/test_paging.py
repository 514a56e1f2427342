"""Pages of rows by time, cut anywhere, in both directions, with rows of the same time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.venue.equities.paging import Place, page_of

Row = tuple[int, int]


def all_pages(
    rows: list[Row], *, limit: int, chunk_ns: int, is_back: bool, most: int = 200
) -> list[Row]:
    """Every page of the rows, one after the other."""
    found: list[Row] = []
    place: Place | None = None
    for _ in range(most):
        page, place = page_of(
            lambda begin, end: [row for row in rows if begin <= row[0] < end],
            lambda row: row[0],
            span_ns=(0, 60),
            limit=limit,
            chunk_ns=chunk_ns,
            is_back=is_back,
            place=place,
        )
        found += page
        if place is None:
            return found
    raise AssertionError("the pages do not end")


@given(
    times=st.lists(st.integers(0, 59), max_size=40),
    limit=st.integers(1, 7),
    chunk_ns=st.integers(1, 70),
    is_back=st.booleans(),
)
def test_pages_are_all_the_rows_once_in_order(
    times: list[int], limit: int, chunk_ns: int, is_back: bool
) -> None:
    rows = [(time, number) for number, time in enumerate(sorted(times))]
    expected = rows[::-1] if is_back else rows
    assert all_pages(rows, limit=limit, chunk_ns=chunk_ns, is_back=is_back) == expected


def test_no_more_is_made_than_a_page_needs() -> None:
    asked: list[tuple[int, int]] = []

    def rows_between(begin: int, end: int) -> list[int]:
        asked.append((begin, end))
        return list(range(begin, end))

    page, place = page_of(rows_between, lambda row: row, span_ns=(0, 10**6), limit=15, chunk_ns=10)
    assert (len(page), place) == (15, Place(15))
    assert asked == [(0, 10), (10, 20)]


@pytest.mark.parametrize("is_back", [False, True])
def test_an_empty_stretch_is_one_empty_page(is_back: bool) -> None:
    assert all_pages([], limit=1, chunk_ns=7, is_back=is_back) == []
