"""Slack: a message through an incoming webhook."""

from __future__ import annotations

from tradewind.adapters.net.secret import Secret
from tradewind.adapters.notify.posting import Poster
from tradewind.adapters.notify.targets import Reach
from tradewind.ports.notifications import Message

TEXT_LENGTH_MAX = 3_000


class SlackChannel:
    """Posts `{"text": ...}`; the answer is `ok`."""

    name = "slack"

    def __init__(self, webhook: Secret, reach: Reach) -> None:
        self._webhook = webhook
        self._poster = Poster(self.name, reach)

    async def send(self, message: Message) -> None:
        """Tell it."""
        await self._poster.post(self._webhook.reveal(), {"text": escaped(message.text)})

    async def close(self) -> None:
        """Let go of the connection."""
        await self._poster.close()


def escaped(text: str) -> str:
    """Text in which nothing is a link, a mention or a channel.

    >>> escaped("<!channel> & more")
    '&lt;!channel&gt; &amp; more'
    """
    text = text[:TEXT_LENGTH_MAX]
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
