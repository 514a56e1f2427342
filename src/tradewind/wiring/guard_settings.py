"""Settings of what guards a run: watchdog, drop-copy reconciler, the countdown at a venue."""

from __future__ import annotations

from typing import Any

from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

WATCHDOG_KEY: Setting[str] = Setting(
    "watchdog.api_key",
    ("WATCHDOG_API_KEY",),
    kinds.text(),
    "",
    "The watchdog's own key at the venue: it looks and cancels, and is not the one that trades. "
    "For several venues one for each, with commas, in the order of TRADEWIND_VENUE.",
    secret=True,
)
WATCHDOG_SECRET: Setting[str] = Setting(
    "watchdog.api_secret",
    ("WATCHDOG_API_SECRET",),
    kinds.text(),
    "",
    "The secret that belongs to the watchdog's key.",
    secret=True,
)
WATCHDOG_AFTER: Setting[int] = Setting(
    "watchdog.after_s",
    ("WATCHDOG_AFTER_S",),
    kinds.integer(least=3, most=3600),
    "15",
    "How long an engine may stand still until the watchdog pulls the kill switch.",
    unit="s",
)
DROP_COPY_KEY: Setting[str] = Setting(
    "drop_copy.api_key",
    ("DROP_COPY_API_KEY",),
    kinds.text(),
    "",
    "The drop-copy reconciler's own key at the venue: make one that can only read. For several "
    "venues one for each, with commas, in the order of TRADEWIND_VENUE.",
    secret=True,
)
DROP_COPY_SECRET: Setting[str] = Setting(
    "drop_copy.api_secret",
    ("DROP_COPY_API_SECRET",),
    kinds.text(),
    "",
    "The secret that belongs to the drop-copy reconciler's key.",
    secret=True,
)
DROP_COPY_INTERVAL: Setting[int] = Setting(
    "drop_copy.interval_s",
    ("DROP_COPY_INTERVAL_S",),
    kinds.integer(least=1, most=3600),
    "10",
    "How often the venue's orders and executions are held against the journal.",
    unit="s",
)
COUNTDOWN: Setting[int] = Setting(
    "binance.usdm_countdown_s",
    ("BINANCE_USDM_COUNTDOWN_S",),
    kinds.integer(least=0, most=3600),
    "60",
    "How long after a live run was last heard of Binance USD-M cancels the orders of its "
    "instruments by itself; 0 for never, else 5 or more.",
    unit="s",
)
GUARD_SETTINGS: tuple[Setting[Any], ...] = (
    WATCHDOG_KEY,
    WATCHDOG_SECRET,
    WATCHDOG_AFTER,
    DROP_COPY_KEY,
    DROP_COPY_SECRET,
    DROP_COPY_INTERVAL,
    COUNTDOWN,
)
