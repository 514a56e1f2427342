"""Settings of the bus between the processes of one system."""

from __future__ import annotations

from typing import Any

from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

BUS_MARKET_DATA: Setting[str] = Setting(
    "bus.market_data",
    ("BUS_MARKET_DATA",),
    kinds.text(),
    "",
    "Where the role market-data publishes and the others read, like `tcp://10.0.0.7:5555`; without "
    "it a socket in TRADEWIND_HOME, for one machine.",
)
BUS_MARKET_DATA_KEY: Setting[str] = Setting(
    "bus.market_data_key",
    ("BUS_MARKET_DATA_KEY",),
    kinds.text(),
    "",
    "The public key of who publishes there, as `tradewind keys show` prints it where that runs; "
    "without it our own.",
)

BUS_WISHES: Setting[str] = Setting(
    "bus.wishes",
    ("BUS_WISHES",),
    kinds.text(),
    "",
    "Where the role risk-manager lets signal-bridges in, like `tcp://10.0.0.8:5557`; without it a "
    "socket in TRADEWIND_HOME, for one machine.",
)
BUS_WISHES_KEY: Setting[str] = Setting(
    "bus.wishes_key",
    ("BUS_WISHES_KEY",),
    kinds.text(),
    "",
    "The public key of the trading core there, for signal-bridges; without it our own.",
)
BUS_ORDERS: Setting[str] = Setting(
    "bus.orders",
    ("BUS_ORDERS",),
    kinds.text(),
    "",
    "Where the role execution-engine lets the trading core in, like `tcp://10.0.0.9:5558`; without "
    "it a socket in TRADEWIND_HOME, for one machine.",
)
BUS_ORDERS_KEY: Setting[str] = Setting(
    "bus.orders_key",
    ("BUS_ORDERS_KEY",),
    kinds.text(),
    "",
    "The public key of the execution-engine there, for the trading core; without it our own.",
)
EXECUTION: Setting[str] = Setting(
    "roles.execution",
    ("TRADEWIND_EXECUTION",),
    kinds.choice("core", "engine"),
    "engine",
    "Who holds the sessions with venues in a live run of several roles: the role execution-engine "
    "(`engine`), or the role risk-manager itself (`core`).",
)
LEASES: Setting[str] = Setting(
    "roles.leases",
    ("TRADEWIND_LEASES",),
    kinds.choice("home", "journal"),
    "home",
    "Among whom a role has one process: those of a home (`home`), or those of all machines that "
    "share the journal in JOURNAL_URL (`journal`).",
)
ROLES_PORT: Setting[int] = Setting(
    "roles.first_port",
    ("TRADEWIND_ROLES_PORT",),
    kinds.integer(least=1, most=65_000),
    "9190",
    "Where the role market-data serves /health and /metrics on one host; signal-bridge one above, "
    "risk-manager two, execution-engine three, worker four.",
)

DATA_PORT: Setting[int] = Setting(
    "roles.data_port",
    ("TRADEWIND_DATA_PORT",),
    kinds.integer(least=1, most=65_535),
    "8001",
    "Where the role data-processor serves /health and /metrics.",
)
STORED_BARS: Setting[tuple[str, ...]] = Setting(
    "roles.stored_bars",
    ("TRADEWIND_STORED_BARS",),
    kinds.names(r"[1-9][0-9]{0,3}[smhd]", "1m"),
    "1m",
    "Timeframes of the bars that the role data-processor builds and stores, like `1m,1h`.",
)

BUS_SETTINGS: tuple[Setting[Any], ...] = (
    BUS_MARKET_DATA,
    BUS_MARKET_DATA_KEY,
    BUS_WISHES,
    BUS_WISHES_KEY,
    BUS_ORDERS,
    BUS_ORDERS_KEY,
    EXECUTION,
    LEASES,
    ROLES_PORT,
    DATA_PORT,
    STORED_BARS,
)
