"""Trusted hosts: the names by which this gateway may be asked for."""

from __future__ import annotations

from collections.abc import Sequence

KNOWN_MAX = 1_000
"""Headers remembered as good; beyond it all are looked at again."""


class TrustedHosts:
    """Tells whether a Host header names one of the hosts; `*` is every one, `*.x` all below x.

    >>> hosts = TrustedHosts(["desk.example.com", "*.example.org", "[::1]"])
    >>> hosts.has(b"desk.example.com:8000"), hosts.has(b"a.example.org"), hosts.has(b"example.org")
    (True, True, False)
    >>> hosts.has(b"[::1]:8000"), hosts.has(b""), hosts.has(b"evil.com")
    (True, False, False)
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(name.strip("[]").lower() for name in names)
        self._endings = tuple(name[1:] for name in self._names if name.startswith("*."))
        self._known: set[bytes] = set()

    def has(self, header: bytes) -> bool:
        """True where the header names a trusted host, with or without a port."""
        if header in self._known:
            return True
        if not self._is_trusted(_name_of(header.decode("latin-1").lower())):
            return False
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known.add(header)
        return True

    def _is_trusted(self, name: str) -> bool:
        return "*" in self._names or name in self._names or name.endswith(self._endings or "\0")


def _name_of(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]
