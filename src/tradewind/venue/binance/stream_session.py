"""One WebSocket connection to the market streams: its subscriptions and its requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tradewind.venue.accounts import Account
from tradewind.venue.binance.stream_names import parse_stream
from tradewind.venue.sockets import Socket
from tradewind.venue.windows import Window

if TYPE_CHECKING:
    from tradewind.venue.binance.streams import Streams
    from tradewind.venue.binance.venue import BinanceVenue

STREAMS_MAX = 1024
MESSAGES_PER_S_MAX = 5
POLICY_VIOLATION = 1008


class StreamSession:
    """Subscriptions of a connection; `is_combined` wraps each message with its stream's name."""

    def __init__(
        self, socket: Socket, streams: Streams, venue: BinanceVenue, *, is_combined: bool
    ) -> None:
        self.socket = socket
        self.subscriptions: dict[str, Account] = {}
        self._venue = venue
        self.is_combined = is_combined
        self.names: dict[str, None] = {}
        self.waiting: list[bytes] = []
        self._streams = streams
        self._messages = Window(MESSAGES_PER_S_MAX, 1)

    def listen(self, name: str) -> bool:
        """Get an account's events, where the name is its listen key."""
        account = self._venue.listener_of(name)
        if account is None:
            return False
        self.subscriptions[name] = account
        self._venue.sessions[self.socket.number] = self
        return True

    def event(self, account: Account, payload: dict[str, Any]) -> None:
        """Send an event of an account, under its listen key on a combined connection."""
        for name, subscribed in self.subscriptions.items():
            if subscribed is account:
                wrapped = {"stream": name, "data": payload} if self.is_combined else payload
                self.socket.send_json(wrapped)

    def flush(self) -> None:
        """Send what waits in one write."""
        if self.waiting:
            self.socket.send(b"".join(self.waiting))
            self.waiting.clear()

    async def on_message(self, text: bytes, now_ns: int) -> None:
        """Answer a request; who sends too many is cut off."""
        if not self._messages.add(1, now_ns):
            await self.socket.close(POLICY_VIOLATION, "Too many requests")
            return
        try:
            request = json.loads(text)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            self.refuse("Invalid JSON: expected value at line 1 column 1", None, code=3)
            return
        self.flush()
        self.socket.send_json(self.answer(request))

    def refuse(self, reason: str, request_id: Any, code: int = 2) -> None:
        """Send an error."""
        self.socket.send_json(error_message(reason, request_id, code))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1}."""
        request_id, method = request.get("id"), request.get("method")
        parameters = request.get("params", [])
        if request_id is not None and not isinstance(request_id, int | str):
            return error_message("Invalid request: request ID must be an unsigned integer", None)
        if not isinstance(parameters, list):
            return error_message("Invalid request: params must be an array", request_id)
        if method == "SUBSCRIBE":
            return self._subscribe(parameters, request_id)
        if method == "UNSUBSCRIBE":
            for name in parameters:
                self._streams.unsubscribe(self, str(name))
            return {"result": None, "id": request_id}
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": list(self.names), "id": request_id}
        if method in ("SET_PROPERTY", "GET_PROPERTY"):
            return self._property(method, parameters, request_id)
        return error_message(
            f"Invalid request: unknown variant `{method}`, expected one of `SUBSCRIBE`, "
            "`UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`",
            request_id,
        )

    def _subscribe(self, names: list[Any], request_id: Any) -> dict[str, Any]:
        names = [name for name in names if not (isinstance(name, str) and self.listen(name))]
        if not all(isinstance(name, str) and parse_stream(name) for name in names):
            return error_message("Invalid request: invalid stream", request_id)
        if len(self.names) + len(names) > STREAMS_MAX:
            return error_message("Invalid request: too many streams", request_id)
        for name in names:
            self._streams.subscribe(self, name)
        return {"result": None, "id": request_id}

    def _property(self, method: str, parameters: list[Any], request_id: Any) -> dict[str, Any]:
        if not parameters or parameters[0] != "combined":
            return error_message("Invalid request: unknown property", request_id)
        if method == "GET_PROPERTY":
            return {"result": self.is_combined, "id": request_id}
        if len(parameters) != 2 or not isinstance(parameters[1], bool):
            return error_message("Invalid request: a boolean is expected", request_id)
        self.is_combined = parameters[1]
        return {"result": None, "id": request_id}


def error_message(reason: str, request_id: Any, code: int = 2) -> dict[str, Any]:
    """An error as the streams send it."""
    return {"code": code, "msg": reason, "id": request_id}
