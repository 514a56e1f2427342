"""The protocol of our own server: it asks the door before it makes a request of what came."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from tradewind.gateway.door import FULL, TOO_MANY, Door

DONE = cast(
    Any,
    SimpleNamespace(
        response_complete=True, disconnected=False, keep_alive=True, message_event=asyncio.Event()
    ),
)
"""Stands for a request that was answered here: what still comes of it is thrown away."""


class DoorProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which leaves the plain case of a refusal to the door.

    What is not plain (a proxy's or a page's request, HEAD, a last request of a connection, one
    behind another that is still answered) goes the whole way and is refused there.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._door: Door = cast(Any, config.app).door

    def on_headers_complete(self) -> None:
        """Refuse, or go on."""
        if not self._is_plain():
            super().on_headers_complete()
        elif self._is_full():
            self._answer(FULL, self._door.full())
            self.transport.close()
        elif refusal := self._door.refusal(cast(Any, self.client)[0]):
            self._answer(TOO_MANY, refusal)
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Go on; a refused request's body has put the end of silence off, which begins anew."""
        super().on_message_complete()
        if self.cycle is DONE and self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _is_plain(self) -> bool:
        if self.client is None or (self.cycle is not None and not self.cycle.response_complete):
            return False
        parser = self.parser
        if parser.should_upgrade() or not parser.should_keep_alive():
            return False
        return (
            parser.get_http_version() == "1.1"
            and parser.get_method() != b"HEAD"
            and not self.expect_100_continue
        )

    def _is_full(self) -> bool:
        most = self.limit_concurrency
        return most is not None and max(len(self.connections), len(self.tasks)) >= most

    def _answer(self, status: int, rest: bytes) -> None:
        since_s = time.perf_counter()
        defaults = [b"%b: %b\r\n" % each for each in self.server_state.default_headers]
        self.cycle = DONE
        self.transport.write(b"".join([STATUS_LINE[status], *defaults, rest]))
        self.on_response_complete()
        address = cast(Any, self.client)[0]
        method = self.parser.get_method().decode("latin-1")
        path = self.url.partition(b"?")[0].decode("latin-1")
        self._door.note(address, method, path, status=status, since_s=since_s)
