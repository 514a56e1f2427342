"""The chain of layouts goes up and down on SQLite and PostgreSQL, and old programs go on beside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect

from tests.servers.postgres_server import PostgresServer, running_postgres
from tradewind.adapters.sql import database
from tradewind.adapters.sql.database import BEFORE_POST, HEAD, bring, open_database, sqlite_url
from tradewind.adapters.sql.engine import connect_database, reading
from tradewind.adapters.sql.record_tables import METADATA
from tradewind.model.errors import UserError

STEP = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = {revision!r}, {before!r}, None, None
PHASE = {phase!r}
def upgrade():
    {up}
def downgrade():
    {down}
"""
OLD_JOURNALS = "UPDATE oldest_program SET layout = '{}'"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "security.db")
    server: PostgresServer = request.getfixturevalue("server")
    return server.new_database()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = connect_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two layouts behind the newest: one that adds a table, one that takes it away."""
    last = database.needed()
    step(tmp_path, "9001", last, "pre", "op.create_table('news', sa.Column('id', sa.Integer))")
    after = f"op.drop_table('news'); op.execute(sa.text({OLD_JOURNALS.format('9002')!r}))"
    step(tmp_path, "9002", "9001", "post", after)
    monkeypatch.setattr(database, "VERSIONS", [*database.VERSIONS, tmp_path / "steps"])
    return [last, "9001", "9002"]


def step(folder: Path, revision: str, before: str, phase: str, up: str) -> None:
    (folder / "steps").mkdir(exist_ok=True)
    down = "op.drop_table('news')" if revision == "9001" else up_again()
    text = STEP.format(revision=revision, before=before, phase=phase, up=up, down=down)
    (folder / "steps" / f"{revision}.py").write_text(text)


def up_again() -> str:
    return "op.create_table('news', sa.Column('id', sa.Integer))"


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def differences(connection: Connection) -> list[object]:
    def is_ours(name: str | None, kind: str, _: object) -> bool:
        # those of journal and history are PostgreSQL's alone and asked by hand
        return kind != "table" or not str(name).startswith(("journal", "history"))

    context = MigrationContext.configure(connection, opts={"include_name": is_ours})
    found: list[object] = compare_metadata(context, METADATA)
    return found


def test_each_layout_goes_up_and_down_and_ends_as_the_tables_say(url: str, engine: Engine) -> None:
    layouts = [one.revision for one in database._steps()]
    for layout in layouts:
        assert bring(url, layout)[1] == layout
    with reading(engine) as connection:
        assert differences(connection) == []
    for layout in [*layouts[-2::-1], "base"]:
        assert bring(url, layout)[1] == layout.replace("base", "")
    assert tables(engine) == {"alembic_version"}
    assert bring(url, HEAD) == ("", layouts[-1])
    with reading(engine) as connection:
        assert differences(connection) == []


def test_opening_takes_what_adds_and_leaves_what_takes_away(
    url: str, engine: Engine, newer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(database, "VERSIONS", database.VERSIONS[:1])
        open_database(url).dispose()
    open_database(url).dispose()
    assert "news" in tables(engine)
    assert bring(url, BEFORE_POST) == ("9001", "9001")
    with monkeypatch.context() as older:
        older.setattr(database, "VERSIONS", database.VERSIONS[:1])
        open_database(url).dispose()  # the program before goes on beside the newer one
    assert bring(url, HEAD) == ("9001", "9002")
    assert "news" not in tables(engine)
    open_database(url).dispose()
    monkeypatch.setattr(database, "VERSIONS", database.VERSIONS[:1])
    with pytest.raises(UserError, match="layout 9002, which this program does not know"):
        open_database(url)
    with pytest.raises(UserError, match="layout 9002, which this program does not know"):
        bring(url, HEAD)


def test_a_new_database_gets_the_newest_layout_at_once(
    url: str, engine: Engine, newer: list[str]
) -> None:
    open_database(url).dispose()
    assert "news" not in tables(engine)
    assert bring(url, HEAD) == ("9002", "9002")


def test_a_layout_that_is_none_is_refused(url: str) -> None:
    open_database(url).dispose()
    with pytest.raises(UserError, match="0000 is no layout: the newest is"):
        bring(url, "0000")
