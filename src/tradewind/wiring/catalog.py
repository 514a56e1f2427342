"""The catalogue of settings: one entry each, from which reading, checking and documents come."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from tradewind.model.marking import MARKINGS
from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting
from tradewind.wiring.venue_settings import VENUE_SETTINGS

ENVIRONMENTS = ("development", "staging", "production")


ENVIRONMENT: Setting[str] = Setting(
    "environment",
    ("ENVIRONMENT",),
    kinds.choice(*ENVIRONMENTS),
    "development",
    "Which profile of defaults stands.",
)
HOME: Setting[Path] = Setting(
    "home",
    ("TRADEWIND_HOME",),
    kinds.folder(),
    "~/.tradewind",
    "Where journal, records, history, control.sock and the HALT file are.",
)
LOG_LEVEL: Setting[str] = Setting(
    "log.level",
    ("LOG_LEVEL",),
    kinds.choice("debug", "info", "warning", "error"),
    "info",
    "The least important message that is logged.",
    profiles={"development": "debug"},
)
PORT: Setting[int] = Setting(
    "gateway.port",
    ("PORT",),
    kinds.integer(least=1, most=65535),
    "8000",
    "HTTP port of the gateway on 127.0.0.1.",
)
WORKERS: Setting[int] = Setting(
    "gateway.workers",
    ("WORKERS",),
    kinds.integer(least=1, most=64),
    "1",
    "Processes that answer requests; several need PostgreSQL in DATABASE_URL or Redis in "
    "REDIS_URL.",
)
AUTHENTICATION: Setting[str] = Setting(
    "gateway.authentication",
    ("TRADEWIND_AUTHENTICATION",),
    kinds.choice("local", "required"),
    "local",
    "`local`: whoever sits at this computer may do everything, in paper mode on 127.0.0.1 only; "
    "`required`: a login or an API key.",
    profiles={"staging": "required", "production": "required"},
)
JWT_SECRET: Setting[str] = Setting(
    "gateway.jwt_secret",
    ("JWT_SECRET",),
    kinds.text(),
    "",
    "Signs access tokens, at least 32 characters; without it a secret is made and kept in "
    "TRADEWIND_HOME.",
    secret=True,
)
JWT_SECRET_PREVIOUS: Setting[str] = Setting(
    "gateway.jwt_secret_previous",
    ("JWT_SECRET_PREVIOUS",),
    kinds.text(),
    "",
    "The secret before, whose tokens stay good: so a change logs nobody out.",
    secret=True,
)
ENCRYPTION_KEY: Setting[str] = Setting(
    "security.encryption_key",
    ("API_ENCRYPTION_KEY",),
    kinds.text(),
    "",
    "Encrypts second factors and venue keys, at least 32 characters; without it a key is made and "
    "kept in TRADEWIND_HOME.",
    secret=True,
)
ENCRYPTION_KEY_PREVIOUS: Setting[str] = Setting(
    "security.encryption_key_previous",
    ("API_ENCRYPTION_KEY_PREVIOUS",),
    kinds.text(),
    "",
    "The key before, so that what it encrypted can still be read.",
    secret=True,
)
ALLOWED_ORIGINS: Setting[tuple[str, ...]] = Setting(
    "gateway.allowed_origins",
    ("ALLOWED_ORIGINS",),
    kinds.names(r"https?://[a-z0-9.-]+(:\d+)?", "https://desk.example.com"),
    "",
    "Origins of pages, beside the gateway's own, that may send requests.",
)
TRUSTED_HOSTS: Setting[tuple[str, ...]] = Setting(
    "gateway.trusted_hosts",
    ("TRUSTED_HOSTS",),
    kinds.names(r"\[::1\]|(\*\.)?[a-z0-9.-]+", "desk.example.com"),
    "127.0.0.1,localhost,[::1]",
    "Names under which the gateway answers; others are refused.",
)
REQUESTS_PER_MINUTE: Setting[int] = Setting(
    "gateway.requests_per_minute",
    ("RATE_LIMIT_REQUESTS_PER_MINUTE",),
    kinds.integer(least=1, most=1_000_000),
    "1000",
    "Requests of one address, and of one user, with a burst of a tenth.",
    unit="requests/min",
)
JOB_SLOTS: Setting[int] = Setting(
    "jobs.slots",
    ("MAX_WORKERS",),
    kinds.integer(least=0, most=64),
    "4",
    "Jobs (backtests, sweeps, downloads, imports) that run at once, each in a process of its own "
    "at low priority; 0: this gateway runs none.",
)
DATABASE_URL: Setting[str] = Setting(
    "database.url",
    ("DATABASE_URL",),
    kinds.text(),
    "",
    "Where users, sessions, keys and the audit trail are; without it security.db in "
    "TRADEWIND_HOME.",
    secret=True,
)
REDIS_URL: Setting[str] = Setting(
    "redis.url",
    ("REDIS_URL",),
    kinds.text(),
    "",
    "Where several workers count requests and failed logins together, like "
    "`redis://127.0.0.1:6379/0`; without it the database does.",
    secret=True,
)
REDIS_PASSWORD: Setting[str] = Setting(
    "redis.password",
    ("REDIS_PASSWORD",),
    kinds.text(),
    "",
    "The password of Redis, where its address has none.",
    secret=True,
)
REDIS_CONNECTIONS: Setting[int] = Setting(
    "redis.connections_max",
    ("REDIS_MAX_CONNECTIONS",),
    kinds.integer(least=1, most=10_000),
    "50",
    "The most connections that one process opens to Redis.",
)
TRADING_MODE: Setting[str] = Setting(
    "trading.mode",
    ("TRADING_MODE",),
    kinds.choice("paper", "live"),
    "paper",
    "Where orders go: `paper` is simulated; `live` needs ENABLE_LIVE_TRADING and "
    "LIVE_TRADING_CONFIRM as well.",
)
LIVE_ENABLED: Setting[bool] = Setting(
    "trading.enable_live",
    ("ENABLE_LIVE_TRADING",),
    kinds.switch(),
    "false",
    "The second switch of live trading.",
)
LIVE_CONFIRM: Setting[str] = Setting(
    "trading.live_confirm",
    ("LIVE_TRADING_CONFIRM",),
    kinds.text(),
    "",
    "The third switch: the account at the venue, as `tradewind connect` shows it.",
)
VENUE: Setting[str] = Setting(
    "trading.venue",
    ("TRADEWIND_VENUE",),
    kinds.text(),
    "sim",
    "Where market data comes from and orders go: `sim` is the generated market, `alpaca`, "
    "`binance`, `binance-usdm`, `ccxt:NAME`, `massive`.",
)
INSTRUMENTS: Setting[tuple[str, ...]] = Setting(
    "trading.instruments",
    ("TRADEWIND_INSTRUMENTS",),
    kinds.names(r"[A-Z0-9][A-Z0-9._-]*(/[A-Z0-9][A-Z0-9_-]*)?", "BTC/USDT"),
    "",
    "Symbols to trade at the venue, the n-th one by the n-th strategy; empty: the demo's.",
)
RECONCILE_INTERVAL: Setting[int] = Setting(
    "trading.reconcile_interval_s",
    ("TRADEWIND_RECONCILE_INTERVAL_S",),
    kinds.integer(least=1, most=3600),
    "60",
    "How often orders, executions, money and positions are compared with the venue's.",
    unit="s",
)
MARK: Setting[str] = Setting(
    "trading.mark",
    ("TRADEWIND_MARK",),
    kinds.choice(*MARKINGS),
    "latest",
    "What positions are valued at: `latest` price of any kind, `last` trade, `mid` of the quote, "
    "or `bid_ask`, what closing would bring.",
)
BINANCE_KEY: Setting[str] = Setting(
    "binance.api_key",
    ("BINANCE_API_KEY",),
    kinds.text(),
    "",
    "API key of Binance.",
    secret=True,
)
BINANCE_SECRET: Setting[str] = Setting(
    "binance.api_secret",
    ("BINANCE_API_SECRET",),
    kinds.text(),
    "",
    "Secret of the API key: text for HMAC, a private key in PEM for Ed25519.",
    secret=True,
)
BINANCE_HOST: Setting[str] = Setting(
    "binance.host",
    ("BINANCE_BASE_URL",),
    kinds.text(),
    "",
    "Empty for Binance itself, `testnet`, `demo`, or the address of a local venue.",
)
BINANCE_USDM_HOST: Setting[str] = Setting(
    "binance.usdm_host",
    ("BINANCE_USDM_BASE_URL",),
    kinds.text(),
    "",
    "The same for USD-M futures.",
)
SILENCE: Setting[int] = Setting(
    "venues.silence_s",
    ("TRADEWIND_SILENCE_S",),
    kinds.integer(least=2, most=300),
    "45",
    "A connection to a venue that nothing comes on for so long, though it is pinged, is made anew.",
    unit="s",
)
API_KEYS: Setting[str] = Setting(
    "venues.api_keys",
    ("API_KEYS",),
    kinds.text(),
    "",
    "Keys of venues as JSON: venue to key and secret.",
    secret=True,
)
STRATEGIES: Setting[tuple[str, ...]] = Setting(
    "trading.strategies",
    ("TRADEWIND_STRATEGIES",),
    kinds.names(r"[a-z][a-z0-9_]*", "ma_crossover"),
    "ma_crossover,mean_reversion,market_maker",
    "The strategies that `tradewind run` trades with; `none`: only persons trade.",
)
CASH: Setting[Decimal] = Setting(
    "paper.cash",
    ("TRADEWIND_CASH",),
    kinds.decimal(least="0.01", most="1000000000"),
    "100000",
    "What a new paper account begins with.",
    unit="account currency",
)
MARKET_SEED: Setting[int] = Setting(
    "market.seed",
    ("TRADEWIND_SEED",),
    kinds.integer(least=0, most=2**31 - 1),
    "7",
    "Seed of the generated market; the same seed gives the same prices.",
)
MAX_POSITION: Setting[Decimal] = Setting(
    "risk.max_position",
    ("MAX_POSITION_SIZE",),
    kinds.decimal(least="0", most="1000000000"),
    "10000",
    "The most that a position in one instrument may be worth.",
    unit="account currency",
)
RISK_PER_TRADE: Setting[Decimal] = Setting(
    "risk.per_trade",
    ("RISK_PER_TRADE",),
    kinds.decimal(least="0", most="1"),
    "0.02",
    "The share of equity that one trade may lose at its stop, or by the instrument's stress move.",
    unit="share of equity",
)
JOURNAL_URL: Setting[str] = Setting(
    "journal.url",
    ("JOURNAL_URL",),
    kinds.text(),
    "",
    "The PostgreSQL that keeps the journal, like `postgresql://user@host:5432/name`, several "
    "hosts with commas between; without it journal.db in TRADEWIND_HOME.",
    secret=True,
)
JOURNAL_NAME: Setting[str] = Setting(
    "journal.name",
    ("JOURNAL_NAME",),
    kinds.text(),
    "main",
    "Which of the journals of that database it is; who opens it for trading fences the one before.",
)
SNAPSHOT_INTERVAL: Setting[int] = Setting(
    "journal.snapshot_interval_s",
    ("TRADEWIND_SNAPSHOT_INTERVAL_S",),
    kinds.integer(least=1, most=86400),
    "300",
    "How often the state is written down, so that a start has less to replay.",
    unit="s",
)
RETENTION_DAYS: Setting[int] = Setting(
    "journal.retention_days",
    ("TRADEWIND_JOURNAL_RETENTION_DAYS",),
    kinds.integer(least=1, most=36_500),
    "90",
    "How long records and market rows are kept; copy them elsewhere first to keep them longer.",
    unit="days",
)
DISK_MAX: Setting[int] = Setting(
    "journal.disk_max_mb",
    ("TRADEWIND_JOURNAL_DISK_MAX_MB",),
    kinds.integer(least=1, most=1_000_000_000),
    "20000",
    "The most that journal and market rows may take; beyond it the oldest go before their days.",
    unit="MB",
)

SETTINGS: tuple[Setting[Any], ...] = (
    ENVIRONMENT,
    HOME,
    LOG_LEVEL,
    PORT,
    WORKERS,
    AUTHENTICATION,
    JWT_SECRET,
    JWT_SECRET_PREVIOUS,
    ENCRYPTION_KEY,
    ENCRYPTION_KEY_PREVIOUS,
    ALLOWED_ORIGINS,
    TRUSTED_HOSTS,
    REQUESTS_PER_MINUTE,
    JOB_SLOTS,
    DATABASE_URL,
    REDIS_URL,
    REDIS_PASSWORD,
    REDIS_CONNECTIONS,
    TRADING_MODE,
    LIVE_ENABLED,
    LIVE_CONFIRM,
    VENUE,
    INSTRUMENTS,
    RECONCILE_INTERVAL,
    MARK,
    STRATEGIES,
    CASH,
    MARKET_SEED,
    MAX_POSITION,
    RISK_PER_TRADE,
    JOURNAL_URL,
    JOURNAL_NAME,
    SNAPSHOT_INTERVAL,
    RETENTION_DAYS,
    DISK_MAX,
    *VENUE_SETTINGS,
    BINANCE_KEY,
    BINANCE_SECRET,
    BINANCE_HOST,
    BINANCE_USDM_HOST,
    SILENCE,
    API_KEYS,
)
