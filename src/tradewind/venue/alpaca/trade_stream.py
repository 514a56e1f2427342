"""The account stream of the Alpaca venue: logins, what is listened to, news of orders."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
from aiohttp import web

from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.desk import Desk
from tradewind.venue.alpaca.news import Update, update_payload
from tradewind.venue.alpaca.refusal import Refusal
from tradewind.venue.sockets import Socket, binary_frame

STREAMS = ("trade_updates", "account_updates")


class Listener:
    """One connection: whose it is, what it listens to, how it is spoken to."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.customer: Customer | None = None
        self.streams: list[str] = []
        kind = socket.request.headers.get("Content-Type", "")
        self._is_packed = "msgpack" in kind

    def tell(self, stream: str, data: object) -> None:
        """Send a message, in a binary frame as the venue does: JSON, or MessagePack if asked."""
        message = {"stream": stream, "data": data}
        pack = msgspec.msgpack.encode if self._is_packed else msgspec.json.encode
        self.socket.send(binary_frame(pack(message)))

    def parse(self, raw: bytes) -> dict[str, object]:
        """A client's message; nothing where it is none."""
        # A client may pack its messages whatever its header says; JSON begins with a brace.
        decode = msgspec.json.decode if raw[:1] in (b"{", b"[") else msgspec.msgpack.decode
        try:
            message = decode(raw)
        except msgspec.DecodeError:
            return {}
        return message if isinstance(message, dict) else {}


class TradeStream:
    """All connections of the account stream."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._listeners: dict[int, Listener] = {}
        self._closing: set[asyncio.Task[None]] = set()
        desk.listeners.append(self.on_update)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection."""
        socket = Socket(request, self._desk.chaos.faults)
        response = await socket.open()
        self._desk.sockets.add(socket)
        listener = self._listeners[socket.number] = Listener(socket)
        try:
            async for raw in socket.messages():
                self._on_message(listener, listener.parse(raw))
        finally:
            del self._listeners[socket.number]
            self._desk.sockets.remove(socket)
        return response

    def _on_message(self, listener: Listener, message: dict[str, object]) -> None:
        action = message.get("action")
        if action in ("authenticate", "auth"):
            self._authenticate(listener, message)
        elif action == "listen" and listener.customer is not None:
            data = message.get("data")
            wanted = data.get("streams", []) if isinstance(data, dict) else []
            listener.streams = [each for each in wanted if each in STREAMS]
            listener.tell("listening", {"streams": listener.streams})
        else:
            self._refuse(listener, str(action))

    def _authenticate(self, listener: Listener, message: dict[str, object]) -> None:
        """Keys come under "data", or beside the action in the newer form."""
        data = message.get("data")
        source = data if isinstance(data, dict) else message
        key = str(source.get("key_id") or source.get("key") or "")
        secret = str(source.get("secret_key") or source.get("secret") or "")
        try:
            listener.customer = self._desk.authenticate(key, secret)
        except Refusal:
            self._refuse(listener, "authenticate")
            return
        listener.tell("authorization", {"status": "authorized", "action": "authenticate"})

    def _refuse(self, listener: Listener, action: str) -> None:
        """Say that this is not allowed, and hang up."""
        listener.tell("authorization", {"status": "unauthorized", "action": action})
        task = asyncio.get_running_loop().create_task(listener.socket.close())
        self._closing.add(task)  # kept, or it might be collected before it has run
        task.add_done_callback(self._closing.discard)

    def on_update(self, customer: Customer, update: Update) -> None:
        """Send news to those who listen; the faults of reports strike here."""
        data = update_payload(update)
        chaos = self._desk.chaos
        for listener in list(self._listeners.values()):
            if listener.customer is not customer or "trade_updates" not in listener.streams:
                continue
            if update.is_fill and chaos.faults.strikes("drop-in-mid-fill"):
                listener.socket.cut()
                continue
            chaos.report(
                f"account:{listener.socket.number}",
                data,
                partial(listener.tell, "trade_updates"),
            )
