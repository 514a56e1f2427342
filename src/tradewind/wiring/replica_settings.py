"""Settings of the replica that records are read from."""

from __future__ import annotations

from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

JOURNAL_REPLICA_URL: Setting[str] = Setting(
    "journal.replica_url",
    ("JOURNAL_REPLICA_URL",),
    kinds.text(),
    "",
    "A replica of the PostgreSQL of JOURNAL_URL, of which records are asked while it is near "
    "enough; without it the primary is asked.",
    secret=True,
)
REPLICA_LAG_MAX: Setting[int] = Setting(
    "journal.replica_lag_max_s",
    ("JOURNAL_REPLICA_LAG_MAX_S",),
    kinds.integer(least=1, most=3600),
    "2",
    "How far the replica may be behind for its rows to be shown; beyond it the primary is asked.",
    unit="s",
)
