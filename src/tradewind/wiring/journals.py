"""Where the journal is: a file in TRADEWIND_HOME, or PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
from pathlib import Path
from typing import Protocol

import msgspec

from tradewind.adapters.sqlite import journal as sqlite
from tradewind.adapters.sqlite.journal_reader import JOURNAL_NAME
from tradewind.adapters.sqlite.journal_reader import read_journal as read_file
from tradewind.model.errors import OutsideError
from tradewind.model.messages import OrderFilled
from tradewind.ports.journal import Journal, JournalReader
from tradewind.runtime.acceptance import find_fill
from tradewind.runtime.payment_search import find_posted
from tradewind.wiring import catalog
from tradewind.wiring.settings import Settings


class OpenedJournal(Journal, Protocol):
    """A journal with what its opening found."""

    dropped_bytes: int


class JournalPlace(msgspec.Struct, frozen=True):
    """Where a run's journal is; `url` is empty for the file in `home`.

    Records may be read from a replica at `replica_url` while it is at most `lag_max_s` behind.
    """

    home: Path
    url: str = ""
    name: str = "main"
    replica_url: str = ""
    lag_max_s: int = 2

    def open(self) -> OpenedJournal:
        """The journal to be written, made if there is none."""
        if not self.url:
            return sqlite.open_journal(self.home / "journal")
        require_driver()
        # Here and not above: who keeps the journal in a file needs no driver.
        from tradewind.adapters.postgres.journal import open_journal

        return open_journal(self.url, self.name)

    def read(self) -> JournalReader:
        """The journal to be read, beside its writer or without one."""
        if not self.url:
            return read_file(self.home / "journal")
        require_driver()
        from tradewind.adapters.postgres.journal_reader import read_journal

        return read_journal(self.url, self.name)

    async def find_fill(self, order_id: str, fill_id: str) -> OrderFilled | None:
        """The execution as it was journaled; the journal is read through on a thread."""

        def search() -> OrderFilled | None:
            with contextlib.closing(self.read()) as journal:
                return find_fill(journal, order_id, fill_id)

        return await asyncio.to_thread(search)

    async def find_posted(self, references: frozenset[str]) -> frozenset[str]:
        """Which payments of the venue are journaled, likewise."""

        def search() -> frozenset[str]:
            with contextlib.closing(self.read()) as journal:
                return find_posted(journal, references)

        return await asyncio.to_thread(search)

    @property
    def shown(self) -> str:
        """The place for people, without a password."""
        if not self.url:
            return str(self.home / "journal")
        require_driver()
        from tradewind.adapters.sql.bounded import address, shown

        return f"{self.name} in {shown(address(self.url))}"

    @property
    def is_there(self) -> bool:
        """Whether there is something to read, as far as a look at the disk tells."""
        return bool(self.url) or (self.home / "journal" / JOURNAL_NAME).exists()


def journal_place(settings: Settings) -> JournalPlace:
    """Where the settings say that the journal is."""
    return JournalPlace(
        settings[catalog.HOME],
        settings[catalog.JOURNAL_URL],
        settings[catalog.JOURNAL_NAME],
        settings[catalog.JOURNAL_REPLICA_URL],
        settings[catalog.REPLICA_LAG_MAX],
    )


def require_driver() -> None:
    """`OutsideError` where what PostgreSQL needs is not installed."""
    for module in ("psycopg", "sqlalchemy", "alembic"):
        if importlib.util.find_spec(module) is None:
            raise OutsideError(
                f"a journal in PostgreSQL needs {module}: install tradewind[postgres]",
                fault="ours",
                retry=False,
            )
