"""Identities, audit and kept answers in a SQL database."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.database import migrate, open_database, sqlite_url, writing
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.adapters.sql.kept_answers import SqlKeptAnswers
from tradewind.adapters.sql.security_store import SqlSecurityStore
from tradewind.adapters.sql.tables import METADATA
from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.audit import NewEntry, first_break
from tradewind.ports.identity import ApiKey, NameTaken, Session, User
from tradewind.ports.kept_answers import PENDING, KeptAnswer


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    return open_database(sqlite_url(tmp_path / "security.db"))


def user(name: str = "ann") -> User:
    return User(f"id-{name}", name, "trader", ("paper", "other"), "hash", 5)


def session(number: int = 1, **given: object) -> Session:
    own = Session(f"s{number}", "id-ann", b"r1", number, number, 1_000, "10.0.0.1", "browser")
    return msgspec.structs.replace(own, **given)


def noted(audit: SqlAudit, action: str) -> None:
    audit.append_all([NewEntry(5, "ann", action, "", "ok", "", "{}")])


def test_a_user_is_found_again_as_it_was_and_its_name_is_taken(database: Engine) -> None:
    identities = SqlIdentities(database)
    whole = msgspec.structs.replace(
        user(), totp=b"sealed", totp_since_ns=7, totp_step=9, recovery_hashes=(b"a", b"b")
    )
    identities.add_user(whole)
    assert identities.user("id-ann") == identities.user_named("ann") == whole
    with pytest.raises(NameTaken):
        identities.add_user(msgspec.structs.replace(user(), user_id="id-2"))
    changed = msgspec.structs.replace(whole, role="viewer", is_disabled=True)
    identities.put_user(changed)
    assert identities.users() == [changed]
    assert (identities.user("nobody"), identities.user_named("nobody")) == (None, None)


def test_a_refresh_token_is_rotated_once(database: Engine) -> None:
    identities = SqlIdentities(database)
    identities.put_session(session())
    old = session()
    assert identities.rotate(old, refresh_hash=b"r2", time_ns=9)
    assert not identities.rotate(old, refresh_hash=b"r3", time_ns=10)
    found = identities.session("s1")
    assert found is not None
    assert (found.refresh_hash, found.used_time_ns) == (b"r2", 9)
    identities.revoke_sessions(["s1"], 11)
    assert not identities.rotate(found, refresh_hash=b"r4", time_ns=12)
    assert identities.revoked_since(11) == ["s1"]
    assert identities.revoked_since(12) == []


def test_a_session_that_ended_keeps_the_time_it_ended(database: Engine) -> None:
    identities = SqlIdentities(database)
    identities.put_session(session(1))
    identities.put_session(session(2))
    identities.revoke_sessions(["s1"], 7)
    identities.revoke_sessions(["s1", "s2"], 9)
    ended = {each.session_id: each.revoked_time_ns for each in identities.sessions("id-ann")}
    assert ended == {"s2": 9, "s1": 7}


def test_what_ended_long_ago_is_forgotten_and_what_lives_is_not(database: Engine) -> None:
    identities = SqlIdentities(database)
    identities.put_session(session(1, expire_time_ns=50))
    identities.put_session(session(2, revoked_time_ns=50))
    identities.put_session(session(3))
    identities.put_key(ApiKey("k1", "id-ann", "old", b"h", (), (), 1, 50))
    identities.put_key(ApiKey("k2", "id-ann", "for ever", b"h", ("market:read",), (), 1, 0))
    security = SqlSecurityStore(database)
    security.block("name ann", until_ns=50, now_ns=5)
    identities.remove_ended(51)
    assert [each.session_id for each in identities.sessions("id-ann")] == ["s3"]
    assert [each.key_id for each in identities.keys("id-ann")] == ["k2"]
    assert security.blocked_until_ns("name ann") == 0


def test_an_invitation_is_good_once_and_a_new_one_takes_its_place(database: Engine) -> None:
    identities = SqlIdentities(database)
    identities.put_invitation(b"one", 100)
    identities.put_invitation(b"two", 100)
    assert not identities.take_invitation(b"one", 5)
    assert not identities.take_invitation(b"two", 100)
    assert identities.take_invitation(b"two", 99)
    assert not identities.take_invitation(b"two", 99)


def test_a_changed_removed_or_inserted_entry_breaks_the_trail_there(database: Engine) -> None:
    audit = SqlAudit(database)
    for action in ("login", "order placed", "halted", "resumed"):
        noted(audit, action)
    assert first_break(audit) == 0
    assert [entry.number for entry in audit.newest(before=4, limit=2)] == [3, 2]
    with writing(database) as connection:
        connection.execute(text("UPDATE audit SET actor = 'bob' WHERE number = 3"))
    assert first_break(audit) == 3
    with writing(database) as connection:
        connection.execute(text("UPDATE audit SET actor = 'ann' WHERE number = 3"))
        connection.execute(text("DELETE FROM audit WHERE number = 2"))
    assert first_break(audit) == 2


def test_two_writers_never_share_a_number(database: Engine, tmp_path: Path) -> None:
    def write() -> None:
        own = SqlAudit(open_database(sqlite_url(tmp_path / "security.db")))
        for _ in range(20):
            noted(own, "login")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    audit = SqlAudit(database)
    assert len(list(audit.entries())) == 80
    assert first_break(audit) == 0


def test_a_key_is_claimed_once_answered_and_given_back(database: Engine) -> None:
    kept = SqlKeptAnswers(database)
    claim = KeptAnswer("u1", "k1", b"h", PENDING, b"", 5)
    assert kept.begin_all([claim]) == [None]
    assert kept.begin_all([claim]) == [claim]
    answer = msgspec.structs.replace(claim, status=200, body=b"{}")
    kept.finish_all([answer])
    assert kept.begin_all([claim]) == [answer]
    assert kept.begin_all([msgspec.structs.replace(claim, user_id="u2")]) == [None]
    kept.abandon("u1", "k1")
    assert kept.begin_all([claim]) == [None]
    kept.remove_answers(6)
    assert kept.begin_all([claim]) == [None]


def test_the_file_is_its_owners_alone(database: Engine, tmp_path: Path) -> None:
    SqlIdentities(database).add_user(user())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}


def test_migrations_make_what_the_tables_say_and_go_back(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []
        migrate(connection, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
        migrate(connection)
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_newer_layout_that_only_added_is_used_and_one_that_took_away_refused(
    database: Engine, tmp_path: Path
) -> None:
    with writing(database) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    SqlIdentities(open_database(sqlite_url(tmp_path / "security.db"))).add_user(user())
    with writing(database) as connection:
        connection.execute(text("UPDATE oldest_program SET layout = '9998'"))
    with pytest.raises(UserError, match="layout 9999, which this program does not know"):
        open_database(sqlite_url(tmp_path / "security.db"))


def test_a_database_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "security.db").write_bytes(b"this is no database, but it is long enough" * 50)
    with pytest.raises(OutsideError, match="file is not a database"):
        open_database(sqlite_url(tmp_path / "security.db"))
    with pytest.raises(OutsideError, match="cannot be made"):
        open_database(sqlite_url(tmp_path / "no" / "folder" / "security.db"))
