"""Where the history of market data is, and why there."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from tradewind.adapters.parquet.google_store import GoogleStore
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.adapters.parquet.object_calls import object_address
from tradewind.adapters.parquet.object_shelf import ObjectShelf
from tradewind.adapters.parquet.part_cache import PartCache
from tradewind.adapters.parquet.s3_store import S3Store
from tradewind.model.errors import UserError
from tradewind.ports.history import History
from tradewind.runtime.planned_history import PlannedHistory, Store
from tradewind.wiring import catalog
from tradewind.wiring.journals import require_driver
from tradewind.wiring.settings import Settings, read_settings

FILES = "files"
"""What HISTORY_ALSO calls the Parquet files in TRADEWIND_HOME."""
BESIDE = "read as well, each question where most of it is (`tradewind data where`):"
BUCKETS = ("s3:", "gs:")
CACHE = "cache/history"
"""Below TRADEWIND_HOME: data files that were fetched from a bucket."""
IN_FILES = "Parquet in {}, as HISTORY_URL is empty: quickest for research on one computer"
IN_BUCKET = (
    "Parquet in {}, as HISTORY_URL names a bucket: for several computers and much data; what was "
    "read is kept in {}"
)
IN_TABLES = "PostgreSQL, as HISTORY_URL names one: {}"


def open_history(settings: Settings) -> History:
    """The history that the settings name; of several stores a plan picks one for a question."""
    also = settings[catalog.HISTORY_ALSO].split()
    if not also:
        return _opened(settings, settings[catalog.HISTORY_URL]).history
    named = [settings[catalog.HISTORY_URL] or FILES, *also]
    if twice := [name for place, name in enumerate(named) if name in named[:place]]:
        shown = twice[0] if twice[0] == FILES else "an address"
        raise UserError(f"HISTORY_ALSO names {shown} that is a store already: give each once")
    return PlannedHistory([_opened(settings, url) for url in named])


def _opened(settings: Settings, url: str) -> Store:
    """One store; files on this computer are nearest, those of a bucket are fetched first."""
    if url in ("", FILES):
        home = settings[catalog.HOME]
        return Store(f"files in {home}", ParquetHistory(home), 0)
    if url.startswith(BUCKETS):
        shelf = _bucket(settings, url)
        return Store(f"bucket {shelf.address}", ParquetHistory(shelf), 2)
    _check_is_postgres(url)
    require_driver()
    # Here and not above: who keeps the history in files needs no database driver.
    from tradewind.adapters.postgres.history import PostgresHistory

    return Store(f"PostgreSQL at {urlsplit(url).hostname}", PostgresHistory(url), 1)


def _check_is_postgres(url: str) -> None:
    if not url.startswith("postgres"):
        raise UserError(
            "HISTORY_URL or HISTORY_ALSO names no store: write it like "
            "postgresql://user@host:5432/name, s3://bucket/prefix or gs://bucket/prefix, or leave "
            "it empty for files in TRADEWIND_HOME"
        )


def history_of_home(home: Path) -> History:
    """The history that the settings name for a home."""
    settings, _ = read_settings({"home": str(home)})
    return open_history(settings)


def reason(settings: Settings) -> str:
    """Where the history is and why, for people; the stores are asked, and nothing made there."""
    also = settings[catalog.HISTORY_ALSO].split()
    if not also:
        return _reason(settings, settings[catalog.HISTORY_URL])
    read = "; ".join(_reason(settings, url) for url in also)
    return f"{_reason(settings, settings[catalog.HISTORY_URL])}; {BESIDE} {read}"


def _reason(settings: Settings, url: str) -> str:
    if url in ("", FILES):
        return IN_FILES.format(settings[catalog.HOME])
    if url.startswith(BUCKETS):
        shelf = _bucket(settings, url)
        shelf.look()
        return IN_BUCKET.format(shelf.address, shelf.cache.folder)
    _check_is_postgres(url)
    require_driver()
    from tradewind.adapters.postgres.hypertables import way_of_keeping

    return IN_TABLES.format(way_of_keeping(url))


def _bucket(settings: Settings, url: str) -> ObjectShelf:
    return bucket(url, settings[catalog.HOME] / CACHE)


def bucket(url: str, cache: Path) -> ObjectShelf:
    """A bucket by its address, with the folder for what was fetched from it."""
    address = object_address(url)
    store = GoogleStore(address, os.environ) if address.scheme == "gs" else S3Store(address)
    return ObjectShelf(address, store, PartCache(cache))
