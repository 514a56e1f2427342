"""Listen keys of futures accounts: who knows one gets the account's events, for an hour."""

from __future__ import annotations

import hashlib

LIFE_NS = 3_600 * 1_000_000_000


class ListenKeys:
    """At most one key an account.

    >>> keys = ListenKeys()
    >>> key = keys.open("demo", 0)
    >>> keys.account_of(key, LIFE_NS), keys.account_of(key, LIFE_NS + 1)
    ('demo', None)
    >>> keys.open("demo", 5) == key
    True
    """

    def __init__(self) -> None:
        self._keys: dict[str, tuple[str, int]] = {}
        self._opened = 0

    def open(self, account: str, now_ns: int) -> str:
        """The account's key, a new one where there is none; it lives an hour from now."""
        key, until_ns = self._keys.get(account, ("", -1))
        if until_ns < now_ns:
            self._opened += 1
            text = f"listen {account} {self._opened}"
            key = hashlib.sha256(text.encode()).hexdigest()
        self._keys[account] = key, now_ns + LIFE_NS
        return key

    def keep(self, account: str, now_ns: int) -> bool:
        """Let a key live another hour; False where there is none."""
        if self._keys.get(account, ("", -1))[1] < now_ns:
            return False
        self.open(account, now_ns)
        return True

    def close(self, account: str) -> None:
        """Forget an account's key."""
        self._keys.pop(account, None)

    def account_of(self, key: str, now_ns: int) -> str | None:
        """Whose key it is, while it lives."""
        for account, (each, until_ns) in self._keys.items():
            if each == key and now_ns <= until_ns:
                return account
        return None
