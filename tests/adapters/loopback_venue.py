"""A loopback server that answers as it is told, for what a well-behaved venue would never say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from tests.adapters.net.loopback import served

Answer = tuple[int, Any]
"""A status and a body: bytes as they are, else JSON."""


class Asked(msgspec.Struct):
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Told:
    """Answers by (method, path), a list one by one; keeps what it was asked."""

    def __init__(self, answers: dict[tuple[str, str], Any]) -> None:
        self.answers = answers
        self.asked: list[Asked] = []

    def paths(self, method: str = "GET") -> list[str]:
        """The paths asked for by a method."""
        return [asked.path for asked in self.asked if asked.method == method]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        body = await request.read()
        headers = dict(request.headers)
        self.asked.append(Asked(request.method, request.path, dict(request.query), headers, body))
        found = self.answers.get((request.method, request.path), (404, {}))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found):
            found = found(self.asked[-1])
        status, answer = found
        raw = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        return web.Response(status=status, body=raw, content_type="application/json")


@asynccontextmanager
async def told(answers: dict[tuple[str, str], Any]) -> AsyncIterator[tuple[str, Told]]:
    """Serve answers; gives the base URL and what was asked."""
    venue = Told(answers)
    async with served(venue.handle) as address:
        yield f"http://{address}", venue


class SteppedClock:
    """A clock that stands until it is moved."""

    def __init__(self, time_ns: int) -> None:
        self.time_ns = time_ns

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return self.time_ns
