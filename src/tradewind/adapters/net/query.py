"""Queries: parameters as percent-encoded text, the very bytes that are signed and sent."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

Value = str | int | bool
"""What a parameter may be; a price is text, never a float."""

SAFE = "-_.~"
"""Characters RFC 3986 leaves as they are, beside letters and digits."""


def encode_query(parameters: Mapping[str, Value]) -> str:
    """`name=value` joined by `&` in the given order, each part percent-encoded as UTF-8.

    >>> encode_query({"symbol": "１", "text": "a b&c", "isIsolated": True, "limit": 5})
    'symbol=%EF%BC%91&text=a%20b%26c&isIsolated=true&limit=5'
    """
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in parameters.items())


def encoded(value: Value) -> str:
    """One value, percent-encoded; booleans are `true` and `false`."""
    return quote(text_of(value), safe=SAFE)


def text_of(value: Value) -> str:
    """A value as it stands in a query before it is encoded."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
