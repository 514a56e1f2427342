"""A client of the stream: what it wants, what it may see, and how it hears it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from starlette.types import Message, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from tradewind.gateway.permissions import ALL_ACCOUNTS, Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.told import Form, Told
from tradewind.model.errors import OutsideError
from tradewind.runtime.read_models import Update

SEND_DEADLINE_S = 10.0
MESSAGE_BYTES_MAX = 4_096
ENGINE_CHANNELS = frozenset({"order", "fill", "position", "account", "pnl", "halt", "risk"})
CHANNELS = ENGINE_CHANNELS | {"market", "alert", "job", "journal"}
USUAL = frozenset({"market", "order", "fill", "position", "account", "halt", "risk", "alert"})
"""What a client gets that names no channel."""
TIMELESS = frozenset({"market", "alert", "job"})
"""What is no event of the journal, and so is told whatever a client has seen of it."""
FRAMES = "tradewind.frames"
"""The ASGI extension of our own server, which takes whole frames."""


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client says: which channels it wants, from which sequence on, or just ping."""

    type: Literal["subscribe", "ping"]
    channels: list[str] = []
    since: int = 0


class Client:
    """One WebSocket: what it wants, what it may see."""

    def __init__(self, socket: WebSocket, principal: Principal) -> None:
        self.socket = socket
        self.principal = principal
        self.accounts: dict[str, str] = {}
        self.snapshot_sequence = 0
        self.journal_sequence = 0
        self.channels: frozenset[str] = USUAL
        is_framed = FRAMES in socket.scope.get("extensions", {})
        self._form = Form.of(socket.query_params.get("format", ""), is_framed=is_framed)
        self._send: Send = socket.scope["tradewind.send"]

    async def listen(self) -> tuple[int, str]:
        """Answer pings until it goes."""
        while True:
            asked = await self.next_ask()
            if asked.type == "ping":
                await self.send({"type": "pong"})

    async def next_ask(self) -> Ask:
        """What it says next; raises `OutsideError` where that cannot be meant."""
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        text = message.get("text") or message.get("bytes") or ""
        if len(text) > MESSAGE_BYTES_MAX:
            raise OutsideError("the message is too long", fault="theirs", retry=False)
        raw = text.encode() if isinstance(text, str) else text
        asked = msgspec.json.decode(raw, type=Ask)
        unknown = set(asked.channels) - CHANNELS
        if unknown:
            raise OutsideError(
                f"there is no channel {min(unknown)!r}: use {', '.join(sorted(CHANNELS))}",
                fault="theirs",
                retry=False,
            )
        if asked.type == "subscribe":
            self.channels = frozenset(asked.channels) or USUAL
            if "journal" in self.channels and not self._may_see_journal():
                raise OutsideError(
                    "the journal is for who may read the audit trail, on all accounts",
                    fault="theirs",
                    retry=False,
                )
        return asked

    async def send_updates(self, updates: Sequence[Told]) -> None:
        """Send those of some updates that it wants, may see, and has not heard of."""
        made: list[bytes] = []
        for update in updates:
            for channel in self._channels_of(update):
                made.append(update.made(channel, self._form))
        await self._send_made(made)

    def _channels_of(self, update: Told) -> list[str]:
        channel = update.channel
        seen = self.journal_sequence if channel == "journal" else self.snapshot_sequence
        is_old = update.sequence <= seen and channel not in TIMELESS
        if is_old or not self._may_see(update):
            return []
        if channel == "journal":
            self.journal_sequence = update.sequence
        wanted = [channel] if channel in self.channels else []
        return ["pnl", *wanted] if channel == "account" and "pnl" in self.channels else wanted

    def _may_see(self, update: Update) -> bool:
        if update.name in ("quote", "halt", "alert"):
            return True
        if update.name == "journal":
            return self._may_see_journal()
        if update.name == "job":
            is_own = update.body.get("user_id") == self.principal.user_id
            return is_own or self.principal.may(Permission.SEE_ALL_JOBS)
        account = update.body.get("account") or self.accounts.get(
            str(update.body.get("strategy", "")), ""
        )
        return self.principal.may_see(str(account))

    def _may_see_journal(self) -> bool:
        may_read = self.principal.may(Permission.READ_AUDIT)
        return may_read and ALL_ACCOUNTS in self.principal.accounts

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message of its own."""
        await self._send_made([self._form.made(message)])

    async def _send_made(self, made: list[bytes]) -> None:
        """Send what was made in its form; raises `TimeoutError` where it does not read."""
        if not made:
            return
        async with asyncio.timeout(SEND_DEADLINE_S):
            for message in self._messages(made):
                try:
                    await self._send(message)
                except OSError as error:
                    raise WebSocketDisconnect(1006) from error  # It went away meanwhile.

    def _messages(self, made: list[bytes]) -> list[Message]:
        if self._form.is_framed:
            return [{"type": FRAMES, "frames": b"".join(made)}]
        if self._form.is_packed:
            return [{"type": "websocket.send", "bytes": each} for each in made]
        return [{"type": "websocket.send", "text": each.decode()} for each in made]
