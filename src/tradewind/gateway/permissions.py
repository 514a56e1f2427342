"""Permissions: who may do what, as one table."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that may be done; also the scopes of API keys."""

    READ_MARKET = "market:read"
    READ_TRADING = "trading:read"
    WRITE_ORDERS = "orders:write"
    HALT = "risk:halt"
    RESUME = "risk:resume"
    READ_AUDIT = "audit:read"
    READ_CONFIGURATION = "configuration:read"
    MANAGE_USERS = "users:manage"
    RUN_JOBS = "jobs:run"
    SEE_ALL_JOBS = "jobs:all"
    IMPORT_DATA = "data:import"
    RUN_STRATEGIES = "strategies:run"
    CHANGE_LIMITS = "risk:limits"
    MANAGE_VENUES = "venues:manage"


READ = (Permission.READ_MARKET, Permission.READ_TRADING)

ROLES: dict[str, frozenset[Permission]] = {
    "viewer": frozenset(READ),
    "researcher": frozenset([*READ, Permission.RUN_JOBS, Permission.IMPORT_DATA]),
    "trader": frozenset(
        [
            *READ,
            Permission.WRITE_ORDERS,
            Permission.HALT,
            Permission.RUN_JOBS,
            Permission.RUN_STRATEGIES,
        ]
    ),
    "risk": frozenset(
        [
            *READ,
            Permission.HALT,
            Permission.RESUME,
            Permission.READ_AUDIT,
            Permission.RUN_JOBS,
            Permission.CHANGE_LIMITS,
            Permission.MANAGE_VENUES,
        ]
    ),
    "admin": frozenset(Permission),
    "service": frozenset([*READ, Permission.WRITE_ORDERS, Permission.HALT, Permission.RUN_JOBS]),
}
"""What each role may do. A `service` has no password: it acts through API keys only."""

SECOND_FACTOR = frozenset(
    [
        Permission.RESUME,
        Permission.MANAGE_USERS,
        Permission.READ_CONFIGURATION,
        Permission.CHANGE_LIMITS,
        Permission.MANAGE_VENUES,
    ]
)
"""What needs a login with a second factor."""

ALL_ACCOUNTS = "*"
"""In a user's accounts: every one, also those to come."""
