"""The server of a role: `/health` and `/metrics` over HTTP, and nothing else.

Not the gateway's server: a role starts in a moment, needs no library, and answers two questions.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Iterable

from tradewind.model.errors import OutsideError
from tradewind.runtime.exposition import exposition
from tradewind.runtime.read_models import Metric

REQUEST_BYTES_MAX = 8 << 10
DEADLINE_S = 5.0
NEAR_PORTS = 10
"""Processes of one role on a host that find a port each; see `start_near`."""
CONNECTIONS_MAX = 32
"""Beyond it a connection is closed without an answer."""
_PHRASES = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}
_PHRASES[503] = "Service Unavailable"

Answer = tuple[int, str, str]
"""Status, content type, body."""


class RoleServer:
    """Answers for one role. `reasons` are sentences about what is wrong, none where all is well."""

    def __init__(
        self,
        role: str,
        reasons: Callable[[], list[str]],
        metrics: Callable[[], Iterable[Metric]],
    ) -> None:
        self._role = role
        self._reasons = reasons
        self._metrics = metrics
        self._open = 0
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port; `OutsideError` where it cannot be had."""
        try:
            self._server = await asyncio.start_server(
                self._serve, host, port, limit=REQUEST_BYTES_MAX
            )
        except OSError as error:
            raise OutsideError(
                f"port {port} of the role {self._role} cannot be used ({error.strerror}): give "
                "another with TRADEWIND_ROLES_PORT",
                fault="ours",
                retry=False,
            ) from None
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def start_near(self, host: str, port: int) -> int:
        """Listen at a port, or at the first free one of 10, 20, 30, ... above it, and return it.

        For a role that several processes of one host play at the same time.
        """
        for tried in range(port, port + 10 * (NEAR_PORTS - 1), 10):
            with contextlib.suppress(OutsideError):
                return await self.start(host, tried)
        return await self.start(host, port + 10 * (NEAR_PORTS - 1))

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= CONNECTIONS_MAX:
                async with asyncio.timeout(DEADLINE_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(_encoded(self._answer(head)))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # Whoever asks so is not answered.
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _answer(self, head: bytes) -> Answer:
        words = head.partition(b"\r\n")[0].split(b" ")
        if len(words) != 3:
            return 400, "text/plain", "this is no request\n"
        if words[0] not in (b"GET", b"HEAD"):
            return 405, "text/plain", "only GET\n"
        path = words[1].partition(b"?")[0]
        if path == b"/health":
            reasons = self._reasons()
            body = {"role": self._role, "ok": not reasons, "reasons": reasons, "pid": os.getpid()}
            return (503 if reasons else 200), "application/json", json.dumps(body) + "\n"
        if path == b"/metrics":
            return 200, "text/plain; version=0.0.4", exposition(self._metrics())
        return 404, "text/plain", "there are /health and /metrics\n"


def _encoded(answer: Answer) -> bytes:
    status, kind, body = answer
    content = body.encode()
    head = (
        f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content
