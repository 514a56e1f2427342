"""Discord: a message through a channel's webhook, which mentions nobody."""

from __future__ import annotations

from tradewind.adapters.net.secret import Secret
from tradewind.adapters.notify.posting import Poster
from tradewind.adapters.notify.targets import Reach
from tradewind.ports.notifications import Message

TEXT_LENGTH_MAX = 2_000
"""The venue's own bound of `content`."""


class DiscordChannel:
    """Posts `{"content": ...}`; the answer is 204."""

    name = "discord"

    def __init__(self, webhook: Secret, reach: Reach) -> None:
        self._webhook = webhook
        self._poster = Poster(self.name, reach)

    async def send(self, message: Message) -> None:
        """Tell it."""
        body = {"content": message.text[:TEXT_LENGTH_MAX], "allowed_mentions": {"parse": []}}
        await self._poster.post(self._webhook.reveal(), body)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._poster.close()
