"""The principal: who asks, and what they may do and see."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tradewind.gateway.permissions import ALL_ACCOUNTS, ROLES, SECOND_FACTOR, Permission


class Means(StrEnum):
    """How the principal showed who it is."""

    LOCAL = "local"
    SESSION = "session"
    KEY = "key"


class Principal(msgspec.Struct, frozen=True):
    """Who asks.

    >>> ann = Principal("u1", "ann", frozenset([Permission.READ_MARKET]), ("paper",), Means.KEY)
    >>> ann.may(Permission.WRITE_ORDERS), ann.may_see("paper"), ann.may_see("live")
    (False, True, False)
    """

    user_id: str
    name: str
    permissions: frozenset[Permission]
    accounts: tuple[str, ...]
    means: Means
    session_id: str = ""
    second_factor: bool = False
    key_id: str = ""

    def may(self, permission: Permission) -> bool:
        """True where it has the permission."""
        return permission in self.permissions

    def lacks_second_factor(self, permission: Permission) -> bool:
        """True where the permission asks for a second factor that this login did not have."""
        return permission in SECOND_FACTOR and not self.second_factor

    def may_see(self, account: str) -> bool:
        """True where an account is among its own."""
        return ALL_ACCOUNTS in self.accounts or account in self.accounts


LOCAL = Principal(
    "local", "local", ROLES["admin"], (ALL_ACCOUNTS,), Means.LOCAL, second_factor=True
)
"""Whoever sits at this computer, where the gateway asks for no login."""
