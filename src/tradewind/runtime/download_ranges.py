"""Which stretches of time of a series are downloaded already, kept in a file of the home."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from tradewind.model.errors import BadData
from tradewind.ports.downloads import Wanted

Span = tuple[int, int]
"""From a nanosecond, included, to one, excluded."""


class _Kept(msgspec.Struct):
    """What the file says: the series for who reads it, and its spans."""

    series: str
    spans: list[Span]


class DownloadedRanges:
    """Spans by series; a file each, written whole or not at all.

    That a span is done says that the venue was asked for all of it, not that there were rows:
    holidays are not asked for again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def missing(self, wanted: Wanted) -> list[Span]:
        """What of a range is not downloaded yet, the oldest first."""
        found: list[Span] = []
        start_ns = wanted.start_ns
        for begun_ns, ended_ns in self.spans(wanted):
            if ended_ns <= start_ns or begun_ns >= wanted.end_ns:
                continue
            if begun_ns > start_ns:
                found.append((start_ns, begun_ns))
            start_ns = max(start_ns, ended_ns)
        if start_ns < wanted.end_ns:
            found.append((start_ns, wanted.end_ns))
        return found

    def spans(self, wanted: Wanted) -> list[Span]:
        """All spans of a series, apart and in order."""
        try:
            kept = msgspec.json.decode(self._file(wanted).read_bytes(), type=_Kept)
        except FileNotFoundError:
            return []
        except msgspec.DecodeError as error:
            raise BadData(
                f"{self._file(wanted)} cannot be read ({error}): delete it to download "
                f"{series_of(wanted)} again"
            ) from None
        return sorted(kept.spans)

    def add(self, wanted: Wanted, span: Span) -> None:
        """A span is done."""
        if span[0] >= span[1]:
            return
        file = self._file(wanted)
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = _Kept(series_of(wanted), joined([*self.spans(wanted), span]))
        beside = file.with_suffix(".new")
        with beside.open("wb") as out:
            out.write(msgspec.json.encode(kept))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)

    def forget(self, wanted: Wanted) -> None:
        """Download the series again from its beginning."""
        self._file(wanted).unlink(missing_ok=True)

    def _file(self, wanted: Wanted) -> Path:
        digest = hashlib.sha256(series_of(wanted).encode()).hexdigest()[:24]
        return self._folder / f"{digest}.json"


def series_of(wanted: Wanted) -> str:
    """The name of a series."""
    words = f"{wanted.kind} of {wanted.instrument.id}"
    return f"{wanted.timeframe} {words}" if wanted.timeframe else words


def joined(spans: list[Span]) -> list[Span]:
    """The same time in as few spans as there can be.

    >>> joined([(5, 7), (1, 3), (3, 4), (6, 9)])
    [(1, 4), (5, 9)]
    """
    whole: list[Span] = []
    for start_ns, end_ns in sorted(spans):
        if whole and start_ns <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end_ns))
        else:
            whole.append((start_ns, end_ns))
    return whole
