"""A webhook of one's own: the message as JSON, signed so that the receiver can tell it is ours."""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from tradewind.adapters.net.secret import Secret
from tradewind.adapters.notify.posting import Poster
from tradewind.adapters.notify.targets import Reach
from tradewind.ports.notifications import Message

SIGNATURE = "X-Tradewind-Signature"
"""`sha256=` and the HMAC of the body by the secret, in hexadecimal."""


class WebhookChannel:
    """Posts title, lines, level, counts, time_ns and sequence."""

    name = "webhook"

    def __init__(self, url: Secret, secret: Secret, reach: Reach) -> None:
        self._url = url
        self._secret = secret
        self._poster = Poster(self.name, reach)

    async def send(self, message: Message) -> None:
        """Tell it."""
        fields = msgspec.structs.asdict(message) | {"level": message.level.name.lower()}
        body = msgspec.json.encode(fields)
        headers = {SIGNATURE: signature_of(body, self._secret)} if self._secret else {}
        await self._poster.post(self._url.reveal(), body, headers=headers)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._poster.close()


def signature_of(body: bytes, secret: Secret) -> str:
    """What the receiver computes over the body to compare.

    >>> signature_of(b"{}", Secret("hunter2"))[:15]
    'sha256=60317625'
    """
    return "sha256=" + hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()
