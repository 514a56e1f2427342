"""Queries: parameters as percent-encoded text, the very bytes that are signed and sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

Value = str | int | bool
"""What a parameter may be; a price is text, never a float."""

SAFE = "-_.~"
"""Characters RFC 3986 leaves as they are, beside letters and digits."""

# nearly all that orders say, and sooner seen than encoded
_PLAIN = re.compile(r"[A-Za-z0-9._~-]*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9._~=&-]*")


def encode_query(parameters: Mapping[str, Value]) -> str:
    """`name=value` joined by `&` in the given order, each part percent-encoded as UTF-8.

    >>> encode_query({"symbol": "１", "text": "a b&c", "isIsolated": True, "limit": 5})
    'symbol=%EF%BC%91&text=a%20b%26c&isIsolated=true&limit=5'
    """
    texts = [f"{name}={text_of(value)}" for name, value in parameters.items()]
    query = "&".join(texts)
    count = len(texts)
    # of plain signs, and no more = and & than ours: nothing is to be encoded
    if query.count("=") == count == query.count("&") + 1 and _PLAIN_QUERY.fullmatch(query):
        return query
    return "&".join([f"{encoded(name)}={encoded(value)}" for name, value in parameters.items()])


def encoded(value: Value) -> str:
    """One value, percent-encoded; booleans are `true` and `false`."""
    text = text_of(value)
    return text if _PLAIN.fullmatch(text) else quote(text, safe=SAFE)


def text_of(value: Value) -> str:
    """A value as it stands in a query before it is encoded."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
