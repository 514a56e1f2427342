"""Telegram: messages of a bot to allowed chats, and what they write to it, by long polling."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tradewind.adapters.net.secret import Secret
from tradewind.adapters.notify.posting import Poster
from tradewind.adapters.notify.targets import Reach
from tradewind.model.errors import OutsideError
from tradewind.ports.notifications import Message

ADDRESS = "https://api.telegram.org"
TEXT_LENGTH_MAX = 4_096
POLL_S = 25
"""How long the venue holds a question for updates open."""
RETRY_S = 5.0

Answering = Callable[[int, str, int, str], Awaitable[str]]
"""Takes the number of an update, chat, time in seconds and text; returns what to write, or ""."""


class TelegramBot:
    """The methods of the Bot API that are used; the token is part of every address."""

    def __init__(self, token: Secret, reach: Reach, address: str = "") -> None:
        self._base = Secret(f"{address or ADDRESS}/bot{token.reveal()}")
        self._poster = Poster("telegram", reach, deadline_s=POLL_S + 10)

    async def write(self, chat: str, text: str) -> None:
        """A plain message to a chat."""
        body = {"chat_id": chat, "text": text[:TEXT_LENGTH_MAX]}
        await self._call("sendMessage", body)

    async def updates(self, offset: int, wait_s: int) -> list[dict[str, Any]]:
        """{"ok":true,"result":[{"update_id":7,"message":{"date":1763700000,
        "chat":{"id":42},"text":"/status"}}]}"""
        body = {"offset": offset, "timeout": wait_s, "allowed_updates": ["message"]}
        answer = await self._call("getUpdates", body)
        found = answer.get("result") if isinstance(answer, dict) else None
        return [each for each in found or [] if isinstance(each, dict)]

    async def close(self) -> None:
        """Let go of the connection."""
        await self._poster.close()

    async def _call(self, method: str, body: dict[str, Any]) -> Any:
        return await self._poster.post(f"{self._base.reveal()}/{method}", body)


class TelegramChannel:
    """Tells every allowed chat; a chat that was told is not told again when another failed."""

    name = "telegram"

    def __init__(self, bot: TelegramBot, chats: tuple[str, ...]) -> None:
        self._bot = bot
        self._chats = chats
        self._told: set[tuple[str, int]] = set()

    async def send(self, message: Message) -> None:
        """Tell it."""
        failures: list[OutsideError] = []
        for chat in self._chats:
            if (chat, message.sequence) in self._told:
                continue
            try:
                await self._bot.write(chat, message.text)
                self._told.add((chat, message.sequence))
            except OutsideError as error:
                failures.append(error)
        if failures:
            raise min(failures, key=lambda error: not error.retry)
        self._told.clear()

    async def close(self) -> None:
        """Let go of the connection."""
        await self._bot.close()


async def listen(
    bot: TelegramBot, offset: int, answer: Answering, keep: Callable[[int], None]
) -> None:
    """Read what is written to the bot, for ever, each update once.

    `keep` writes down the number behind an update before it is acted on: a command is rather lost
    than done twice.
    """
    while True:
        try:
            found = await bot.updates(offset, POLL_S)
        except OutsideError:
            await asyncio.sleep(RETRY_S)
            continue
        for update in found:
            number = update.get("update_id")
            if not isinstance(number, int) or number < offset:
                continue
            offset = number + 1
            keep(offset)
            chat, time_s, text = _written(update)
            words = await answer(number, chat, time_s, text) if text else ""
            if words:
                try:
                    await bot.write(chat, words)
                except OutsideError:
                    await asyncio.sleep(RETRY_S)


def _written(update: dict[str, Any]) -> tuple[str, int, str]:
    """Chat, time in seconds and text of an update; no text where it is of another kind."""
    message = update.get("message")
    chat = message.get("chat") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(chat, dict):
        return "", 0, ""
    text, date = message.get("text"), message.get("date")
    return (
        str(chat.get("id", "")),
        date if isinstance(date, int) else 0,
        text if isinstance(text, str) else "",
    )
