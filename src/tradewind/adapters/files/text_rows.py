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
            _check_plain(fields)
            return np.array(list(map(float, fields)))
        except ValueError:
            raise self._bad(number, column, _float, "a number") from None

    def integers(self, number: int, column: str) -> IntColumn:
        """A column of whole numbers."""
        fields = self.columns[number]
        try:
            _check_plain(fields)
            return np.array(list(map(int, fields)), np.int64)
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
    for lines_before, text in _line_blocks(source):
        line = first_line + lines_before
        split = _split_quoted if b'"' in text else _split_plain
        columns = split(source.name, line, text, delimiter.encode(), fields)
        fields = len(columns)
        yield Block(source.name, range(line, line + len(columns[0])), columns)


def header(source: Source, delimiter: str = ",") -> list[str]:
    """The names in the first line; `BadData` where there is none."""
    line = source.stream.readline(LINE_BYTES_MAX).removeprefix(BYTE_ORDER_MARK)
    if not line.strip():
        raise BadData(f"{source.name} is empty: name a file with rows")
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    try:
        return [name.strip() for name in next(csv.reader([text], delimiter=delimiter))]
    except csv.Error as error:
        raise BadData(f"{source.name}: line 1 is no line of names ({error}): mend it") from None


def _line_blocks(source: Source) -> Iterator[tuple[int, bytes]]:
    """Whole lines of about a block, without the last one's end; and the lines before them."""
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
            text = text.replace(b"\r\n", b"\n").removesuffix(b"\r")
            yield count, text
            count += text.count(b"\n") + 1


def _split_plain(
    name: str, line: int, text: bytes, delimiter: bytes, fields: int
) -> list[list[bytes]]:
    """The columns of lines without quotation marks, cut at once: no list for each line."""
    lengths = [row.count(delimiter) + 1 for row in text.split(b"\n")]
    width = _check_lengths(name, line, lengths, fields)
    flat = text.replace(b"\n", delimiter).split(delimiter)
    return [flat[number::width] for number in range(width)]


def _split_quoted(
    name: str, line: int, text: bytes, delimiter: bytes, fields: int
) -> list[list[bytes]]:
    lines = text.count(b"\n") + 1
    try:
        texts = text.decode().split("\n")
        rows = list(csv.reader(texts, delimiter=delimiter.decode(), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadData(f"{name}: from line {line} on it is no CSV ({error}): mend it") from None
    if len(rows) != lines:
        raise BadData(f"{name}: from line {line} on a quoted field runs over lines: mend it")
    width = _check_lengths(name, line, list(map(len, rows)), fields)
    return [[row[number].encode() for row in rows] for number in range(width)]


def _check_lengths(name: str, line: int, lengths: list[int], fields: int) -> int:
    """The number of fields every line has."""
    width = fields or lengths[0]
    if set(lengths) != {width}:
        row = next(number for number, length in enumerate(lengths) if length != width)
        raise BadData(
            f"{name}: line {line + row} has {lengths[row]} fields where the first line has "
            f"{width}: mend the line, or name the delimiter"
        )
    return width


def _check_plain(fields: list[bytes]) -> None:
    if b"_" in b"".join(fields):  # Python would read 1_000
        raise ValueError


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
