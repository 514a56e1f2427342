"""Binance's WebSocket API: calls as JSON frames, sessions, and the account's events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tradewind.venue.accounts import Account
from tradewind.venue.binance.calls import Call, Endpoint, Security
from tradewind.venue.binance.errors import ApiError
from tradewind.venue.binance.keys import ApiKey
from tradewind.venue.binance.parameters import Parameters
from tradewind.venue.binance.security import check_signed, key_named
from tradewind.venue.sockets import Socket

if TYPE_CHECKING:
    from tradewind.venue.binance.venue import BinanceVenue

CONNECTION_WEIGHT = 2
SUBSCRIPTIONS_MAX = 1000


class ApiSession:
    """One connection: who is logged on, and whose events it gets."""

    def __init__(self, venue: BinanceVenue, socket: Socket, address: str) -> None:
        self.venue = venue
        self.socket = socket
        self.address = address
        self.key: ApiKey | None = None
        self.connected_ms = venue.chaos.clock.now_ms()
        self.authorized_ms: int | None = None
        self.subscriptions: dict[int, Account] = {}
        self._next_subscription = 0

    def event(self, account: Account, payload: dict[str, Any]) -> None:
        """Send an event of an account to each of its subscriptions on this connection."""
        for number, subscribed in self.subscriptions.items():
            if subscribed is account:
                self.socket.send_json({"subscriptionId": number, "event": payload})

    def on_message(self, text: bytes) -> None:
        """Carry out a frame: {"id": 1, "method": "time", "params": {}}."""
        try:
            # Numbers stay the text they were: signatures are over that text.
            frame = json.loads(text, parse_float=str, parse_int=str)
        except ValueError:
            frame = None
        if not isinstance(frame, dict) or not isinstance(frame.get("params", {}), dict):
            self._send(None, {"status": 400, "error": ApiError(-1135).body()}, {})
            return
        request_id = _plain_id(text, frame)
        texts = {name: _text(value) for name, value in (frame.get("params") or {}).items()}
        answer = self._answer(str(frame.get("method", "")).removeprefix("v3/"), texts)
        if answer is not None:
            self._send(request_id, answer, texts)

    def _answer(self, method: str, texts: dict[str, str]) -> dict[str, Any] | None:
        """The answer, or None where the faults let none be given."""
        endpoint = self.venue.methods.get(method)
        changes = endpoint is not None and endpoint.changes_orders
        chaos = self.venue.chaos
        try:
            refused = chaos.refusal(changes)
            if refused is not None:
                raise self.venue.failure_error(*refused)
            result = self._perform(method, endpoint, texts)
            if changes and chaos.faults.strikes("reply-dropped"):
                self.socket.cut()
                return None
            if changes and chaos.faults.strikes("reply-lost"):
                raise self.venue.failure_error(504, "reply-lost", 0.0)
        except ApiError as error:
            return {"status": error.status, "error": error.body()}
        return {"status": 200, "result": result}

    def _perform(self, method: str, endpoint: Endpoint | None, texts: dict[str, str]) -> Any:
        now_ns = self.venue.chaos.clock.now_ns()
        session_call = SESSION_CALLS.get(method)
        if session_call is not None:
            self.venue.limits.spend(self.address, 2, now_ns)
            return session_call(self, texts, now_ns)
        if endpoint is None:
            raise ApiError(-1000, f"Method {method!r} not found.")
        parameters = Parameters(texts)
        self.venue.limits.spend(self.address, endpoint.weight_of(parameters), now_ns)
        call = Call(self.venue, parameters, now_ns)
        if endpoint.security is not Security.NONE:
            key = self._prove(endpoint.security, texts, now_ns)
            call.account, call.key = key.account, key
        return self.venue.perform(endpoint, call)

    def _prove(self, security: Security, texts: dict[str, str], now_ns: int) -> ApiKey:
        """The key of a call: its own, or that of the session."""
        if "signature" not in texts and self.key is not None:
            if security is Security.TRADE and not self.key.may_trade:
                raise ApiError(-2015, status=401)
            return self.key
        key = key_named(self.venue.keys, texts.get("apiKey"))
        check_signed(key, security, texts, signed_payload(texts), now_ns)
        return key

    # --- calls of the session ----------------------------------------------------------------

    def log_on(self, texts: dict[str, str], now_ns: int) -> dict[str, Any]:
        """session.logon: Ed25519 keys only."""
        key = key_named(self.venue.keys, texts.get("apiKey"))
        check_signed(key, Security.USER_DATA, texts, signed_payload(texts), now_ns)
        if not key.is_ed25519:
            raise ApiError(-4056, "HMAC_SHA256 API key is not supported.")
        self.key, self.authorized_ms = key, now_ns // 1_000_000
        return self.status(texts, now_ns)

    def status(self, _: dict[str, str], now_ns: int) -> dict[str, Any]:
        """session.status."""
        return {
            "apiKey": None if self.key is None else self.key.key,
            "authorizedSince": self.authorized_ms,
            "connectedSince": self.connected_ms,
            "returnRateLimits": True,
            "serverTime": now_ns // 1_000_000,
            "userDataStream": bool(self.subscriptions),
        }

    def log_out(self, texts: dict[str, str], now_ns: int) -> dict[str, Any]:
        """session.logout."""
        self.key = self.authorized_ms = None
        return self.status(texts, now_ns)

    def subscribe(self, _: dict[str, str], __: int) -> dict[str, Any]:
        """userDataStream.subscribe: events of the account that is logged on."""
        if self.key is None:
            raise ApiError(-2015, status=401)
        return self._subscribe(self.key.account)

    def subscribe_signed(self, texts: dict[str, str], now_ns: int) -> dict[str, Any]:
        """userDataStream.subscribe.signature: events of the account that signed."""
        key = key_named(self.venue.keys, texts.get("apiKey"))
        check_signed(key, Security.USER_DATA, texts, signed_payload(texts), now_ns)
        return self._subscribe(key.account)

    def _subscribe(self, account: Account) -> dict[str, Any]:
        if any(subscribed is account for subscribed in self.subscriptions.values()):
            raise ApiError(-2035)
        if len(self.subscriptions) >= SUBSCRIPTIONS_MAX:
            raise ApiError(-2035, "Too many subscriptions on this connection.")
        number = self._next_subscription
        self._next_subscription += 1
        self.subscriptions[number] = account
        return {"subscriptionId": number}

    def unsubscribe(self, texts: dict[str, str], _: int) -> dict[str, Any]:
        """userDataStream.unsubscribe: one subscription, or all."""
        number = texts.get("subscriptionId")
        if number is None:
            self.subscriptions.clear()
        elif not number.isdecimal() or self.subscriptions.pop(int(number), None) is None:
            raise ApiError(-2036)
        return {}

    def list_subscriptions(self, _: dict[str, str], __: int) -> list[dict[str, int]]:
        """session.subscriptions."""
        return [{"subscriptionId": number} for number in self.subscriptions]

    # --- answers -----------------------------------------------------------------------------

    def _send(self, request_id: Any, answer: dict[str, Any], texts: dict[str, str]) -> None:
        message = {"id": request_id, **answer}
        if texts.get("returnRateLimits") != "false":
            message["rateLimits"] = [self._weight_row()]
        self.socket.send_json(message)

    def _weight_row(self) -> dict[str, Any]:
        used = self.venue.limits.used(self.address, self.venue.chaos.clock.now_ns())
        return {
            "rateLimitType": "REQUEST_WEIGHT",
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": self.venue.limits.rules.weight,
            "count": used,
        }


SESSION_CALLS = {
    "session.logon": ApiSession.log_on,
    "session.status": ApiSession.status,
    "session.logout": ApiSession.log_out,
    "session.subscriptions": ApiSession.list_subscriptions,
    "userDataStream.subscribe": ApiSession.subscribe,
    "userDataStream.subscribe.signature": ApiSession.subscribe_signed,
    "userDataStream.unsubscribe": ApiSession.unsubscribe,
}
"""Methods that are about the connection itself."""


def signed_payload(texts: dict[str, str]) -> bytes:
    """What a frame's signature is over: its parameters in the order of their names.

    >>> signed_payload({"timestamp": "1", "apiKey": "k", "signature": "ff"})
    b'apiKey=k&timestamp=1'
    """
    names = sorted(name for name in texts if name != "signature")
    return "&".join(f"{name}={texts[name]}" for name in names).encode()


def _text(value: Any) -> str:
    """A parameter as the text it is signed as."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _plain_id(text: bytes, frame: dict[str, Any]) -> Any:
    """The frame's id as it was, number or text."""
    return json.loads(text)["id"] if "id" in frame else None


async def serve_api(venue: BinanceVenue, request: web.Request) -> web.StreamResponse:
    """Serve /ws-api/v3 until the client goes."""
    socket = Socket(request, venue.chaos.faults)
    response = await socket.open()
    venue.sockets.add(socket)
    session = ApiSession(venue, socket, request.remote or "")
    venue.sessions[socket.number] = session
    try:
        async for text in socket.messages():
            session.on_message(text)
    finally:
        venue.sessions.pop(socket.number, None)
        venue.sockets.remove(socket)
    return response
