"""The data streams of the Alpaca venue: subscriptions by channel and symbol, rows as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec
from aiohttp import web

from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.desk import Desk
from tradewind.venue.alpaca.frames import Item, packed_frame, texted_frame
from tradewind.venue.alpaca.refusal import Refusal
from tradewind.venue.sockets import Socket

CHANNELS = (
    "trades", "quotes", "orderbooks", "bars", "updatedBars", "dailyBars", "statuses", "lulds",
    "corrections", "cancelErrors", "news",
)  # fmt: skip
AUTHENTICATION_S = 10.0
FREE_SYMBOLS_MAX = 30
CLOSE_POLICY = 1008
ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    500: "internal error",
}


class Subscriber:
    """One connection: whose it is, what it wants, how it is spoken to."""

    def __init__(self, socket: Socket, feed: str) -> None:
        self.socket = socket
        self.feed = feed
        self.customer: Customer | None = None
        self.wanted: dict[str, dict[str, None]] = {channel: {} for channel in CHANNELS}
        self.is_packed = "msgpack" in socket.request.headers.get("Content-Type", "")
        self.pending: list[Item] = []

    def tell(self, rows: Iterable[Item]) -> None:
        """Send rows as one message."""
        self.socket.send(packed_frame(rows) if self.is_packed else texted_frame(rows))

    def error(self, code: int) -> None:
        """Tell an error by its code."""
        self.tell([Item({"T": "error", "code": code, "msg": ERRORS[code]})])

    def parse(self, raw: bytes) -> dict[str, object] | None:
        """A client's message, or None where it is none."""
        decode = msgspec.json.decode if raw[:1] in (b"{", b"[") else msgspec.msgpack.decode
        try:
            message = decode(raw)
        except msgspec.DecodeError:
            return None
        return message if isinstance(message, dict) else None

    def wants(self, channel: str, symbol: str) -> bool:
        """True where rows of a symbol belong to what was subscribed."""
        symbols = self.wanted[channel]
        return symbol in symbols or "*" in symbols

    def flush(self) -> None:
        """Send what has come together since the last time."""
        if self.pending:
            self.tell(self.pending)
            self.pending = []


class DataStream:
    """All connections of one kind of feed: stocks, or crypto."""

    def __init__(self, desk: Desk, feeds: dict[str, str]) -> None:
        self._desk = desk
        self._feeds = feeds  # feed -> the plan that it needs
        self.subscribers: dict[int, Subscriber] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection."""
        socket = Socket(request, self._desk.chaos.faults)
        response = await socket.open()
        self._desk.sockets.add(socket)
        feed = request.match_info.get("feed", "us")
        subscriber = self.subscribers[socket.number] = Subscriber(socket, feed)
        subscriber.tell([Item({"T": "success", "msg": "connected"})])
        deadline = asyncio.get_running_loop().call_later(AUTHENTICATION_S, self._late, subscriber)
        try:
            async for raw in socket.messages():
                self._on_message(subscriber, subscriber.parse(raw))
        finally:
            deadline.cancel()
            del self.subscribers[socket.number]
            self._desk.sockets.remove(socket)
        return response

    def _late(self, subscriber: Subscriber) -> None:
        if subscriber.customer is None:
            self._refuse(subscriber, 404)

    def _refuse(self, subscriber: Subscriber, code: int) -> None:
        """Tell an error and hang up."""
        subscriber.error(code)
        task = asyncio.get_running_loop().create_task(subscriber.socket.close(CLOSE_POLICY))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_message(self, subscriber: Subscriber, message: dict[str, object] | None) -> None:
        if message is None:
            subscriber.error(400)
            return
        action = message.get("action")
        if action == "auth":
            self._authenticate(subscriber, message)
        elif action not in ("subscribe", "unsubscribe"):
            subscriber.error(400)
        elif subscriber.customer is None:
            subscriber.error(401)
        else:
            self._subscribe(subscriber, message)

    def _authenticate(self, subscriber: Subscriber, message: dict[str, object]) -> None:
        if subscriber.customer is not None:
            subscriber.error(403)
            return
        try:
            customer = self._desk.authenticate(
                str(message.get("key", "")), str(message.get("secret", ""))
            )
        except Refusal:
            self._refuse(subscriber, 402)
            return
        if subscriber.feed not in self._feeds:
            self._refuse(subscriber, 410)
        elif self._feeds[subscriber.feed] == "paid" and customer.plan == "free":
            self._refuse(subscriber, 409)
        elif self._has_another(customer, subscriber):
            self._refuse(subscriber, 406)
        else:
            subscriber.customer = customer
            subscriber.tell([Item({"T": "success", "msg": "authenticated"})])

    def _has_another(self, customer: Customer, subscriber: Subscriber) -> bool:
        """True where the customer has a connection to this feed; one that hangs is cut instead."""
        for other in list(self.subscribers.values()):
            if other.customer is customer and other.feed == subscriber.feed:
                if other.socket.is_open and not other.socket.is_silenced:
                    return True
                other.customer = None
                other.socket.cut()
        return False

    def _subscribe(self, subscriber: Subscriber, message: dict[str, object]) -> None:
        """Add to what is wanted, or take away; the answer states all of it."""
        changes = {
            channel: [str(symbol) for symbol in symbols]
            for channel, symbols in message.items()
            if channel in CHANNELS and isinstance(symbols, list)
        }
        unknown = [name for name in message if name not in CHANNELS and name != "action"]
        if unknown:
            subscriber.error(400)
            return
        before = {channel: dict(symbols) for channel, symbols in subscriber.wanted.items()}
        fresh: list[str] = []
        for channel, symbols in changes.items():
            known = subscriber.wanted[channel]
            for symbol in symbols:
                if message["action"] == "subscribe":
                    fresh += [symbol] if channel == "orderbooks" and symbol not in known else []
                    known[symbol] = None
                else:
                    known.pop(symbol, None)
        # Who subscribes trades is told of what becomes of them.
        for channel in ("corrections", "cancelErrors"):
            subscriber.wanted[channel] = dict(subscriber.wanted["trades"])
        if self._is_too_much(subscriber):
            subscriber.wanted = before
            subscriber.error(405)
            return
        subscriber.tell([Item(subscription_row(subscriber))])
        self.on_fresh_books(subscriber, fresh)

    def _is_too_much(self, subscriber: Subscriber) -> bool:
        """The free plan has trades and quotes of so many symbols."""
        customer = subscriber.customer
        if customer is None or customer.plan != "free":
            return False
        wanted = {**subscriber.wanted["trades"], **subscriber.wanted["quotes"]}
        return "*" in wanted or len(wanted) > FREE_SYMBOLS_MAX

    def on_fresh_books(self, subscriber: Subscriber, symbols: list[str]) -> None:
        """Books begin with all their levels; who has books does more here."""

    # --- rows --------------------------------------------------------------------------------

    def publish(self, channel: str, symbol: str, row: dict[str, object]) -> None:
        """Hand a row to those who want it; it goes out with the next `flush`."""
        if not self.subscribers:
            return
        item = None
        for subscriber in self.subscribers.values():
            if subscriber.wants(channel, symbol):
                if item is None:
                    item = Item(row)
                name = f"data:{subscriber.socket.number}"
                self._desk.chaos.market(name, item, subscriber.pending.append)

    def flush(self) -> None:
        """Send what has come together."""
        for subscriber in list(self.subscribers.values()):
            subscriber.flush()


def subscription_row(subscriber: Subscriber) -> dict[str, object]:
    """Everything that is subscribed."""
    return {
        "T": "subscription",
        **{channel: list(symbols) for channel, symbols in subscriber.wanted.items()},
    }
