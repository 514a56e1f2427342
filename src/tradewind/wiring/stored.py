"""The records of a home, read while no engine runs there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tradewind.runtime.read_models import Status
from tradewind.runtime.stored_status import stored_status
from tradewind.wiring.journals import journal_place
from tradewind.wiring.records import RecordsPlace
from tradewind.wiring.settings import read_settings


def status_of_home(home: Path, why: str) -> Status | None:
    """What the last run of a home left, where its settings say; see `status_of`."""
    settings, _ = read_settings({"home": str(home)})
    return status_of(RecordsPlace(journal_place(settings)), why)


def status_of(place: RecordsPlace, why: str) -> Status | None:
    """What the last run left, None where none left anything; `why` no engine answers.

    Raises `OutsideError` where the records cannot be read.
    """
    if not place.is_there:
        return None
    with closing(place.read()) as records:
        return stored_status(records, why)
