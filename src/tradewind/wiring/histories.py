"""Where the history of market data is, and why there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.adapters.parquet.object_calls import object_address
from tradewind.adapters.parquet.object_shelf import ObjectShelf
from tradewind.adapters.parquet.part_cache import PartCache
from tradewind.model.errors import UserError
from tradewind.ports.history import History
from tradewind.runtime.planned_history import PlannedHistory, Store
from tradewind.wiring import catalog
from tradewind.wiring.journals import require_driver
from tradewind.wiring.settings import Settings, read_settings

FILES = "files"
"""What HISTORY_ALSO calls the Parquet files in TRADEWIND_HOME."""
BESIDE = "read as well, each question where most of it is (`tradewind data where`):"
CACHE = "cache/history"
"""Below TRADEWIND_HOME: data files that were fetched from a bucket."""
IN_FILES = "Parquet in {}, as HISTORY_URL is empty: quickest for research on one computer"
IN_BUCKET = (
    "Parquet in {}, as HISTORY_URL names a bucket: for several computers and much data; what was "
    "read is kept in {}"
)
IN_PARTITIONS = (
    "PostgreSQL, as HISTORY_URL names one: partitions by day with BRIN, filled by COPY; "
)
WITHOUT_TIMESCALE = "the server has no TimescaleDB"
WITH_TIMESCALE = "TimescaleDB {} of the server is not used, as this program was never tried with it"


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
    if url.startswith("s3:"):
        shelf = _bucket(settings, url)
        return Store(f"bucket {shelf.address}", ParquetHistory(shelf), 2)
    if not url.startswith("postgres"):
        raise UserError(
            "HISTORY_URL or HISTORY_ALSO names no store: write it like "
            "postgresql://user@host:5432/name or s3://bucket/prefix, or leave it empty for files "
            "in TRADEWIND_HOME"
        )
    require_driver()
    # Here and not above: who keeps the history in files needs no database driver.
    from tradewind.adapters.postgres.history import PostgresHistory

    return Store(f"PostgreSQL at {urlsplit(url).hostname}", PostgresHistory(url), 1)


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
    if url.startswith("s3:"):
        shelf = _bucket(settings, url)
        shelf.look()
        return IN_BUCKET.format(shelf.address, shelf.cache.folder)
    require_driver()
    from tradewind.adapters.postgres.partitions import timescale_version

    version = timescale_version(url)
    return IN_PARTITIONS + (WITH_TIMESCALE.format(version) if version else WITHOUT_TIMESCALE)


def _bucket(settings: Settings, url: str) -> ObjectShelf:
    cache = PartCache(settings[catalog.HOME] / CACHE)
    return ObjectShelf(object_address(url), cache)
