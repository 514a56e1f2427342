"""Settings of the history of market data: which store takes it, and which are read as well."""

from __future__ import annotations

from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

HISTORY_URL: Setting[str] = Setting(
    "history.url",
    ("HISTORY_URL",),
    kinds.text(),
    "",
    "What keeps the history of market data: a PostgreSQL, or a bucket like `s3://bucket/prefix` or "
    "`gs://bucket/prefix`; without it Parquet files in TRADEWIND_HOME.",
    secret=True,
)
HISTORY_ALSO: Setting[str] = Setting(
    "history.also",
    ("HISTORY_ALSO",),
    kinds.text(),
    "",
    "Further stores that are only read, with blanks between them: `files` for those in "
    "TRADEWIND_HOME, a PostgreSQL, a bucket; `tradewind data where` says which one is asked.",
    secret=True,
)

HISTORY_SETTINGS = (HISTORY_URL, HISTORY_ALSO)
