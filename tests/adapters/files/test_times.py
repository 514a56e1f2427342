"""Times in files: every way of writing them, zones with their summer time, and refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.files.times import parse_times, utc_from_local
from tradewind.model.errors import BadData, UserError

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a wall clock
HOUR_NS = 3_600_000_000_000
NEW_YORK = "America/New_York"


def ns(text: str) -> int:
    """Return the nanoseconds of an ISO time in UTC."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return (moment - EPOCH.replace(tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def test_the_unit_of_an_epoch_is_known_by_its_length() -> None:
    for text in ("1709303400", "1709303400000", "1709303400000000", "1709303400000000000"):
        assert parse_times([text]).tolist() == [ns("2024-03-01 14:30:00")]


def test_a_named_unit_goes_before_the_length() -> None:
    assert parse_times(["1709303400"], time_format="ns").tolist() == [1709303400]


def test_iso_times_with_an_offset_are_brought_to_utc() -> None:
    texts = ["2024-03-01T14:30:00Z", "2024-03-01T09:31:00-05:00"]
    assert parse_times(texts).tolist() == [ns("2024-03-01 14:30"), ns("2024-03-01 14:31")]


def test_a_zone_has_its_summer_time() -> None:
    texts = ["2024-03-08 09:30", "2024-03-11 09:30"]
    found = parse_times(texts, zone=NEW_YORK).tolist()
    assert found == [ns("2024-03-08 14:30"), ns("2024-03-11 13:30")]


def test_an_hour_that_was_skipped_is_refused() -> None:
    with pytest.raises(BadData, match=r"2024-03-10 02:30:00 does not exist in America/New_York"):
        parse_times(["2024-03-10 02:30"], zone=NEW_YORK)


def test_of_an_hour_that_came_twice_the_first_is_meant() -> None:
    assert parse_times(["2024-11-03 01:30"], zone=NEW_YORK).tolist() == [ns("2024-11-03 05:30")]


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001  a wall clock
    st.sampled_from([NEW_YORK, "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_a_zone_agrees_with_the_standard_library(wall: datetime, zone: str) -> None:
    aware = wall.replace(tzinfo=ZoneInfo(zone))
    local_ns = (wall - EPOCH) // timedelta(microseconds=1) * 1000
    if aware.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall:
        with pytest.raises(BadData, match="does not exist"):
            utc_from_local(np.array([local_ns]), zone)
        return
    expected = aware.astimezone(UTC).replace(tzinfo=None) - EPOCH
    found = utc_from_local(np.array([local_ns]), zone)
    assert found.tolist() == [expected // timedelta(microseconds=1) * 1000]


WRONG: dict[str, tuple[list[str], str]] = {
    "row 1: '17x' is not a whole number of ms since 1970": (["1709303400000", "17x"], ""),
    "row 0: '2024' is not a time like": (["2024"], ""),
    "row 0: 'now-and-then' is not a time like": (["now-and-then"], ""),
    "row 1 has no time: drop the row": (["2024-03-01", ""], ""),
    "row 0: '2024-13-01' is not a time like": (["2024-13-01"], ""),
    "row 1: '2024-03-01 14:31:00' is not a time with an offset": (
        ["2024-03-01T14:30:00Z", "2024-03-01 14:31:00"],
        "",
    ),
    "row 0: '99999999999999999999' is not a time in s": (["9" * 20], "s"),
    "row 0: '1.3.24' is not a time like %d/%m/%Y": (["1.3.24"], "%d/%m/%Y"),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_no_time_is_refused_with_its_row(sentence: str) -> None:
    texts, time_format = WRONG[sentence]
    with pytest.raises(BadData) as refused:
        parse_times(texts, time_format=time_format)
    assert sentence in str(refused.value)


def test_an_unknown_zone_is_refused() -> None:
    for zone in ("America/Springfield", "../etc", "/etc/passwd", "New York"):
        with pytest.raises(UserError, match="there is no time zone"):
            parse_times(["2024-03-01 14:30"], zone=zone)
