"""A SQL database of the program's layout: opened, brought there, or refused in one sentence.

Layouts follow each other in one chain for SQLite and PostgreSQL. A step with `PHASE = "pre"` only
adds: programs of the layout before go on beside it, and opening takes it. A step with
`PHASE = "post"` takes away what they needed: `tradewind migrate --post` takes it when none of them
runs any more. The table `oldest_program` says which layout a program must know at least.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from tradewind.adapters.sql.engine import (
    POOL_CONNECTIONS,
    connect_database,
    is_postgres,
    shown,
    translated,
)
from tradewind.adapters.sql.engine import reading as reading
from tradewind.adapters.sql.engine import writing as writing
from tradewind.model.errors import OutsideError, UserError

MIGRATIONS = Path(__file__).parent / "migrations"
LAYOUT_LOCK = 4_207_002
"""PostgreSQL's advisory lock of whoever brings a database to a layout."""
LAYOUT_WAIT_S = 120.0
"""How long others wait meanwhile."""
STEP_S = 3600.0
"""The longest one statement of a step may take: an index over a large table is slow."""
HEAD = "head"
BEFORE_POST = "before post"


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file.

    >>> sqlite_url(Path("/srv/tradewind/security.db"))
    'sqlite:////srv/tradewind/security.db'
    """
    return f"sqlite:///{path}"


def open_database(
    url: str, *, connections: int = POOL_CONNECTIONS, call_s: float | None = None
) -> Engine:
    """Return an engine over a database of the program's layout, made or migrated where needed.

    Raises `UserError` where the database is newer than the program, `OutsideError` where it
    cannot be used.
    """
    engine = connect_database(url, connections=connections, call_s=call_s)
    with _closed_on_failure(engine), translated(engine):
        with engine.connect() as connection:
            is_due = _is_due(connection, engine)
        if is_due and is_postgres(engine):
            bring(url, BEFORE_POST)
        elif is_due:
            _bring(engine, BEFORE_POST)
    return engine


def read_database(url: str, *, connections: int = POOL_CONNECTIONS) -> Engine:
    """Return an engine over a database that somebody else brings to its layout.

    Raises `UserError` where it has not got there yet, or is beyond this program.
    """
    engine = connect_database(url, connections=connections)
    with _closed_on_failure(engine), translated(engine), engine.connect() as connection:
        if _is_due(connection, engine):
            found = layout_of(connection) or "none"
            raise UserError(
                f"{shown(engine)} has layout {found}, this program needs {needed()}: run "
                "`tradewind migrate`"
            )
    return engine


def bring(url: str, target: str) -> tuple[str, str]:
    """Bring a database to a layout; the layouts before and after, "" for none.

    `target` is `HEAD`, `BEFORE_POST`, or a layout to go back to; "base" takes all tables away.
    """
    engine = connect_database(url, connections=2, call_s=STEP_S)
    try:
        with translated(engine):
            return _bring(engine, target)
    finally:
        engine.dispose()


def _bring(engine: Engine, target: str) -> tuple[str, str]:
    with _alone(engine), engine.connect() as connection:
        before = layout_of(connection)
        _is_due(connection, engine)
        if target == BEFORE_POST:
            target = _next_stop(before)
        if before is None or target in (HEAD, *(step.revision for step in _behind(before))):
            migrate(connection, target)
        elif target != before:
            migrate_down(connection, target)
        return before or "", layout_of(connection) or ""


def migrate(connection: Connection, target: str = HEAD) -> None:
    """Bring a database up to a layout, or down to "base"."""
    if target == "base":
        migrate_down(connection, target)
        return
    command.upgrade(_config(connection), target)
    connection.commit()


def migrate_down(connection: Connection, target: str) -> None:
    """Bring a database down to a layout; `UserError` where the program does not know it."""
    if target != "base" and target not in {step.revision for step in _steps()}:
        raise UserError(f"{target} is no layout: the newest is {_steps()[-1].revision}")
    command.downgrade(_config(connection), target)
    connection.commit()


def layout_of(connection: Connection) -> str | None:
    """The layout that a database has, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def needed() -> str:
    """The least layout with which this program works: all steps but a last "post"."""
    kept = list(_steps())
    while kept and _phase(kept[-1]) == "post":
        kept.pop()
    return kept[-1].revision


def _is_due(connection: Connection, engine: Engine) -> bool:
    """Whether steps are to be taken; `UserError` where the database is beyond this program."""
    current = layout_of(connection)
    revisions = [step.revision for step in _steps()]
    if current is None:
        return True
    if current in revisions:
        return revisions.index(current) < revisions.index(needed())
    if _oldest_program(connection) <= revisions[-1]:
        return False  # a newer program only added something
    raise UserError(
        f"{shown(engine)} has layout {current}, which this program does not know: "
        "use the newer program that wrote it"
    )


def _oldest_program(connection: Connection) -> str:
    if not inspect(connection).has_table("oldest_program"):
        return "unknown"  # behind all numbers
    rows = connection.exec_driver_sql("SELECT layout FROM oldest_program").all()
    return str(rows[0][0]) if rows else "unknown"


def _next_stop(current: str | None) -> str:
    """The layout before the next step that takes something away; an empty database has none."""
    if current is None:
        return HEAD
    stop = current
    for step in _behind(current):
        if _phase(step) == "post":
            break
        stop = step.revision
    return stop


def _behind(current: str) -> list[Script]:
    steps = _steps()
    revisions = [step.revision for step in steps]
    return steps[revisions.index(current) + 1 :] if current in revisions else []


def _steps() -> list[Script]:
    """All steps, oldest first."""
    return _steps_in(tuple(VERSIONS))


@cache
def _steps_in(_: tuple[Path, ...]) -> list[Script]:
    return list(ScriptDirectory.from_config(_config()).walk_revisions())[::-1]


def _phase(step: Script) -> str:
    return getattr(step.module, "PHASE", "pre")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(map(str, VERSIONS)))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


VERSIONS = [MIGRATIONS / "versions"]
"""The folders with steps; a test adds one of its own."""


@contextmanager
def _closed_on_failure(engine: Engine) -> Iterator[None]:
    with ExitStack() as undo:
        undo.callback(engine.dispose)
        yield
        undo.pop_all()


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Keep other processes that open the database from bringing it to a layout at the same time."""
    if is_postgres(engine):
        with closing(_locked(engine)):
            yield
    elif engine.url.database:
        path = Path(f"{engine.url.database}.lock")
        with os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    else:
        yield  # In memory: nobody else can open it.


def _locked(engine: Engine) -> Connection:
    """A transaction that holds the lock, which a pooler in transaction mode respects as well."""
    ends_at = time.monotonic() + LAYOUT_WAIT_S
    asked = f"SELECT pg_try_advisory_xact_lock({LAYOUT_LOCK})"
    with ExitStack() as undo:
        connection = undo.enter_context(closing(engine.connect()))
        while not connection.exec_driver_sql(asked).scalar():
            connection.rollback()
            if time.monotonic() >= ends_at:
                raise OutsideError(
                    f"another process has brought {shown(engine)} to a layout for "
                    f"{LAYOUT_WAIT_S:.0f} s and is not done: look what it waits for",
                    fault="ours",
                    retry=True,
                )
            time.sleep(0.1)
        undo.pop_all()
    return connection
