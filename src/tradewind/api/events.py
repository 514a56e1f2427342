"""Events of the stream: subscribed once, followed over breaks by their sequence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tradewind.api.connection import ApiError
from tradewind.model.errors import OutsideError

AGAIN_S = 0.5
AGAIN_S_MAX = 10.0
BREAKS_MAX = 20
"""Breaks in a row without an event between them before it gives up."""
REFUSED = range(4400, 4404)
"""Close codes that another try would not change."""


class Event(msgspec.Struct, frozen=True):
    """An update: its channel (or `snapshot`), the journal's sequence, and what it says."""

    type: str
    sequence: int = 0
    body: dict[str, Any] = {}


def follow(
    url: str, headers: Callable[[], dict[str, str]], channels: list[str], since: int
) -> Iterator[Event]:
    """Yield updates; connects again behind the last sequence where the connection breaks."""
    # Here and not above: whoever only asks needs no WebSocket.
    from websockets.exceptions import ConnectionClosed, InvalidHandshake
    from websockets.sync.client import connect

    address = "ws" + url.removeprefix("http") + "/ws"
    breaks = 0
    while True:
        try:
            with connect(address, additional_headers=headers(), max_size=None) as socket:
                ask = {"type": "subscribe", "channels": channels, "since": since}
                socket.send(msgspec.json.encode(ask).decode())
                for text in socket:
                    event = msgspec.json.decode(text, type=Event)
                    yield event
                    since, breaks = max(since, event.sequence), 0
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else 1006
            reason = error.rcvd.reason if error.rcvd else ""
            if code in REFUSED:
                raise ApiError(code - 4000, reason) from None
        except (OSError, InvalidHandshake) as error:
            if breaks >= BREAKS_MAX:
                raise OutsideError(
                    f"the stream of {url} broke: {error}", fault="theirs", retry=True
                ) from None
        breaks += 1
        time.sleep(min(AGAIN_S * 2 ** min(breaks, 10), AGAIN_S_MAX))
