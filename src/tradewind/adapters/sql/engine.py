"""Connections to a SQL database by its URL: pooled, bounded in time, failures in one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tradewind.model.errors import OutsideError, UserError

POOL_CONNECTIONS = 20
"""The most connections of one service; who asks beyond them waits for `POOL_WAIT_S`."""
POOL_WAIT_S = 5.0
BUSY_S = 5.0
"""How long a writer waits for another before it fails."""


def connect_database(
    url: str,
    *,
    connections: int = POOL_CONNECTIONS,
    call_s: float | None = None,
    target: str = "read-write",
) -> Engine:
    """Return an engine over a database, as it is; nothing is asked of it yet.

    `call_s` is the longest one call to PostgreSQL may take, in seconds; `target` is libpq's
    `target_session_attrs`, "any" for a server that is only read. Raises `UserError` for a URL
    that is none.
    """
    if url.startswith("sqlite"):
        return _sqlite_engine(url)
    try:
        bounded = import_module("tradewind.adapters.sql.bounded")
    except ModuleNotFoundError:
        raise UserError(
            "a database in PostgreSQL needs its driver: install tradewind[postgres]"
        ) from None
    address = bounded.address(url)
    parts = bounded.conninfo_to_dict(address)
    return create_engine(
        URL.create(
            "postgresql+psycopg",
            host=parts.get("host", "this machine"),
            database=parts.get("dbname", "postgres"),
        ),
        creator=lambda: bounded.connect(
            address, application="tradewind", call_s=call_s, target=target
        ),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        pool_pre_ping=True,
        # Who waited longest gets the connection used last: the others age and are closed.
        pool_use_lifo=True,
    )


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is durable when it ends; `OutsideError` where it cannot be."""
    with translated(engine), engine.execution_options(writes=True).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for questions, each a transaction of its own."""
    with translated(engine), engine.connect() as connection:
        if is_postgres(engine):
            # A BEGIN and a ROLLBACK would be two more ways to the server and back.
            connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


def is_postgres(engine: Engine) -> bool:
    """True for a server, False for a file or memory of SQLite."""
    return engine.dialect.name == "postgresql"


def shown(engine: Engine) -> str:
    """The database's name for people, without its password."""
    if is_postgres(engine):
        port = "" if engine.url.port in (None, 5432) else f":{engine.url.port}"
        return f"PostgreSQL {engine.url.database} at {engine.url.host}{port}"
    return engine.url.render_as_string(hide_password=True)


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Say what went wrong with a database in one sentence, as `OutsideError`."""
    try:
        yield
    except PoolTimeout as error:
        raise OutsideError(
            f"all connections to {shown(engine)} are in use: raise DATABASE_POOL_SIZE, or look "
            "for what keeps them",
            fault="ours",
            retry=True,
        ) from error
    except SQLAlchemyError as error:
        raise _failure(engine, error) from error


def _failure(engine: Engine, error: SQLAlchemyError) -> OutsideError:
    cause: Any = getattr(error, "orig", None) or error
    said = (str(cause) or type(cause).__name__).splitlines()[0]
    if is_postgres(engine):
        bounded = import_module("tradewind.adapters.sql.bounded")
        refused: OutsideError | None = bounded.refusal(shown(engine), cause)
        if refused is not None:
            return refused
        if getattr(cause, "sqlstate", None) == "53100":
            return OutsideError(
                f"the disk of {shown(engine)} is full: free space there", fault="ours", retry=True
            )
        said = bounded.first_line(cause)
        if getattr(cause, "sqlstate", None) is None and isinstance(error, OperationalError):
            return OutsideError(bounded.silent(shown(engine), cause), fault="ours", retry=True)
    return OutsideError(f"the database {shown(engine)} failed: {said}", fault="ours", retry=True)


def _sqlite_engine(url: str) -> Engine:
    try:
        engine = create_engine(url)
    except SQLAlchemyError:
        raise UserError(
            "this is no address of a SQLite file: write it like sqlite:////folder/file.db"
        ) from None
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
