"""Replies: JSON with times in two forms, the age of a reading, and an ETag where it is a read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from tradewind.gateway.content import encoded, tag_of
from tradewind.gateway.engine_link import FRESH_NS
from tradewind.gateway.kept_replies import Make
from tradewind.gateway.services import Services

MILLION = 1_000_000
MEDIA_TYPE = "application/json"
FRESH = "private, no-cache"
"""A browser may keep it but asks each time, with `If-None-Match`."""


def reply(request: Request, body: Mapping[str, Any], *, status: int = 200) -> Response:
    """Return a body as JSON; 304 without one where the asker has just this already."""
    content = encoded(body)
    return _tagged(request, content, content, status)


def content_reply(request: Request, content: bytes) -> Response:
    """Return a body that was encoded before; 304 without one where the asker has it already."""
    return _tagged(request, content, content, 200)


async def aged_reply(request: Request, services: Services, make: Make) -> Response:
    """Return what `make` reads of the engine, with `age_ms`, which its ETag leaves out.

    It is made again, without the layers before the route, while the same user goes on asking.
    """
    request.state.make = make
    body, time_ns = await make(FRESH_NS)
    content = encoded(body)
    age_ms = (services.now_ns() - time_ns) // MILLION
    return _tagged(request, content, content[:-1] + b',"age_ms":%d}' % age_ms, 200)


def _tagged(request: Request, tagged: bytes, content: bytes, status: int) -> Response:
    if status != 200 or request.method not in ("GET", "HEAD"):
        return Response(content, status, media_type=MEDIA_TYPE)
    tag = tag_of(tagged)
    headers = {"ETag": tag, "Cache-Control": FRESH}
    known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, status, headers, MEDIA_TYPE)
