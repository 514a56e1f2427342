"""A progress bar on stderr, shown only where stderr is a terminal."""

from __future__ import annotations

import sys
from types import TracebackType

BAR_WIDTH = 20


class ProgressBar:
    """Shows how many of some files are done and how many rows were read; wiped at the end.

    With `in_lines` every change is a line of its own, for a program that reads them.
    """

    in_lines = False

    def __init__(self, file_count: int) -> None:
        self.file_count = file_count
        self.visible = sys.stderr.isatty()
        self.width = 0

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.width:
            sys.stderr.write("\r" + " " * self.width + "\r")
            sys.stderr.flush()

    def show(self, files_begun: int, rows: int) -> None:
        """Draw the bar anew."""
        self.draw(bar_line(files_begun, self.file_count, rows))

    def show_runs(self, done: int, total: int) -> None:
        """Draw how many runs of how many are done."""
        count = BAR_WIDTH * done // total
        self.draw(f"[{'#' * count}{'.' * (BAR_WIDTH - count)}] run {done:,} of {total:,}")

    def draw(self, line: str) -> None:
        """Draw a line in the place of the one before."""
        if self.in_lines:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
        if not self.visible:
            return
        self.width = max(self.width, len(line))
        sys.stderr.write("\r" + line.ljust(self.width))
        sys.stderr.flush()


def bar_line(files_begun: int, file_count: int, rows: int) -> str:
    """Return the bar as text.

    >>> bar_line(2, 4, 307000)
    '[#####...............] file 2 of 4, 307,000 rows'
    """
    done = BAR_WIDTH * (files_begun - 1) // file_count
    bar = "#" * done + "." * (BAR_WIDTH - done)
    return f"[{bar}] file {files_begun} of {file_count}, {rows:,} rows"


def share_line(done: float, rows: int) -> str:
    """Return the bar of a download as text; `done` is the share of its time range.

    >>> share_line(0.5, 307000)
    '[##########..........]  50 %, 307,000 rows'
    """
    marks = min(BAR_WIDTH, int(BAR_WIDTH * done))
    bar = "#" * marks + "." * (BAR_WIDTH - marks)
    return f"[{bar}] {min(100, int(100 * done)):>3} %, {rows:,} rows"
