"""One connection to PostgreSQL: it never waits longer than we allow, and is made anew when lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import psycopg

from tradewind.adapters.sql.bounded import (
    BoundedConnection,
    address,
    connect,
    refusal,
    shown,
    silent,
)
from tradewind.model.errors import OutsideError

RETRY_S = 0.2

T = TypeVar("T")


class DatabaseLost(OutsideError):
    """The database did not answer in time; whether the last call took effect is not known."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fault="theirs", retry=False)


class Session:
    """A connection by its URL; `call` runs work on it and begins anew where it was lost.

    Behind a pooler each call may meet another server session: nothing is prepared, nothing is
    set, every call is one transaction.
    """

    def __init__(
        self, url: str, *, application: str = "tradewind journal", call_s: float | None = None
    ) -> None:
        self._address = address(url)
        self._call_s = call_s
        self._application = application
        self._connection: BoundedConnection | None = None
        self.place = shown(self._address)

    def call(self, work: Callable[[psycopg.Connection[Any]], T], *, give_up_s: float = 0.0) -> T:
        """Run work that may be run again; try for `give_up_s` where the database is lost."""
        ends_at = time.monotonic() + give_up_s
        while True:
            try:
                return self.once(work)
            except DatabaseLost:
                if time.monotonic() >= ends_at:
                    raise
                time.sleep(RETRY_S)

    def once(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Run work once; `DatabaseLost` where it is not known what became of it.

        `DatabaseRefused` where the server did not let us in and will not the next time.
        """
        connection = self._connected()
        try:
            return work(connection)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if isinstance(error, psycopg.errors.DiskFull):
                raise
            raise self._lost(error) from error
        except psycopg.errors.ReadOnlySqlTransaction as error:
            # a primary that has become a standby: the next connection finds the new one
            self.close()
            raise DatabaseLost(f"{self.place} takes no writes now") from error

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _connected(self) -> BoundedConnection:
        if self._connection is None or self._connection.closed:
            try:
                self._connection = connect(
                    self._address,
                    application=self._application,
                    call_s=self._call_s,
                    isolation="autocommit",
                )
            except psycopg.Error as error:
                refused = refusal(self.place, error)
                raise (refused or self._lost(error)) from None
        return self._connection

    def _lost(self, error: psycopg.Error) -> DatabaseLost:
        self.close()
        return DatabaseLost(silent(self.place, error))
