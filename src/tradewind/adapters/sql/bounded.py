"""A connection to PostgreSQL of which no call waits longer than we allow, and what its errors mean.

Whoever keeps a database in a file never loads this: the driver comes with tradewind[postgres].
"""

from __future__ import annotations

import re
from typing import Any, Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tradewind.model.errors import OutsideError, UserError

CALL_S = 5.0
"""The longest one call may take: a frozen server would hold its client for ever."""
CONNECT_S = 3
"""The longest one host of the address may take to answer."""
PORT = "5432"
"""The port that an address without one means."""
DRIVER = "postgresql+psycopg://"
ADDRESS_HINT = (
    "write it like postgresql://user:password@host:5432/name, with %40, %2F and %3A for @, / and : "
    "inside of the password"
)
_REFUSALS = (
    ("password authentication failed", "refuses the password: correct it in the address"),
    ("no password supplied", "asks for a password: write it into the address"),
    ("no pg_hba.conf entry", "lets this user or computer not in: add it to pg_hba.conf"),
    ('role ".*" does not exist', "does not know the user: make it there, or correct the address"),
    ('database ".*" does not exist', "is not there: make it with createdb, or correct the address"),
    ("no such (user|database)", "is not known to the pooler: add it there, or correct the address"),
    ("certificate verify failed", "has a certificate that is not trusted: look at sslrootcert"),
    ("certificate file|root certificate", "needs a certificate file: look at sslrootcert"),
    ("does not support SSL", "speaks no TLS, which the address asks for: look at sslmode"),
    ("permission denied", "does not let this user do that: grant it the database"),
    ("could not translate host name|resolve host", "has a host that nobody knows: correct it"),
)
"""What a server says that will be the same at the next attempt, and what to do about it."""


class DatabaseRefused(OutsideError):
    """The database answered, and what it said will be the same the next time."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fault="ours", retry=False)


class BoundedConnection(psycopg.Connection[Any]):
    """Every wait of the driver ends after `call_s` seconds, whatever the server does."""

    call_s: float = CALL_S

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server; where it takes too long the connection is closed for good."""
        limit_s = self.call_s if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit_s)
        except psycopg.OperationalError as error:
            if "timeout expired" not in str(error):
                raise
            self.close()
            raise psycopg.OperationalError(f"no answer within {limit_s:g} s") from None


def connect(
    conninfo: str,
    *,
    application: str,
    call_s: float | None = None,
    target: str = "read-write",
    isolation: Literal["autocommit", "transactions"] = "transactions",
) -> BoundedConnection:
    """Connect to the first host that answers and is of the wanted kind.

    Nothing is prepared, so that a pooler may stand between. `target` is libpq's
    `target_session_attrs`.
    """
    connection = BoundedConnection.connect(
        conninfo,
        autocommit=isolation == "autocommit",
        prepare_threshold=None,
        application_name=application,
        connect_timeout=CONNECT_S,
        target_session_attrs=target,
    )
    if call_s is not None:
        connection.call_s = call_s
    return connection


def address(url: str) -> str:
    """The driver's form of a database URL; `UserError` where it is none of PostgreSQL.

    >>> address("postgresql+psycopg://ann@db.example:5432/trading")
    'user=ann dbname=trading host=db.example port=5432'
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in ("postgresql", "postgres"):
        raise _no_address()
    try:
        parts = conninfo_to_dict(f"postgresql://{rest}")
    except psycopg.Error:
        # The driver repeats what it could not read, which may be a piece of a password.
        raise _no_address() from None
    ports = str(parts.get("port", "5432")).split(",")
    if not all(port.isdigit() for port in ports) or "@" in str(parts.get("dbname", "")):
        raise _no_address()
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
    >>> shown(address("postgresql://db.example:6432/trading"))
    'PostgreSQL trading at db.example:6432'
    """
    parts = conninfo_to_dict(conninfo)
    host, port = str(parts.get("host", "this machine")), str(parts.get("port", PORT))
    place = host if port == PORT or "," in host else f"{host}:{port}"
    return f"PostgreSQL {parts.get('dbname', 'postgres')} at {place}"


def refusal(place: str, error: psycopg.Error) -> DatabaseRefused | None:
    """The error for a refusal that the next attempt would meet as well, None for any other.

    >>> str(refusal("PostgreSQL x at h", psycopg.OperationalError("FATAL: no pg_hba.conf entry")))
    'PostgreSQL x at h lets this user or computer not in: add it to pg_hba.conf'
    """
    for words, meaning in _REFUSALS:
        if re.search(words, str(error)):
            return DatabaseRefused(f"{place} {meaning}")
    return None


def silent(place: str, error: Exception) -> str:
    """The sentence for a database that does not answer.

    >>> silent("PostgreSQL x at h", psycopg.OperationalError("no answer within 5 s"))
    'PostgreSQL x at h does not answer (no answer within 5 s): look whether it runs and is reached'
    """
    return f"{place} does not answer ({first_line(error)}): look whether it runs and is reached"


def first_line(error: Exception) -> str:
    """The first line of what the driver says."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    if "Connection refused" in said:
        return "nothing listens there"
    if "could not write init file" in str(error):  # as the first connection after a start has to
        return "its disk is full or cannot be written: free space there"
    return said


def _no_address() -> UserError:
    return UserError(f"this is no address of PostgreSQL: {ADDRESS_HINT}")
