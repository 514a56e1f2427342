"""The entrance of an application that a foreign server runs: what is dangerous does not start."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from tradewind.gateway.problems import problem
from tradewind.model.errors import TradewindError


class Entrance:
    """Lets an application start once `check` has nothing against it.

    `check` runs in the worker itself, behind every fork, and raises `TradewindError`.
    """

    def __init__(self, app: ASGIApp, check: Callable[[], None]) -> None:
        self._app = app
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check at the start of the life; hand everything else on."""
        if scope["type"] == "lifespan":
            try:
                self._check()
            except TradewindError as error:
                await _refuse_start(str(error), receive, send)
                return
        await self._app(scope, receive, send)


class Refusal:
    """Stands in for an application that cannot be built: it ends the start with one sentence."""

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the start, and where a server goes on nevertheless, every request."""
        if scope["type"] == "lifespan":
            await _refuse_start(self._sentence, receive, send)
        elif scope["type"] == "http":
            await problem(503, self._sentence)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1011})


async def _refuse_start(sentence: str, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": f"tradewind: {sentence}"})
