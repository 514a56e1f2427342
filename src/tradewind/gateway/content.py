"""Content of answers: JSON with times in two forms, and the tag that tells one from another."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

SECOND_NS = 1_000_000_000
TIME = "time_ns"
AGE = re.compile(rb'"age_ms":-?\d+')


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return a body as JSON."""
    return msgspec.json.encode(with_times(body))


def tag_of(content: bytes) -> str:
    """Return the ETag of a content; how old its rows are is left out, so the tag is a weak one.

    >>> tag_of(b"{}")
    'W/"44136fa355b3678a1146ad16"'
    >>> tag_of(b'{"bid":"1","age_ms":5}') == tag_of(b'{"bid":"1","age_ms":60}')
    True
    """
    return f'W/"{hashlib.sha256(AGE.sub(b"", content)).hexdigest()[:24]}"'


def with_times(value: Any) -> Any:
    """Return plain data with `..._time` in RFC 3339 beside every `..._time_ns`.

    >>> with_times({"time_ns": 1_767_225_600_000_000_001, "used_time_ns": 0})["time"]
    '2026-01-01T00:00:00.000000001Z'
    """
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for name, inner in value.items():
            is_time = name.endswith(TIME) and isinstance(inner, int)
            found[name] = inner if is_time else with_times(inner)
            if is_time:
                found[name.removesuffix("_ns")] = rfc3339(inner)
        return found
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping | list | tuple):
        return [with_times(inner) for inner in value]
    return value


def rfc3339(time_ns: int) -> str:
    """Return a time in RFC 3339 with nanoseconds, "" for 0.

    >>> rfc3339(0), rfc3339(1_500_000_000)
    ('', '1970-01-01T00:00:01.500000000Z')
    """
    if time_ns <= 0:
        return ""
    seconds, rest = divmod(time_ns, SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
