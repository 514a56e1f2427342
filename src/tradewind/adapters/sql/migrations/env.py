"""Runs the migrations on the connection it is given, or on DATABASE_URL for `alembic` by hand."""

import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection, create_engine

from tradewind.adapters.sql.tables import METADATA


def run(connection: Connection) -> None:
    """Run them in one transaction where the database can."""
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def url() -> str:
    """DATABASE_URL for a synchronous driver, else the file in TRADEWIND_HOME."""
    home = Path(os.environ.get("TRADEWIND_HOME") or Path.home() / ".tradewind")
    given = os.environ.get("DATABASE_URL") or f"sqlite:///{home / 'security.db'}"
    return given.replace("+asyncpg", "+psycopg")


given_connection = context.config.attributes.get("connection")
if given_connection is not None:
    run(given_connection)
else:
    engine = create_engine(url())
    with engine.begin() as own_connection:
        run(own_connection)
    engine.dispose()
