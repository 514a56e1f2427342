"""The catalogue of settings: one entry each, from which reading, checking and documents come."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from tradewind.model.marking import MARKINGS
from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.bus_settings import BUS_MARKET_DATA as BUS_MARKET_DATA
from tradewind.wiring.bus_settings import BUS_MARKET_DATA_KEY as BUS_MARKET_DATA_KEY
from tradewind.wiring.bus_settings import BUS_SETTINGS
from tradewind.wiring.bus_settings import BUS_WISHES as BUS_WISHES
from tradewind.wiring.bus_settings import BUS_WISHES_KEY as BUS_WISHES_KEY
from tradewind.wiring.bus_settings import DATA_PORT as DATA_PORT
from tradewind.wiring.bus_settings import ROLES_PORT as ROLES_PORT
from tradewind.wiring.bus_settings import STORED_BARS as STORED_BARS
from tradewind.wiring.gateway_settings import ACCESS_LOG as ACCESS_LOG
from tradewind.wiring.gateway_settings import AGE_IDENTITY as AGE_IDENTITY
from tradewind.wiring.gateway_settings import ALLOWED_ORIGINS as ALLOWED_ORIGINS
from tradewind.wiring.gateway_settings import AUDIT_DAYS as AUDIT_DAYS
from tradewind.wiring.gateway_settings import AUTHENTICATION as AUTHENTICATION
from tradewind.wiring.gateway_settings import BREACHED_PASSWORDS as BREACHED_PASSWORDS
from tradewind.wiring.gateway_settings import ENCRYPTION_KEY as ENCRYPTION_KEY
from tradewind.wiring.gateway_settings import ENCRYPTION_KEY_PREVIOUS as ENCRYPTION_KEY_PREVIOUS
from tradewind.wiring.gateway_settings import FOUR_EYES as FOUR_EYES
from tradewind.wiring.gateway_settings import GATEWAY_SETTINGS
from tradewind.wiring.gateway_settings import HOST as HOST
from tradewind.wiring.gateway_settings import JWT_SECRET as JWT_SECRET
from tradewind.wiring.gateway_settings import JWT_SECRET_PREVIOUS as JWT_SECRET_PREVIOUS
from tradewind.wiring.gateway_settings import PORT as PORT
from tradewind.wiring.gateway_settings import REDIS_CONNECTIONS as REDIS_CONNECTIONS
from tradewind.wiring.gateway_settings import REDIS_PASSWORD as REDIS_PASSWORD
from tradewind.wiring.gateway_settings import REDIS_URL as REDIS_URL
from tradewind.wiring.gateway_settings import REQUESTS_PER_MINUTE as REQUESTS_PER_MINUTE
from tradewind.wiring.gateway_settings import TLS_CERTIFICATE as TLS_CERTIFICATE
from tradewind.wiring.gateway_settings import TLS_KEY as TLS_KEY
from tradewind.wiring.gateway_settings import TRUSTED_HOSTS as TRUSTED_HOSTS
from tradewind.wiring.gateway_settings import TRUSTED_PROXIES as TRUSTED_PROXIES
from tradewind.wiring.gateway_settings import VAULT_ADDRESS as VAULT_ADDRESS
from tradewind.wiring.gateway_settings import VAULT_TOKEN as VAULT_TOKEN
from tradewind.wiring.gateway_settings import WORKERS as WORKERS
from tradewind.wiring.guard_settings import GUARD_SETTINGS
from tradewind.wiring.history_settings import HISTORY_ALSO as HISTORY_ALSO
from tradewind.wiring.history_settings import HISTORY_SETTINGS
from tradewind.wiring.history_settings import HISTORY_URL as HISTORY_URL
from tradewind.wiring.notify_settings import NOTIFY_SETTINGS
from tradewind.wiring.priority import PRIORITY as PRIORITY
from tradewind.wiring.rehearsal import REHEARSAL as REHEARSAL
from tradewind.wiring.replica_settings import JOURNAL_REPLICA_URL as JOURNAL_REPLICA_URL
from tradewind.wiring.replica_settings import REPLICA_LAG_MAX as REPLICA_LAG_MAX
from tradewind.wiring.route_settings import ROUTE_SETTINGS
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
JOB_SLOTS: Setting[int] = Setting(
    "jobs.slots",
    ("MAX_WORKERS",),
    kinds.integer(least=0, most=64),
    "4",
    "Jobs (backtests, sweeps, downloads, imports) that run at once, each in a process of its own "
    "at low priority; 0: this gateway runs none.",
)
JOB_KIND_SLOTS: Setting[tuple[str, ...]] = Setting(
    "jobs.kind_slots",
    ("TRADEWIND_JOB_KIND_SLOTS",),
    kinds.names(r"[a-z]+=[0-9]{1,2}", "sweep=1"),
    "",
    "How many jobs of a kind run at once, like `sweep=1,download=2`; others share what there is.",
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
DATABASE_POOL_SIZE: Setting[int] = Setting(
    "database.pool_size",
    ("DATABASE_POOL_SIZE",),
    kinds.integer(least=1, most=1000),
    "20",
    "The most connections of the gateway to a PostgreSQL, shared out among its workers; "
    "`tradewind doctor` compares with what the server has.",
    unit="connections",
)
RABBITMQ_URL: Setting[str] = Setting(
    "rabbitmq.url",
    ("RABBITMQ_URL",),
    kinds.text(),
    "",
    "The RabbitMQ that carries tickets of jobs to workers, like "
    "`amqp://user:password@host:5672,other:5672/`, `amqps://` for TLS; without it the database "
    "does.",
    secret=True,
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
    "The third switch: the account at the venue, as `tradewind connect` shows it; of several "
    "venues `binance=1,binance-usdm=2`.",
)
VENUE: Setting[str] = Setting(
    "trading.venue",
    ("TRADEWIND_VENUE",),
    kinds.text(),
    "sim",
    "Where market data comes from and orders go: `sim` is the generated market, `alpaca`, "
    "`binance`, `binance-usdm`, `ccxt:NAME`, `massive`; several with commas between them.",
)
INSTRUMENTS: Setting[tuple[str, ...]] = Setting(
    "trading.instruments",
    ("TRADEWIND_INSTRUMENTS",),
    kinds.names(r"[A-Z0-9][A-Z0-9._-]*(/[A-Z0-9][A-Z0-9_-]*)?", "BTC/USDT"),
    "",
    "Symbols to trade at the venue, the n-th one by the n-th strategy, from the front again.",
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
ACCOUNT_TERMS: Setting[str] = Setting(
    "account.terms",
    ("ACCOUNT_TERMS",),
    kinds.text(),
    "",
    "Terms of the account as JSON, as in docs/guides/accounts.md: cash or margin account, margins, "
    "settlement days; none without it.",
)
RISK_LIMITS: Setting[str] = Setting(
    "risk.limits",
    ("RISK_LIMITS",),
    kinds.text(),
    "",
    "Limits by scope as JSON, as in docs/guides/risk.md: firm, account:NAME, strategy:NAME, "
    "instrument:ID, venue:NAME; the tightest wins.",
)
RISK_LEVELS: Setting[str] = Setting(
    "risk.levels",
    ("RISK_LEVELS",),
    kinds.text(),
    "",
    "What the risk monitor does at which value: JSON of measures with warn, block, reduce_only, "
    "flatten, as in docs/guides/risk.md; nothing without it.",
)
RISK_SCENARIOS: Setting[str] = Setting(
    "risk.scenarios",
    ("RISK_SCENARIOS",),
    kinds.text(),
    "",
    "Stress scenarios as JSON, as in docs/guides/risk.md: names with shares by instrument, `*` for "
    "all others; without it everything by 10 and 30 % up and down.",
)
NEW_CODE_LIMITS: Setting[str] = Setting(
    "risk.new_code_limits",
    ("NEW_CODE_LIMITS",),
    kinds.text(),
    "",
    "Limits as JSON that a strategy has until a person approves the hash of its code, over its "
    "usual ones, as in docs/guides/risk.md; none without it.",
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
    "How often the state is written down at least, so that a start has less to replay.",
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
    *GATEWAY_SETTINGS,
    JOB_SLOTS,
    JOB_KIND_SLOTS,
    DATABASE_URL,
    DATABASE_POOL_SIZE,
    *HISTORY_SETTINGS,
    RABBITMQ_URL,
    TRADING_MODE,
    LIVE_ENABLED,
    LIVE_CONFIRM,
    VENUE,
    INSTRUMENTS,
    *ROUTE_SETTINGS,
    RECONCILE_INTERVAL,
    MARK,
    STRATEGIES,
    CASH,
    MARKET_SEED,
    MAX_POSITION,
    RISK_PER_TRADE,
    RISK_LIMITS,
    RISK_LEVELS,
    RISK_SCENARIOS,
    NEW_CODE_LIMITS,
    ACCOUNT_TERMS,
    JOURNAL_URL,
    JOURNAL_REPLICA_URL,
    REPLICA_LAG_MAX,
    JOURNAL_NAME,
    SNAPSHOT_INTERVAL,
    RETENTION_DAYS,
    DISK_MAX,
    *VENUE_SETTINGS,
    *NOTIFY_SETTINGS,
    *GUARD_SETTINGS,
    *BUS_SETTINGS,
    PRIORITY,
    REHEARSAL,
    BINANCE_KEY,
    BINANCE_SECRET,
    BINANCE_HOST,
    BINANCE_USDM_HOST,
    SILENCE,
    API_KEYS,
)
