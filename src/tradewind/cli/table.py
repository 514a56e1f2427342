"""Tables on a terminal: aligned columns that fit the width, the last ones left out first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

GAP = 2
_NUMBER_STARTS = frozenset("0123456789+-.")


def as_table(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], width: int
) -> list[str]:
    """Return a heading and one line a row; `columns` maps keys to headings, dearest first.

    >>> as_table([{"id": "a", "n": "1"}, {"id": "b", "n": "10"}], {"id": "ID", "n": "SIZE"}, 80)
    ['ID  SIZE', 'a      1', 'b     10']
    """
    kept: list[list[str]] = []
    left = width
    for key, heading in columns.items():
        column = aligned(heading, [clean(str(row[key])) for row in rows])
        left -= len(column[0])
        if left < 0 and kept:
            break
        kept.append(column)
        left -= GAP
    return [(" " * GAP).join(cells).rstrip()[:width] for cells in zip(*kept, strict=True)]


def aligned(heading: str, cells: Sequence[str]) -> list[str]:
    """Return heading and cells at one width, numbers to the right."""
    wide = max(map(len, [heading, *cells]))
    numeric = any(cells) and all(not cell or cell[0] in _NUMBER_STARTS for cell in cells)
    pad = str.rjust if numeric else str.ljust
    return [pad(cell, wide) for cell in (heading, *cells)]


def clean(text: str) -> str:
    """Return text without what would steer a terminal.

    >>> clean("stop\\x1b[2J")
    'stop?[2J'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)
