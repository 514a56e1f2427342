"""The channel `market`: best prices from the engine to all clients, while somebody wants them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from tradewind.gateway.told import Told
from tradewind.runtime.control_client import socket_address
from tradewind.runtime.control_messages import ANSWER_BYTES_MAX, MarketRequest, encode_line
from tradewind.runtime.market_board import MarketTold
from tradewind.runtime.read_models import MarketRow

LOOK_S = 0.05
"""How often it is looked at whether somebody wants prices, and is still there."""
AGAIN_S = 1.0
"""How long after losing the engine it is tried again."""
CLIENT_S = 0.0001
"""So long for each client prices wait for others, as a message is a write for each of them."""

Publish = Callable[[Told], None]


class MarketStream:
    """Follows the engine's prices; `listeners` says how many clients want them."""

    def __init__(self, home: Path, publish: Publish, listeners: Callable[[], int]) -> None:
        self._home = home
        self._publish = publish
        self._listeners = listeners
        self._rows: dict[str, MarketRow] = {}
        self._sequence = 0
        self._told_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Follow while somebody listens, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._listeners():
                continue
            following = asyncio.create_task(self._follow())
            try:
                while self._listeners() and not following.done():
                    await asyncio.wait([following], timeout=LOOK_S)
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                self._forget()
            if self._listeners():
                await asyncio.sleep(AGAIN_S)

    async def _follow(self) -> None:
        """Take prices until the engine is gone."""
        with suppress(OSError, asyncio.IncompleteReadError, msgspec.DecodeError):
            with socket_address(self._home) as address:
                reader, writer = await asyncio.open_unix_connection(address, limit=ANSWER_BYTES_MAX)
            try:
                writer.write(encode_line(MarketRequest()))
                await reader.readuntil(b"\n")
                decode = msgspec.json.Decoder(MarketTold).decode
                while True:
                    self._take(decode(await reader.readuntil(b"\n")))
            finally:
                writer.close()

    def _take(self, told: MarketTold) -> None:
        """Tell rows now, or soon with those that come meanwhile."""
        self._rows |= {row["instrument"]: row for row in told.rows}
        self._sequence = told.sequence
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        due_s = self._told_s + CLIENT_S * self._listeners()
        if due_s <= loop.time():
            self._tell()
        else:
            self._timer = loop.call_at(due_s, self._tell)

    def _tell(self) -> None:
        self._timer = None
        self._told_s = asyncio.get_running_loop().time()
        rows, self._rows = self._rows, {}
        self._publish(Told("quote", self._sequence, {"market": list(rows.values())}))

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._rows = {}
