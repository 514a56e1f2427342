"""Where the history of market data is, and why there."""

from __future__ import annotations

from pathlib import Path

from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.model.errors import UserError
from tradewind.ports.history import History
from tradewind.wiring import catalog
from tradewind.wiring.journals import require_driver
from tradewind.wiring.settings import Settings, read_settings

IN_FILES = "Parquet in {}, as HISTORY_URL is empty: quickest for research on one computer"
IN_POSTGRES = "PostgreSQL, as HISTORY_URL names one: partitions by day with BRIN, filled by COPY"


def open_history(settings: Settings) -> History:
    """The history that the settings name; see `reason` for why it is this one."""
    url = settings[catalog.HISTORY_URL]
    if not url:
        return ParquetHistory(settings[catalog.HOME])
    if not url.startswith("postgres"):
        raise UserError(
            "HISTORY_URL names no PostgreSQL: write it like postgresql://user@host:5432/name, or "
            "leave it empty for files in TRADEWIND_HOME"
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
    """Where the history is and why, for people."""
    if settings[catalog.HISTORY_URL]:
        return IN_POSTGRES
    return IN_FILES.format(settings[catalog.HOME])
