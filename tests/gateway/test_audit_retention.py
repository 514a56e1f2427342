"""Retention of the audit trail: safe in a file, out of the database, the chain still whole."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, delete, update

from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.database import open_database, sqlite_url, writing
from tradewind.adapters.sql.tables import AUDIT
from tradewind.gateway.audit_retention import DAY_NS, FOLDER, retire
from tradewind.model.errors import OutsideError
from tradewind.ports.audit import NewEntry, first_break

NOW_NS = 100 * DAY_NS


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    return open_database(sqlite_url(tmp_path / "security.db"))


@pytest.fixture
def audit(database: Engine) -> SqlAudit:
    """Ten entries, one a day, the last of them today."""
    audit = SqlAudit(database)
    for day in range(91, 101):
        audit.append_all([NewEntry(day * DAY_NS, "ann", f"act {day}", "", "ok", "", "{}")])
    return audit


def test_what_is_older_goes_to_a_file_and_the_rest_is_a_whole_chain(
    audit: SqlAudit, tmp_path: Path
) -> None:
    before = list(audit.entries())
    assert retire(audit, tmp_path, days=5, now_ns=NOW_NS) == 4
    left = list(audit.entries())
    assert left[:6] == before[4:]
    assert (left[6].action, left[6].number, len(left)) == ("entries taken out", 11, 7)
    assert first_break(audit) == 0
    (file,) = (tmp_path / FOLDER).iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    rows = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]
    assert [row["number"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["link"] == before[3].link.hex() == msgspec.json.decode(left[6].detail)["link"]
    assert retire(audit, tmp_path, days=5, now_ns=NOW_NS) == 0


def test_it_goes_on_day_by_day(audit: SqlAudit, tmp_path: Path) -> None:
    for day in range(101, 104):
        assert retire(audit, tmp_path, days=5, now_ns=day * DAY_NS) >= 1
        assert first_break(audit) == 0
    assert len(list((tmp_path / FOLDER).iterdir())) == 3


def test_one_entry_more_taken_out_by_hand_is_noticed(
    audit: SqlAudit, database: Engine, tmp_path: Path
) -> None:
    retire(audit, tmp_path, days=5, now_ns=NOW_NS)
    with writing(database) as connection:
        connection.execute(delete(AUDIT).where(AUDIT.c.number == 5))
    assert first_break(audit) == 6


def test_a_changed_first_entry_is_noticed(
    audit: SqlAudit, database: Engine, tmp_path: Path
) -> None:
    retire(audit, tmp_path, days=5, now_ns=NOW_NS)
    with writing(database) as connection:
        connection.execute(update(AUDIT).where(AUDIT.c.number == 5).values(actor="bob"))
    assert first_break(audit) == 5


def test_what_cannot_be_made_safe_stays(audit: SqlAudit, tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(OutsideError, match="cannot be written"):
        retire(audit, tmp_path, days=5, now_ns=NOW_NS)
    assert len(list(audit.entries())) == 10
