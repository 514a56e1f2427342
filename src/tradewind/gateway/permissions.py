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


READ = (Permission.READ_MARKET, Permission.READ_TRADING)

ROLES: dict[str, frozenset[Permission]] = {
    "viewer": frozenset(READ),
    "researcher": frozenset(READ),
    "trader": frozenset([*READ, Permission.WRITE_ORDERS, Permission.HALT]),
    "risk": frozenset([*READ, Permission.HALT, Permission.RESUME, Permission.READ_AUDIT]),
    "admin": frozenset(Permission),
    "service": frozenset([*READ, Permission.WRITE_ORDERS, Permission.HALT]),
}
"""What each role may do. A `service` has no password: it acts through API keys only."""

SECOND_FACTOR = frozenset(
    [Permission.RESUME, Permission.MANAGE_USERS, Permission.READ_CONFIGURATION]
)
"""What needs a login with a second factor."""

ALL_ACCOUNTS = "*"
"""In a user's accounts: every one, also those to come."""
