"""Runs the migrations on the connection it is given, or on DATABASE_URL for `alembic` by hand."""

import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection

from tradewind.adapters.sql import queue_tables, record_tables
from tradewind.adapters.sql.engine import connect_database
from tradewind.adapters.sql.tables import METADATA

ALL_TABLES = (*record_tables.TABLES.values(), queue_tables.QUEUED)
"""Made with the module; they stand in `METADATA` with the others."""


def run(connection: Connection) -> None:
    """Run them in one transaction where the database can."""
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def url() -> str:
    """DATABASE_URL, else the file in TRADEWIND_HOME."""
    home = Path(os.environ.get("TRADEWIND_HOME") or Path.home() / ".tradewind")
    return os.environ.get("DATABASE_URL") or f"sqlite:///{home / 'security.db'}"


def run_as_told() -> None:
    """Run on the connection that the program gives, else on one of our own."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    engine = connect_database(url(), call_s=3600)
    with engine.begin() as connection:
        run(connection)
    engine.dispose()


if getattr(context, "config", None) is not None:  # else somebody reads this file only
    run_as_told()
