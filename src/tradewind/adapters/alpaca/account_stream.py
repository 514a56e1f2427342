"""The account stream of Alpaca: logs in, listens, and hands over what happens to orders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from tradewind.adapters.alpaca.order_wire import (
    Authorization,
    Listening,
    TradeUpdate,
    decode_account_frame,
)
from tradewind.adapters.alpaca.rest import Keys
from tradewind.adapters.net.outcome import NoAnswer
from tradewind.adapters.net.socket import Connection
from tradewind.model.errors import BadMessage

STREAM = "trade_updates"


class AccountStream:
    """One connection's user. Each time it listens it counts up and calls `on_listening`.

    What happened while there was no connection is not sent again: `on_listening` asks for it.
    """

    def __init__(
        self,
        keys: Keys,
        on_update: Callable[[TradeUpdate], None],
        on_listening: Callable[[], Awaitable[None]],
    ) -> None:
        self._keys = keys
        self._on_update = on_update
        self._on_listening = on_listening
        self._authorization: asyncio.Future[str] | None = None
        self._listening: asyncio.Future[list[str]] | None = None
        self.is_listening = False
        self.count = 0
        self.reason = "not connected yet"
        self.bad_frames = 0

    async def opened(self, connection: Connection) -> None:
        """Log in, listen, then catch up."""
        loop = asyncio.get_running_loop()
        self._authorization, self._listening = loop.create_future(), loop.create_future()
        await connection.send(self._login())
        status = await self._authorization
        if status != "authorized":
            raise NoAnswer(
                "Alpaca's account stream does not take the key: check ALPACA_API_KEY and "
                "ALPACA_SECRET_KEY"
            )
        listen = {"action": "listen", "data": {"streams": [STREAM]}}
        await connection.send(msgspec.json.encode(listen))
        if STREAM not in await self._listening:
            raise NoAnswer("Alpaca's account stream does not send updates of orders")
        self.is_listening, self.reason = True, ""
        self.count += 1
        await self._on_listening()

    def take(self, frames: list[bytes], received_time_ns: int) -> None:
        """Hand over updates; what cannot be read is counted, and polling finds what it said."""
        for raw in frames:
            try:
                frame = decode_account_frame(raw)
            except BadMessage:
                self.bad_frames += 1
                continue
            if isinstance(frame, TradeUpdate):
                self._on_update(frame)
            elif isinstance(frame, Authorization):
                _settle(self._authorization, frame.status)
            elif isinstance(frame, Listening):
                _settle(self._listening, frame.streams)

    def lost(self, reason: str) -> None:
        """The connection is gone."""
        self.is_listening = False
        self.reason = reason

    def _login(self) -> bytes:
        data = {"key_id": self._keys.key_id.reveal(), "secret_key": self._keys.secret.reveal()}
        return msgspec.json.encode({"action": "authenticate", "data": data})


def _settle(future: asyncio.Future | None, value: object) -> None:
    if future is not None and not future.done():
        future.set_result(value)
