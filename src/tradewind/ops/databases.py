"""The doctor's look at databases: reachable, of our layout, with room for our connections."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from tradewind.model.errors import TradewindError
from tradewind.ops.doctor import Finding

SAFE_SHARE = 0.8
"""Of a server's connections, what Tradewind may take; the rest is for persons and backups."""
UNSAFE_OFF = ("fsync", "full_page_writes", "synchronous_commit")


class Service(NamedTuple):
    """A part of the platform that asks one database: its processes and connections of each."""

    name: str
    url: str
    workers: int
    connections: int


class Server(NamedTuple):
    """What a database server says about itself."""

    connections_max: int
    turned_off: tuple[str, ...]
    indexes_invalid: tuple[str, ...]


def database_findings(services: Sequence[Service]) -> list[Finding]:
    """Return a finding for each PostgreSQL that a service asks."""
    by_url: dict[str, list[Service]] = {}
    for service in services:
        if service.url and not service.url.startswith("sqlite"):
            by_url.setdefault(service.url, []).append(service)
    return [finding for url, found in by_url.items() for finding in _findings(url, found)]


def replica_findings(url: str, replica_url: str, lag_max_s: float) -> list[Finding]:
    """Say how far the replica that records are read from is behind."""
    if not replica_url:
        return []
    name = "replica"
    if not url:
        return [Finding(name, "fault", "JOURNAL_REPLICA_URL has no JOURNAL_URL that it follows")]
    from tradewind.adapters.sql.engine import connect_database
    from tradewind.adapters.sql.replica import bounded_replica, lag_text

    with ExitStack() as undo:
        try:
            primary = connect_database(url, connections=1)
            undo.callback(primary.dispose)
            replica = bounded_replica(primary, replica_url, lag_max_s=lag_max_s)
            undo.callback(replica.close)
            look = replica.look()
        except TradewindError as error:
            return [Finding(name, "fault", str(error))]
        is_near = replica.is_near(look)
    behind = look.replica_failure or f"it is {lag_text(look.lag_s)} behind"
    if is_near:
        return [Finding(name, "ok", f"records are read there: {behind}, at most {lag_max_s:g} s")]
    sentence = f"records are read from the primary: {behind}, at most {lag_max_s:g} s are allowed"
    return [Finding(name, "warning", sentence)]


def pool_finding(services: Sequence[Service], connections_max: int) -> Finding:
    """Say whether workers x connections stays below the server's, times the safe share.

    >>> gateway = Service("gateway", "postgresql://h/db", 4, 5)
    >>> pool_finding([gateway], 100).sentence
    'gateway 4 x 5 = 20 connections, of 80 that are safe with max_connections 100'
    >>> pool_finding([gateway], 20).state
    'fault'
    """
    parts = [f"{one.name} {one.workers} x {one.connections}" for one in services]
    wanted = sum(one.workers * one.connections for one in services)
    safe = int(connections_max * SAFE_SHARE)
    sentence = (
        f"{' + '.join(parts)} = {wanted} connections, of {safe} that are safe with "
        f"max_connections {connections_max}"
    )
    if wanted > safe:
        return Finding("pool", "fault", f"{sentence}: lower DATABASE_POOL_SIZE or WORKERS")
    return Finding("pool", "ok", sentence)


def _findings(url: str, services: Sequence[Service]) -> list[Finding]:
    # Here and not above: who keeps everything in files has none of these libraries.
    from tradewind.adapters.sql.database import read_database
    from tradewind.adapters.sql.engine import reading, shown

    name = "database"
    try:
        engine = read_database(url, connections=1)
    except TradewindError as error:
        return [Finding(name, "fault", str(error))]
    try:
        with reading(engine) as connection:
            server = asked(connection)
        place = shown(engine)
    except TradewindError as error:
        return [Finding(name, "fault", str(error))]
    finally:
        engine.dispose()
    return [settings_finding(place, server), pool_finding(services, server.connections_max)]


def settings_finding(place: str, server: Server) -> Finding:
    """Say whether the server keeps what it acknowledges, and its indexes are whole."""
    if server.turned_off:
        words = ", ".join(server.turned_off)
        return Finding("database", "fault", f"{place} runs with {words} off: set it on")
    if server.indexes_invalid:
        words = ", ".join(server.indexes_invalid)
        return Finding("database", "warning", f"{place} has broken indexes: REINDEX INDEX {words}")
    return Finding("database", "ok", f"{place} answers and has the layout of this program")


def asked(connection: Any) -> Server:
    """Ask a server about itself; `connection` is one of SQLAlchemy."""

    def one(name: str) -> str:
        return str(connection.exec_driver_sql(f"SELECT current_setting('{name}')").scalar())

    broken = connection.exec_driver_sql(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
    )
    return Server(
        int(one("max_connections")),
        tuple(name for name in UNSAFE_OFF if one(name) == "off"),
        tuple(str(row[0]) for row in broken),
    )
