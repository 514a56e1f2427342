"""Replies: JSON with times in two forms, the age of a reading, and an ETag where it is a read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import Request
from fastapi.responses import Response

from tradewind.gateway.engine_link import Reading
from tradewind.gateway.services import Services

SECOND_NS = 1_000_000_000
MILLION = 1_000_000
MEDIA_TYPE = "application/json"
FRESH = "private, no-cache"
"""A browser may keep it but asks each time, with `If-None-Match`."""
TIME = "time_ns"


def reply(request: Request, body: Mapping[str, Any], *, status: int = 200) -> Response:
    """Return a body as JSON; 304 without one where the asker has just this already."""
    content = msgspec.json.encode(with_times(body))
    return _tagged(request, content, content, status)


def aged_reply(
    request: Request, services: Services, body: Mapping[str, Any], reading: Reading
) -> Response:
    """Return a body that was read from the engine, with `age_ms`, which its ETag leaves out."""
    content = msgspec.json.encode(with_times(body))
    age_ms = (services.now_ns() - reading.time_ns) // MILLION
    return _tagged(request, content, content[:-1] + b',"age_ms":%d}' % age_ms, 200)


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


def _tagged(request: Request, tagged: bytes, content: bytes, status: int) -> Response:
    if status != 200 or request.method not in ("GET", "HEAD"):
        return Response(content, status, media_type=MEDIA_TYPE)
    tag = f'W/"{hashlib.sha256(tagged).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": FRESH}
    known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, status, headers, MEDIA_TYPE)
