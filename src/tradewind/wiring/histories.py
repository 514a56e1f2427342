"""Where the history of market data is, and why there."""

from __future__ import annotations

from pathlib import Path

from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.adapters.parquet.object_calls import object_address
from tradewind.adapters.parquet.object_shelf import ObjectShelf
from tradewind.adapters.parquet.part_cache import PartCache
from tradewind.model.errors import UserError
from tradewind.ports.history import History
from tradewind.wiring import catalog
from tradewind.wiring.journals import require_driver
from tradewind.wiring.settings import Settings, read_settings

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
    """The history that the settings name; see `reason` for why it is this one."""
    url = settings[catalog.HISTORY_URL]
    if not url:
        return ParquetHistory(settings[catalog.HOME])
    if url.startswith("s3:"):
        return ParquetHistory(_bucket(settings))
    if not url.startswith("postgres"):
        raise UserError(
            "HISTORY_URL names no store: write it like postgresql://user@host:5432/name or "
            "s3://bucket/prefix, or leave it empty for files in TRADEWIND_HOME"
        )
    require_driver()
    # Here and not above: who keeps the history in files needs no database driver.
    from tradewind.adapters.postgres.history import PostgresHistory

    return PostgresHistory(url)


def history_of_home(home: Path) -> History:
    """The history that the settings name for a home."""
    settings, _ = read_settings({"home": str(home)})
    return open_history(settings)


def reason(settings: Settings) -> str:
    """Where the history is and why, for people; the store is asked, and nothing made there."""
    url = settings[catalog.HISTORY_URL]
    if not url:
        return IN_FILES.format(settings[catalog.HOME])
    if url.startswith("s3:"):
        shelf = _bucket(settings)
        shelf.look()
        return IN_BUCKET.format(shelf.address, shelf.cache.folder)
    require_driver()
    from tradewind.adapters.postgres.partitions import timescale_version

    version = timescale_version(url)
    return IN_PARTITIONS + (WITH_TIMESCALE.format(version) if version else WITHOUT_TIMESCALE)


def _bucket(settings: Settings) -> ObjectShelf:
    cache = PartCache(settings[catalog.HOME] / CACHE)
    return ObjectShelf(object_address(settings[catalog.HISTORY_URL]), cache)
