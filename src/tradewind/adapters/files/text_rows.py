"""Rows of delimited text, a block of some megabytes at a time, as columns of bytes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from tradewind.adapters.files.sources import Source
from tradewind.model.columns import IntColumn
from tradewind.model.errors import BadData

BLOCK_BYTES = 1 << 24
LINE_BYTES_MAX = 1 << 16
EXACT_TEXT_LENGTH = 16
"""A number of at most so many characters has at most 15 digits that count (or is a whole number
below 2^53), so that the float nearest to it says it exactly."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Block:
    """Lines of a file: fields by column, and where in the file they stand.

    >>> block = Block("x.csv", range(2, 4), [[b"1", b"2"], [b"0.5", b"1.5"]])
    >>> block.numbers(1, "close").tolist(), block.integers(0, "time").tolist()
    ([0.5, 1.5], [1, 2])
    """

    def __init__(self, name: str, line_numbers: Sequence[int], columns: list[list[bytes]]) -> None:
        self.name = name
        self.line_numbers = line_numbers
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    def numbers(self, number: int, column: str) -> NDArray[np.float64] | list[str]:
        """A column of decimal numbers: floats where those are exact, else the texts."""
        fields = self.columns[number]
        if max(map(len, fields)) > EXACT_TEXT_LENGTH:
            return self.texts(number)
        try:
            return np.array(list(map(_float, fields)))
        except ValueError:
            raise self._bad(number, column, _float, "a number") from None

    def integers(self, number: int, column: str) -> IntColumn:
        """A column of whole numbers."""
        try:
            return np.array(list(map(_integer, self.columns[number])), np.int64)
        except (ValueError, OverflowError):
            raise self._bad(number, column, _small_integer, "a whole number") from None

    def texts(self, number: int) -> list[str]:
        """A column of text."""
        return [field.decode("utf-8", "replace").strip() for field in self.columns[number]]

    def keep(self, rows: list[int]) -> Block:
        """Some of the lines."""
        columns = [[column[row] for row in rows] for column in self.columns]
        return Block(self.name, [self.line_numbers[row] for row in rows], columns)

    @contextmanager
    def lines(self) -> Iterator[None]:
        """Let what is refused inside speak of the file and its lines, instead of rows."""
        try:
            yield
        except BadData as error:
            text = ROW.sub(lambda match: f"line {self.line_numbers[int(match[1])]}", str(error))
            raise BadData(f"{self.name}: {text}") from None

    def _bad(self, number: int, column: str, parse: object, wanted: str) -> BadData:
        assert callable(parse)
        for row, field in enumerate(self.columns[number]):
            try:
                parse(field)
            except (ValueError, OverflowError):
                shown = field.decode("utf-8", "replace")
                what = f"{shown!r} is not {wanted}" if shown.strip() else "is empty"
                place = f"{self.name}: line {self.line_numbers[row]}, column {column!r}"
                return BadData(f"{place}{':' if shown.strip() else ''} {what}: mend the line")
        raise AssertionError("a column failed to parse, but none of its fields does")


ROW = re.compile(r"\brow (\d+)")


def blocks(source: Source, *, delimiter: str = ",", first_line: int = 1) -> Iterator[Block]:
    """The lines of a stream from where it stands, each with as many fields as the first.

    `first_line` is the number of the first line that is still to be read.
    """
    fields = 0
    for line_number, lines in _line_blocks(source):
        line = first_line + line_number
        rows = _split(source.name, line, lines, delimiter.encode())
        fields = fields or len(rows[0])
        _check_lengths(source.name, line, rows, fields)
        columns = [list(column) for column in zip(*rows, strict=True)]
        yield Block(source.name, range(line, line + len(rows)), columns)


def header(source: Source, delimiter: str = ",") -> list[str]:
    """The names in the first line; `BadData` where there is none."""
    line = source.stream.readline(LINE_BYTES_MAX).removeprefix(BYTE_ORDER_MARK)
    if not line.strip():
        raise BadData(f"{source.name} is empty: name a file with rows")
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    return [name.strip() for name in next(csv.reader([text], delimiter=delimiter))]


def _line_blocks(source: Source) -> Iterator[tuple[int, list[bytes]]]:
    """Whole lines of about a block, with the number of lines before them."""
    rest, count = b"", 0
    chunk = source.stream.read(BLOCK_BYTES).removeprefix(BYTE_ORDER_MARK)
    while chunk:
        following = source.stream.read(BLOCK_BYTES)
        text = rest + chunk
        cut = text.rfind(b"\n") + 1 if following else len(text)
        text, rest = text[:cut], text[cut:]
        if len(rest) > LINE_BYTES_MAX:
            raise BadData(f"{source.name}: line {count + 1} is too long: is this a text file?")
        chunk = following
        if not cut:
            continue
        # Blank lines end many files; between rows they are refused as lines without fields.
        text = text.removesuffix(b"\n") if following else text.rstrip()
        if text or following:
            lines = text.replace(b"\r\n", b"\n").removesuffix(b"\r").split(b"\n")
            yield count, lines
            count += len(lines)


def _split(name: str, line: int, lines: list[bytes], delimiter: bytes) -> list[list[bytes]]:
    if not any(b'"' in text for text in lines):
        return [text.split(delimiter) for text in lines]
    try:
        texts = (text.decode() for text in lines)
        rows = list(csv.reader(texts, delimiter=delimiter.decode(), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadData(f"{name}: from line {line} on it is no CSV ({error}): mend it") from None
    if len(rows) != len(lines):
        raise BadData(f"{name}: from line {line} on a quoted field runs over lines: mend it")
    return [[field.encode() for field in row] for row in rows]


def _check_lengths(name: str, line: int, rows: list[list[bytes]], fields: int) -> None:
    if set(map(len, rows)) == {fields}:
        return
    row = next(number for number, row in enumerate(rows) if len(row) != fields)
    raise BadData(
        f"{name}: line {line + row} has {len(rows[row])} fields where the first line has {fields}: "
        "mend the line, or name the delimiter"
    )


def _float(field: bytes) -> float:
    if b"_" in field:  # Python would read 1_000
        raise ValueError
    return float(field)


def _integer(field: bytes) -> int:
    if b"_" in field:
        raise ValueError
    return int(field)


def _small_integer(field: bytes) -> int:
    number = _integer(field)
    if not -(2**63) <= number < 2**63:
        raise OverflowError
    return number
