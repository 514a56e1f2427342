"""The databases that the settings name: brought to a layout, and moved from files into a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tradewind.adapters.postgres.import_journal import import_journal
from tradewind.adapters.postgres.journal_reader import check_name, read_journal
from tradewind.adapters.sql.database import STEP_S, bring, open_database, sqlite_url
from tradewind.adapters.sql.engine import connect_database, shown
from tradewind.adapters.sql.records import SqlRecords
from tradewind.adapters.sql.transfer import move_tables
from tradewind.adapters.sqlite.journal_reader import JOURNAL_NAME
from tradewind.adapters.sqlite.journal_reader import read_journal as read_file
from tradewind.adapters.sqlite.lock import DirectoryLock
from tradewind.adapters.sqlite.records import RECORDS_NAME, read_records
from tradewind.model.errors import Inconsistent, UserError
from tradewind.ports.records import KEYS
from tradewind.wiring import catalog
from tradewind.wiring.database_place import SECURITY_DATABASE, database_url
from tradewind.wiring.settings import Settings
from tradewind.wiring.worker_place import place_alone


def migrate_all(settings: Settings, target: str) -> Iterator[tuple[str, str, str]]:
    """Bring each database to a layout; its name, the layouts before and after."""
    settings[catalog.HOME].mkdir(mode=0o700, parents=True, exist_ok=True)
    urls = [database_url(settings)]
    if settings[catalog.JOURNAL_URL]:
        urls.append(settings[catalog.JOURNAL_URL])
    for url in dict.fromkeys(urls):
        engine = connect_database(url)
        place = shown(engine)
        engine.dispose()
        yield place, *bring(url, target)


def move_all(settings: Settings, url: str, name: str) -> dict[str, Any]:
    """Copy journal, records and what the gateway keeps into PostgreSQL, and compare; the counts.

    The files stay as they are. Raises `UserError` while an engine or a gateway runs on them, or
    where the database has such things already.
    """
    check_name(url, name)
    home = settings[catalog.HOME]
    directory = home / "journal"
    if not (directory / JOURNAL_NAME).exists():
        raise UserError(f"{home} has no journal to move: name --home")
    moved: dict[str, Any] = {}
    with ExitStack() as undo:
        undo.enter_context(closing(DirectoryLock(directory)))
        undo.enter_context(closing(place_alone(home)))
        target = open_database(url, connections=2, call_s=STEP_S)
        undo.callback(target.dispose)
        moved["journal_groups"] = move_journal(directory, url, name)
        if (directory / RECORDS_NAME).exists():
            moved |= move_records(directory, target, name)
        if (home / SECURITY_DATABASE).exists():
            source = open_database(sqlite_url(home / SECURITY_DATABASE))
            undo.callback(source.dispose)
            moved |= move_tables(source, target)
    return moved


def move_journal(directory: Path, url: str, name: str) -> int:
    """Copy the journal; `Inconsistent` where the copy, read back, is not the same."""
    with closing(read_file(directory)) as source:
        verified = source.verify()
        groups = import_journal(source, url, name)
        with closing(read_journal(url, name)) as copy:
            if copy.verify() != verified:
                raise Inconsistent("the journal read back differs: go on with the files")
    return groups


def move_records(directory: Path, target: Engine, name: str) -> dict[str, int]:
    """Copy the rows of every kind, and how far they go."""
    records = SqlRecords(target, name)
    counts = {}
    with closing(read_records(directory)) as source:
        for kind in KEYS:
            rows = list(source.every_row(kind))
            records.write(f"move of {kind.__name__}", 1, rows)
            if list(records.every_row(kind)) != rows:
                raise Inconsistent(
                    f"rows of {kind.__name__} read back differ: go on with the files"
                )
            records.clear(f"move of {kind.__name__}", [])
            counts[kind.__name__] = len(rows)
        for projection, sequence in source.projections():
            records.write(projection, sequence, [])
    return counts
