"""The records of a home, read while no engine runs there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tradewind.adapters.sqlite.records import RECORDS_NAME, read_records
from tradewind.runtime.read_models import Status
from tradewind.runtime.stored_status import stored_status


def status_of_home(home: Path, why: str) -> Status | None:
    """What the last run of a home left, None where none left anything; `why` no engine answers.

    Raises `OutsideError` where the records cannot be read.
    """
    directory = home / "journal"
    if not (directory / RECORDS_NAME).exists():
        return None
    with closing(read_records(directory)) as records:
        return stored_status(records, why)
