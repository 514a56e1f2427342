"""What the stream tells: an update, made into text or MessagePack once for all who hear it."""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from tradewind.gateway.content import with_times
from tradewind.runtime.read_models import Update

PROFIT = ("account", "currency", "equity", "realised", "unrealised")
SHORT, MEDIUM = 126, 1 << 16
"""Payloads below them have their length in one byte, in two more, else in eight more."""


class Form(Enum):
    """How a client hears: JSON or MessagePack, as messages or as frames that are sent as they are.

    >>> Form.of("msgpack", is_framed=False)
    <Form.PACKED: (True, False)>
    """

    TEXT = (False, False)
    PACKED = (True, False)
    TEXT_FRAMES = (False, True)
    PACKED_FRAMES = (True, True)

    @staticmethod
    def of(name: str, *, is_framed: bool) -> Form:
        """The form by its name in the address: `msgpack`, or JSON for all else."""
        return Form((name == "msgpack", is_framed))

    @property
    def is_packed(self) -> bool:
        """True for MessagePack."""
        return self.value[0]

    @property
    def is_framed(self) -> bool:
        """True where what is made is whole frames."""
        return self.value[1]

    def made(self, message: dict[str, Any]) -> bytes:
        """A message in this form."""
        encode = msgspec.msgpack.encode if self.is_packed else msgspec.json.encode
        payload = encode(message)
        return frame(payload, 0x82 if self.is_packed else 0x81) if self.is_framed else payload


class Told(Update, frozen=True):
    """An update with what was made of it.

    >>> told = Told("order", 7, {"order_id": "j0-person-1"})
    >>> told.made("order", Form.TEXT)
    b'{"type":"order","sequence":7,"body":{"order_id":"j0-person-1"}}'
    >>> told.made("order", Form.TEXT) is told.made("order", Form.TEXT)
    True
    """

    kept: dict[tuple[str, Form], bytes] = msgspec.field(default_factory=dict)

    @staticmethod
    def of(update: Update) -> Told:
        """An update to be told."""
        return Told(update.name, update.sequence, update.body)

    @property
    def channel(self) -> str:
        """The channel it is told on."""
        return "market" if self.name == "quote" else self.name

    def made(self, channel: str, form: Form) -> bytes:
        """It as a message of a channel; of an account P&L is told too."""
        found = self.kept.get((channel, form))
        if found is None:
            body: Any = with_times(self.body)
            if channel == "pnl":
                body = {name: self.body.get(name, "") for name in PROFIT}
            found = form.made({"type": channel, "sequence": self.sequence, "body": body})
            self.kept[channel, form] = found
        return found


def frame(payload: bytes, first: int) -> bytes:
    """A whole frame of a server (RFC 6455, 5.2), which is not masked.

    >>> frame(b"Hello", 0x81).hex(" ")
    '81 05 48 65 6c 6c 6f'
    """
    length = len(payload)
    if length < SHORT:
        return bytes((first, length)) + payload
    if length < MEDIUM:
        return bytes((first, 126)) + length.to_bytes(2) + payload
    return bytes((first, 127)) + length.to_bytes(8) + payload
