"""A SQL database by its URL: opened, brought to the newest layout, its failures in one sentence."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from tradewind.model.errors import OutsideError, UserError

MIGRATIONS = Path(__file__).parent / "migrations"
LAYOUT_LOCK = 4_207_002
"""PostgreSQL's advisory lock of whoever brings a database to a layout."""
BUSY_S = 5.0
"""How long a writer waits for another before it fails."""


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file.

    >>> sqlite_url(Path("/srv/tradewind/security.db"))
    'sqlite:////srv/tradewind/security.db'
    """
    return f"sqlite:///{path}"


def open_database(url: str) -> Engine:
    """Return an engine over a database of the newest layout, made or migrated where needed.

    Raises `UserError` where the database is newer than the program, `OutsideError` where it
    cannot be used.
    """
    engine = _engine(url)
    with _translated(engine), _alone(engine), engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        script = ScriptDirectory(str(MIGRATIONS))
        known = {revision.revision for revision in script.walk_revisions()}
        if current is not None and current not in known:
            engine.dispose()
            raise UserError(
                f"{shown(engine)} has layout {current}, which this program does not know: "
                "use the newer program that wrote it"
            )
        if current != script.get_current_head():
            migrate(connection)
    return engine


def migrate(connection: Connection, target: str = "head") -> None:
    """Bring a database to a layout, up or down."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if target == "head":
        command.upgrade(config, target)
    else:
        command.downgrade(config, target)
    connection.commit()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is durable when it ends; `OutsideError` where it cannot be."""
    with _translated(engine), engine.execution_options(writes=True).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for questions."""
    with _translated(engine), engine.connect() as connection:
        yield connection


def shown(engine: Engine) -> str:
    """The database's name for people, without its password."""
    return engine.url.render_as_string(hide_password=True)


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Keep other processes that open the database from bringing it to a layout at the same time."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({LAYOUT_LOCK})")
            try:
                yield
            finally:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LAYOUT_LOCK})")
    elif engine.url.database:
        path = Path(f"{engine.url.database}.lock")
        with os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    else:
        yield  # In memory: nobody else can open it.


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise OutsideError(
            f"the database {shown(engine)} failed: {cause}", fault="ours", retry=True
        ) from error


def _engine(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        if engine.url.database:
            _make_private(Path(engine.url.database))
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(path: Path) -> None:
    """Make the file for its owner alone before SQLite makes it for everybody."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise OutsideError(
            f"{path} cannot be made: {error.strerror}", fault="ours", retry=False
        ) from None


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin below decides, not the driver.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={int(BUSY_S * 1000)}",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A reader that became a writer later could fail with "database is locked" at any time.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
