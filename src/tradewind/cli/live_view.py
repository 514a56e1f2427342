"""The view of a running engine: market, orders, positions, equity, health, in place or as lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

from tradewind.cli.table import as_table, clean
from tradewind.runtime.read_models import COLUMNS, Status, shown_tables

ROWS_MAX = 10
"""Of each table; what is beyond is counted."""
NANOSECONDS = 1_000_000_000
WIDTH = 100
"""Where a terminal does not tell its own."""

BOLD, RED, GREEN, RESET = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
CLEAR_TO_END, CLEAR_BELOW = "\x1b[K", "\x1b[J"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


def render(status: Status, width: int) -> str:
    """Return the view as lines of at most `width` characters, without colour."""
    return "\n".join(text for text, _ in _lines(status, width))


def one_line(status: Status) -> str:
    """Return one line for a log: time, sequence, equity, counts, prices, health."""
    equity = [f"equity {row['equity']} {row['currency']}" for row in status["accounts"]]
    prices = [f"{row['instrument']} {row['last']}" for row in status["market"]]
    counts = [f"positions {len(status['positions'])}", f"orders {len(status['orders'])}"]
    words = [_time(status), f"sequence {status['sequence']}", *equity, *counts, *prices]
    return clean("  ".join([*words, *_alarms(status)]))


def table_lines(title: str, rows: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """Return a table of the status, its title as the heading of the first column."""
    first, *others = COLUMNS[title].items()
    columns = {first[0]: title.upper()} | {key: heading.upper() for key, heading in others}
    return as_table(rows, columns, width)


class LiveView:
    """Shows one status after the other: redrawn in place on a terminal, else a line a second."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str]) -> None:
        self._stream = stream
        self._in_place = stream.isatty() and environment.get("TERM") != "dumb"
        self._coloured = self._in_place and not environment.get("NO_COLOR")
        self._drawn_lines = 0
        self._last_uptime_s = -1

    def show(self, status: Status) -> None:
        """Draw a status; without a terminal only the first of each second."""
        if self._in_place:
            self._draw(status)
        elif status["uptime_s"] != self._last_uptime_s:
            self._last_uptime_s = status["uptime_s"]
            self._stream.write(one_line(status) + "\n")
            self._stream.flush()

    def close(self) -> None:
        """Leave the last view standing and give the cursor back."""
        if self._drawn_lines:
            self._stream.write(SHOW_CURSOR)
            self._stream.flush()
            self._drawn_lines = 0

    def _draw(self, status: Status) -> None:
        width, height = _size(self._stream)
        lines = list(_lines(status, width))[: height - 1]
        up = f"\x1b[{self._drawn_lines}F" if self._drawn_lines else HIDE_CURSOR
        drawn = "".join(f"{self._painted(*line)}{CLEAR_TO_END}\n" for line in lines)
        self._stream.write(up + drawn + CLEAR_BELOW)
        self._stream.flush()
        self._drawn_lines = len(lines)

    def _painted(self, text: str, colour: str) -> str:
        return f"{colour}{text}{RESET}" if colour and self._coloured else text


def _lines(status: Status, width: int) -> Iterator[tuple[str, str]]:
    """Give each line and its colour, "" for none."""
    words = [f"Tradewind {status['version']}", status["mode"], _time(status)]
    words += [f"up {timedelta(seconds=status['uptime_s'])}", f"sequence {status['sequence']}"]
    yield clean("  ".join(words))[:width], BOLD
    for alarm in _alarms(status):
        yield clean(alarm)[:width], GREEN if alarm == "ok" else RED
    tables: Mapping[str, Any] = status
    for title in shown_tables(status):
        yield "", ""
        yield from _table(title, tables[title], width)
    yield "", ""
    counts = "  ".join(f"{name} {count}" for name, count in status["counts"].items())
    yield clean(counts)[:width], ""


def _table(title: str, rows: Sequence[Mapping[str, Any]], width: int) -> Iterator[tuple[str, str]]:
    heading, *lines = table_lines(title, rows[:ROWS_MAX], width)
    yield heading, BOLD
    yield from ((line, "") for line in lines or ["none"])
    if len(rows) > ROWS_MAX:
        yield f"and {len(rows) - ROWS_MAX} more"[:width], ""


def _alarms(status: Status) -> list[str]:
    """Say what is halted and what is wrong, else ok."""
    halts = [
        f"HALTED {halt['scope']} by {halt['by']}: {halt['reason']}" for halt in status["halts"]
    ]
    health = status["health"]
    return [*halts, *health["reasons"], *health["degraded"]] or ["ok"]


def _time(status: Status) -> str:
    moment = datetime.fromtimestamp(status["time_ns"] // NANOSECONDS, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _size(stream: TextIO) -> tuple[int, int]:
    """Return columns and rows of the terminal."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return WIDTH, 40
    return size.columns or WIDTH, size.lines or 40
