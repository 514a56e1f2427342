"""Settings of venues for market data: keys, plans, and other places than the venue's own."""

from __future__ import annotations

from typing import Any

from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

ALPACA_KEY: Setting[str] = Setting(
    "alpaca.api_key",
    ("ALPACA_API_KEY",),
    kinds.text(),
    "",
    "The id of the key to Alpaca.",
    secret=True,
)
ALPACA_SECRET: Setting[str] = Setting(
    "alpaca.secret_key",
    ("ALPACA_SECRET_KEY",),
    kinds.text(),
    "",
    "The secret that belongs to the key.",
    secret=True,
)
ALPACA_ENVIRONMENT: Setting[str] = Setting(
    "alpaca.environment",
    ("ALPACA_ENVIRONMENT",),
    kinds.choice("paper", "live"),
    "paper",
    "Which of Alpaca's accounts the key is of.",
)
ALPACA_FEED: Setting[str] = Setting(
    "alpaca.feed",
    ("ALPACA_FEED",),
    kinds.choice("iex", "sip", "delayed_sip", "boats", "overnight"),
    "iex",
    "Which feed of US equities the plan has; `sip` is all exchanges.",
)
ALPACA_ADDRESS: Setting[str] = Setting(
    "alpaca.address",
    ("ALPACA_ADDRESS",),
    kinds.text(),
    "",
    "Another place than Alpaca's own, like a local venue's `127.0.0.1:8081`.",
)
ALPACA_ARRIVAL: Setting[int] = Setting(
    "alpaca.arrival_s",
    ("ALPACA_ARRIVAL_S",),
    kinds.integer(least=2, most=300),
    "30",
    "An order that Alpaca has not got so long after it was sent is taken for never sent.",
    unit="s",
)
MASSIVE_KEY: Setting[str] = Setting(
    "massive.api_key",
    ("MASSIVE_API_KEY", "POLYGON_API_KEY"),
    kinds.text(),
    "",
    "The key to Massive, which was Polygon.",
    secret=True,
)
MASSIVE_RATE: Setting[int] = Setting(
    "massive.requests_per_minute",
    ("MASSIVE_REQUESTS_PER_MINUTE",),
    kinds.integer(least=1, most=100_000),
    "5",
    "How many requests the plan of the key allows; 5 is the free one.",
    unit="1/min",
)
MASSIVE_ADDRESS: Setting[str] = Setting(
    "massive.address",
    ("MASSIVE_ADDRESS",),
    kinds.text(),
    "",
    "Another place than `api.massive.com`, like `api.polygon.io` or a local venue.",
)
ALPHA_VANTAGE_KEY: Setting[str] = Setting(
    "alpha_vantage.api_key",
    ("ALPHA_VANTAGE_API_KEY",),
    kinds.text(),
    "",
    "The key to Alpha Vantage.",
    secret=True,
)
ALPHA_VANTAGE_PER_MINUTE: Setting[int] = Setting(
    "alpha_vantage.requests_per_minute",
    ("ALPHA_VANTAGE_REQUESTS_PER_MINUTE",),
    kinds.integer(least=1, most=10_000),
    "5",
    "How many requests a minute the plan of the key allows.",
    unit="1/min",
)
ALPHA_VANTAGE_PER_DAY: Setting[int] = Setting(
    "alpha_vantage.requests_per_day",
    ("ALPHA_VANTAGE_REQUESTS_PER_DAY",),
    kinds.integer(least=1, most=10_000_000),
    "25",
    "How many requests a day the plan of the key allows; counted across restarts.",
    unit="1/day",
)
ALPHA_VANTAGE_ADDRESS: Setting[str] = Setting(
    "alpha_vantage.address",
    ("ALPHA_VANTAGE_ADDRESS",),
    kinds.text(),
    "",
    "Another place than `www.alphavantage.co`, like a local venue.",
)
CCXT_KEY: Setting[str] = Setting(
    "ccxt.api_key",
    ("CCXT_API_KEY",),
    kinds.text(),
    "",
    "API key of the venue that is traded through ccxt.",
    secret=True,
)
CCXT_SECRET: Setting[str] = Setting(
    "ccxt.secret",
    ("CCXT_SECRET",),
    kinds.text(),
    "",
    "The secret that belongs to the key.",
    secret=True,
)
CCXT_PASSWORD: Setting[str] = Setting(
    "ccxt.password",
    ("CCXT_PASSWORD",),
    kinds.text(),
    "",
    "The passphrase of the key, at venues that have one.",
    secret=True,
)
CCXT_UID: Setting[str] = Setting(
    "ccxt.uid",
    ("CCXT_UID",),
    kinds.text(),
    "",
    "The number of the user, at venues that want it with the key.",
    secret=True,
)
CCXT_ADDRESS: Setting[str] = Setting(
    "ccxt.address",
    ("CCXT_ADDRESS",),
    kinds.text(),
    "",
    "Another place than the venue's own, like a local venue's `http://127.0.0.1:8080`.",
)
VENUE_SETTINGS: tuple[Setting[Any], ...] = (
    ALPACA_KEY,
    ALPACA_SECRET,
    ALPACA_ENVIRONMENT,
    ALPACA_FEED,
    ALPACA_ARRIVAL,
    ALPACA_ADDRESS,
    MASSIVE_KEY,
    MASSIVE_RATE,
    MASSIVE_ADDRESS,
    ALPHA_VANTAGE_KEY,
    ALPHA_VANTAGE_PER_MINUTE,
    ALPHA_VANTAGE_PER_DAY,
    ALPHA_VANTAGE_ADDRESS,
    CCXT_KEY,
    CCXT_SECRET,
    CCXT_PASSWORD,
    CCXT_UID,
    CCXT_ADDRESS,
)
