"""One connection to PostgreSQL: it never waits longer than we allow, and is made anew when lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tradewind.model.errors import OutsideError, UserError

CALL_S = 5.0
"""The longest one call may take: a frozen server would hold its client for ever."""
CONNECT_S = 3
"""The longest one host of the address may take to answer."""
RETRY_S = 0.2
DRIVER = "postgresql+psycopg://"

T = TypeVar("T")


class DatabaseLost(OutsideError):
    """The database did not answer in time; whether the last call took effect is not known."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fault="theirs", retry=False)


class _Connection(psycopg.Connection[Any]):
    """Every wait of the driver ends after `CALL_S`, whatever the server does."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(gen, interval, CALL_S if timeout is None else timeout)


class Session:
    """A connection by its URL; `call` runs work on it and begins anew where it was lost.

    Behind a pooler each call may meet another server session: nothing is prepared, nothing is
    set, every call is one transaction.
    """

    def __init__(self, url: str, *, application: str = "tradewind journal") -> None:
        self._address = address(url)
        self._application = application
        self._connection: _Connection | None = None
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
        """Run work once; `DatabaseLost` where it is not known what became of it."""
        try:
            return work(self._connected())
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if isinstance(error, psycopg.errors.DiskFull):
                raise
            self.close()
            raise DatabaseLost(f"{self.place} does not answer ({first_line(error)})") from error
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

    def _connected(self) -> _Connection:
        if self._connection is None or self._connection.closed:
            self._connection = _Connection.connect(
                self._address,
                autocommit=True,
                prepare_threshold=None,
                application_name=self._application,
                connect_timeout=CONNECT_S,
                target_session_attrs="read-write",
            )
        return self._connection


def address(url: str) -> str:
    """The driver's form of a database URL; `UserError` where it is none of PostgreSQL.

    >>> address("postgresql+psycopg://ann@db.example:5432/trading")
    'user=ann dbname=trading host=db.example port=5432'
    """
    plain = "postgresql://" + url.removeprefix(DRIVER) if url.startswith(DRIVER) else url
    try:
        parts = conninfo_to_dict(plain)
    except psycopg.Error as error:
        raise UserError(
            f"this is no address of PostgreSQL ({first_line(error)}): write it like "
            "postgresql://user@host:5432/name"
        ) from None
    return make_conninfo(**{name: str(part) for name, part in parts.items()})


def sqlalchemy_url(url: str) -> str:
    """The same address with the driver named, as SQLAlchemy wants it.

    >>> sqlalchemy_url("postgresql://db.example/trading")
    'postgresql+psycopg://db.example/trading'
    """
    return DRIVER + url.partition("://")[2]


def shown(conninfo: str) -> str:
    """The database's name for people, without its password.

    >>> shown(address("postgresql://ann:secret@db.example/trading"))
    'PostgreSQL trading at db.example'
    """
    parts = conninfo_to_dict(conninfo)
    return f"PostgreSQL {parts.get('dbname', 'postgres')} at {parts.get('host', 'this machine')}"


def first_line(error: Exception) -> str:
    """The first line of what the driver says."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
