"""An import: files of one format into one series of the history, all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from tradewind.adapters.files.formats import Format
from tradewind.adapters.files.reading import Reading, Request
from tradewind.model.column_merge import OnConflict
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData
from tradewind.ports.history import History, Series, Written

Progress = Callable[[int, int], None]
"""Called with the number of files begun and of rows read so far."""


class Imported(msgspec.Struct, frozen=True):
    """What an import did; `left_out` counts rows that were no data, by reason."""

    series: Series
    written: Written
    left_out: dict[str, int]


def import_files(
    history: History,
    paths: Sequence[Path],
    *,
    form: Format,
    request: Request,
    on_conflict: OnConflict,
    progress: Progress,
) -> Imported:
    """Read files and store their rows; any fault in any of them leaves the history as it was."""
    files = _Files(form, request, progress)
    with form.open(paths[0], request) as first:
        series = Series(first.kind, request.instrument.id, first.timeframe)
        batches = chain(files.rows_of(first, paths[0], series), files.others(paths[1:], series))
        written = history.write_batches(
            batches, timeframe=series.timeframe, on_conflict=on_conflict
        )
    if written.rows_given == 0:
        raise BadData(f"{paths[0].name} has no rows to import: look at the file and the options")
    return Imported(series, written, dict(files.left_out))


class _Files:
    """The files of an import, and what was counted on the way."""

    def __init__(self, form: Format, request: Request, progress: Progress) -> None:
        self.form = form
        self.request = request
        self.progress = progress
        self.begun = self.rows = 0
        self.left_out: Counter[str] = Counter()

    def others(self, paths: Sequence[Path], series: Series) -> Iterator[Columns]:
        """The batches of further files, which must hold the same series."""
        for path in paths:
            # Read inside of `with`, so that the file's own errors are told as such.
            with self.form.open(path, self.request) as reading:
                yield from self.rows_of(reading, path, series)

    def rows_of(self, reading: Reading, path: Path, series: Series) -> Iterator[Columns]:
        """The batches of one file."""
        found = Series(reading.kind, series.instrument_id, reading.timeframe)
        if found != series:
            raise BadData(f"{path.name} holds {found}, not {series}: import it by itself")
        self.begun += 1
        self.progress(self.begun, self.rows)
        for batch in reading.batches:
            yield batch
            self.rows += len(batch)
            self.progress(self.begun, self.rows)
        self.left_out.update(reading.left_out)
