"""Pages of a venue's history as columns: rows in order, what cannot be taken counted and left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from tradewind.adapters.net.row_columns import RowColumns
from tradewind.model.errors import BadData, BadMessage, BadNumber
from tradewind.ports.downloads import Page, Wanted

Given = TypeVar("Given")

OUT_OF_ORDER = "out of order"
SAME_TIME = "the same bar again"


class PageColumns:
    """Makes the pages of one download; a row behind which time goes back is left out."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._rows = RowColumns(wanted.kind, wanted.instrument)
        self._last_ns = -(2**62)
        self._left_out: Counter[str] = Counter()

    def page(
        self, given: Iterable[Given], row_of: Callable[[Given], tuple[int, ...]], *, is_last: bool
    ) -> Page:
        """The page that rows of the wire are; the last one completes the range."""
        for each in given:
            try:
                self._take(row_of(each))
            except BadNumber as error:
                self._left_out[_reason(error)] += 1
            except (BadData, BadMessage) as error:
                self._left_out[str(error)] += 1
        left_out, self._left_out = dict(self._left_out), Counter()
        wanted = self._wanted
        done_ns = wanted.end_ns if is_last else max(wanted.start_ns, self._last_ns)
        return Page(self._rows.take(), done_ns, left_out)

    def _take(self, row: tuple[int, ...]) -> None:
        wanted, time_ns = self._wanted, row[0]
        if not wanted.start_ns <= time_ns < wanted.end_ns:
            return  # some venues give whole months, or all that they have
        if time_ns < self._last_ns:
            self._left_out[OUT_OF_ORDER] += 1
        elif time_ns == self._last_ns and wanted.kind == "bars":
            self._left_out[SAME_TIME] += 1
        else:
            self._rows.add(row)
            self._last_ns = time_ns


def _reason(error: BadNumber) -> str:
    """What is wrong without the number itself, so that reasons can be counted."""
    text = str(error)
    if "more than" in text and "digits" in text:
        return "more digits than the instrument has"
    return "not above zero" if "not above zero" in text else text
