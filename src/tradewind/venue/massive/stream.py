"""The WebSocket streams of the Massive venue: one path a market, channels by letter and ticker."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import web

from tradewind.venue.equities.calendar import MINUTE_NS, SECOND_NS, current_session
from tradewind.venue.equities.tape import Tape, TapeBar, TapeQuote, TapeTrade
from tradewind.venue.massive.desk import NS_PER_MS, Desk, Key
from tradewind.venue.massive.ticks import EXCHANGE_IDS, TAPES, price, size
from tradewind.venue.sockets import Socket, text_frame

CHANNELS = {
    "stocks": ("T", "Q", "A", "AM", "LULD", "FMV", "NOI"),
    "crypto": ("XT", "XQ", "XA", "XAS", "XL2", "FMV"),
}
MARKETS = ("stocks", "crypto", "forex", "options", "indices", "futures")
CONNECTED = "Connected Successfully"
CLOSE_POLICY = 1008
encode = msgspec.json.encode
Row = dict[str, object]


class Subscriber:
    """One connection to one market."""

    def __init__(self, socket: Socket, market: str) -> None:
        self.socket = socket
        self.market = market
        self.key: Key | None = None
        self.wanted: dict[str, None] = {}
        self.pending: list[bytes] = []

    def status(self, status: str, message: str) -> None:
        """A status message of its own."""
        row = {"ev": "status", "status": status, "message": message}
        self.socket.send(text_frame(encode([row])))

    def wants(self, channel: str, name: str) -> bool:
        """True where a channel of a ticker was subscribed, by name or by star."""
        return f"{channel}.{name}" in self.wanted or f"{channel}.*" in self.wanted

    def flush(self) -> None:
        """Send what has come together since the last time as one message."""
        if self.pending:
            self.socket.send(text_frame(b"[" + b",".join(self.pending) + b"]"))
            self.pending = []


class Streams:
    """All connections; rows go out with the next tick."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._subscribers: dict[int, Subscriber] = {}
        self._seconds: dict[str, TapeBar] = {}
        self._days: dict[str, tuple[int, TapeBar]] = {}
        self._minute_ns = 0
        self._closing: set[asyncio.Task[None]] = set()
        desk.market.on_print = self._on_print
        desk.market.on_quote = self._on_quote

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection."""
        socket = Socket(request, self._desk.chaos.faults)
        response = await socket.open()
        self._desk.sockets.add(socket)
        subscriber = Subscriber(socket, request.match_info["market"])
        self._subscribers[socket.number] = subscriber
        subscriber.status("connected", CONNECTED)
        try:
            async for raw in socket.messages():
                self._on_message(subscriber, raw)
        finally:
            del self._subscribers[socket.number]
            self._desk.sockets.remove(socket)
        return response

    def _on_message(self, subscriber: Subscriber, raw: bytes) -> None:
        try:
            message = msgspec.json.decode(raw, type=dict[str, object])
        except msgspec.DecodeError:
            subscriber.status("error", "the message is not a JSON object")
            return
        action, parameters = message.get("action"), str(message.get("params", ""))
        if action == "auth":
            self._authenticate(subscriber, parameters)
        elif subscriber.key is None:
            subscriber.status("auth_required", "authenticate first")
        elif action in ("subscribe", "unsubscribe"):
            for name in filter(None, (each.strip() for each in parameters.split(","))):
                self._change(subscriber, str(action), name)
        else:
            subscriber.status("error", f"unknown action: {action}")

    def _authenticate(self, subscriber: Subscriber, text: str) -> None:
        key = self._desk.keys.get(text)
        if key is None or key.plan == "free":
            why = "authentication failed" if key is None else "your plan has no websocket access"
            subscriber.status("auth_failed", why)
            self._close(subscriber)
            return
        for other in list(self._subscribers.values()):
            if other.key is key and other.market == subscriber.market:
                # The older connection goes.
                other.status("max_connections", "Maximum number of websocket connections exceeded.")
                other.key = None
                self._close(other)
        subscriber.key = key
        subscriber.status("auth_success", "authenticated")

    def _close(self, subscriber: Subscriber) -> None:
        if subscriber.socket.is_silenced:
            subscriber.socket.cut()
            return
        task = asyncio.get_running_loop().create_task(subscriber.socket.close(CLOSE_POLICY))
        self._closing.add(task)  # kept, or it might be collected before it has run
        task.add_done_callback(self._closing.discard)

    def _change(self, subscriber: Subscriber, action: str, name: str) -> None:
        """Subscribe or unsubscribe one channel."""
        channel, _, ticker = name.partition(".")
        if channel not in CHANNELS.get(subscriber.market, ()) or not ticker:
            subscriber.status("error", f"unknown subscription: {name}")
            return
        if action == "subscribe":
            subscriber.wanted[name] = None
        else:
            subscriber.wanted.pop(name, None)
        subscriber.status("success", f"{action}d to: {name}")

    # --- rows --------------------------------------------------------------------------------

    def _publish(self, tape: Tape, channel: str, row: Row) -> None:
        market = "crypto" if tape.security.is_crypto else "stocks"
        name = stream_name(tape)
        raw = b""
        for subscriber in self._subscribers.values():
            if subscriber.market == market and subscriber.wants(channel, name):
                raw = raw or encode(row)
                number = f"data:{subscriber.socket.number}"
                self._desk.chaos.market(number, raw, subscriber.pending.append)

    def _on_print(self, tape: Tape, trade: TapeTrade) -> None:
        shown = price(tape, trade.price)
        if self._desk.chaos.faults.strikes("wrong-precision"):
            shown = float(f"{shown}37")
        self._publish(tape, "XT" if tape.security.is_crypto else "T", trade_row(tape, trade, shown))
        self._count(tape, trade)

    def _count(self, tape: Tape, trade: TapeTrade) -> None:
        """Count a trade into its second and its day."""
        symbol = tape.security.symbol
        second_ns = trade.time_ns // SECOND_NS * SECOND_NS
        bar = self._seconds.get(symbol)
        if bar is not None and bar.open_ns < second_ns:
            self._end_second(tape, bar)
            bar = None
        if bar is None:
            bar = self._seconds[symbol] = empty_bar(second_ns, trade.price)
        bar.add(trade)
        self._day(tape, trade.time_ns).add(trade)

    def _day(self, tape: Tape, time_ns: int) -> TapeBar:
        """What the running session has traded."""
        session = current_session(time_ns)
        begin_ns = session.pre_ns if session is not None else 0
        known = self._days.get(tape.security.symbol)
        if known is None or known[0] != begin_ns:
            day = empty_bar(begin_ns, tape.last_price)
            for minute in tape.minutes_between(begin_ns, tape.start_ns) if begin_ns else []:
                day.volume += minute.volume
                day.value += minute.value
                day.count += minute.count
            first = tape.minutes_between(begin_ns, begin_ns + MINUTE_NS) if begin_ns else []
            day.open = first[0].open if first else tape.last_price
            known = self._days[tape.security.symbol] = (begin_ns, day)
        return known[1]

    def _end_second(self, tape: Tape, bar: TapeBar) -> None:
        """A second is over."""
        del self._seconds[tape.security.symbol]
        channel = "XAS" if tape.security.is_crypto else "A"
        self._publish(tape, channel, self._bar_row(tape, channel, bar, SECOND_NS))

    def _bar_row(self, tape: Tape, channel: str, bar: TapeBar, length_ns: int) -> Row:
        """A bar of a second or a minute."""
        start_ms = bar.open_ns // NS_PER_MS
        row: Row = {
            "ev": channel,
            "v": size(tape, bar.volume),
            "o": price(tape, bar.open),
            "c": price(tape, bar.close),
            "h": price(tape, bar.high),
            "l": price(tape, bar.low),
            "vw": mean_price(tape, bar),
            "z": int(size(tape, bar.volume // max(1, bar.count))),
            "s": start_ms,
            "e": start_ms + length_ns // NS_PER_MS,
        }
        if tape.security.is_crypto:
            return {**row, "pair": stream_name(tape)}
        day = self._day(tape, bar.open_ns)
        return {
            **row,
            "sym": tape.security.symbol,
            "av": size(tape, day.volume),
            "op": price(tape, day.open),
            "a": mean_price(tape, day),
        }

    def _on_quote(self, tape: Tape, quote: TapeQuote) -> None:
        self._publish(tape, "XQ" if tape.security.is_crypto else "Q", quote_row(tape, quote))

    def tick(self, now_ns: int) -> None:
        """Send what is due."""
        second_ns = now_ns // SECOND_NS * SECOND_NS
        for symbol, bar in list(self._seconds.items()):
            if bar.open_ns < second_ns:
                self._end_second(self._desk.market.tapes[symbol], bar)
        minute_ns = now_ns // MINUTE_NS * MINUTE_NS
        if self._minute_ns and minute_ns > self._minute_ns:
            for tape in self._desk.market.tapes.values():
                channel = "XA" if tape.security.is_crypto else "AM"
                for minute in tape.minutes_between(self._minute_ns, minute_ns):
                    self._publish(tape, channel, self._bar_row(tape, channel, minute, MINUTE_NS))
        self._minute_ns = minute_ns
        for subscriber in list(self._subscribers.values()):
            subscriber.flush()


def stream_name(tape: Tape) -> str:
    """A security's name in the streams: `AAPL`, `BTC-USD`."""
    return tape.security.symbol.replace("/", "-")


def empty_bar(open_ns: int, first_price: int) -> TapeBar:
    """A bar in which nothing has traded yet."""
    return TapeBar(open_ns, first_price, first_price, first_price, first_price, 0, 0, 0)


def mean_price(tape: Tape, bar: TapeBar) -> float:
    """The mean price by volume."""
    mean = bar.value / bar.volume if bar.volume else bar.close
    return float(f"{mean / 10.0**tape.security.price_digits:.4f}")


def trade_row(tape: Tape, trade: TapeTrade, shown: float) -> Row:
    """A trade; its time is in milliseconds."""
    time_ms = trade.time_ns // NS_PER_MS
    row: Row = {"p": shown, "s": size(tape, trade.size), "t": time_ms, "i": str(trade.number)}
    if tape.security.is_crypto:
        side = [2 if trade.side > 0 else 1]
        return {"ev": "XT", "pair": stream_name(tape), **row, "c": side, "x": 1, "r": time_ms}
    return {
        "ev": "T",
        "sym": tape.security.symbol,
        **row,
        "x": EXCHANGE_IDS.get(tape.security.exchange, 12),
        "z": TAPES.get(tape.security.exchange, 3),
        "c": [],
        "q": trade.number,
    }


def quote_row(tape: Tape, quote: TapeQuote) -> Row:
    """A quote; its time is in milliseconds."""
    time_ms = quote.time_ns // NS_PER_MS
    row: Row = {
        "bp": price(tape, quote.bid),
        "bs": size(tape, quote.bid_size),
        "ap": price(tape, quote.ask),
        "as": size(tape, quote.ask_size),
        "t": time_ms,
    }
    if tape.security.is_crypto:
        return {"ev": "XQ", "pair": stream_name(tape), **row, "x": 1, "r": time_ms}
    venue = EXCHANGE_IDS.get(tape.security.exchange, 12)
    return {
        "ev": "Q",
        "sym": tape.security.symbol,
        "bx": venue,
        "ax": venue,
        **row,
        "c": 1,
        "z": TAPES.get(tape.security.exchange, 3),
        "q": quote.time_ns // 1_000 % 10**9,
    }
