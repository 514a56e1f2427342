"""Binance's market streams: who listens to what, and what is sent when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from tradewind.venue.binance import stream_messages as messages
from tradewind.venue.binance.depth_streams import DepthStream
from tradewind.venue.binance.stream_names import StreamName, parse_stream
from tradewind.venue.binance.stream_session import StreamSession
from tradewind.venue.events import PublicTrade
from tradewind.venue.history import AggregateTrade
from tradewind.venue.sockets import Socket, text_frame

if TYPE_CHECKING:
    from tradewind.venue.binance.venue import BinanceVenue

SLOW_MS = 1_000
DEPTH_SPEEDS = {"1000ms": SLOW_MS, "500ms": 500, "250ms": 250, "100ms": 100, "0ms": 1}
TICKERS = ("miniTicker", "ticker", "ticker_1h", "ticker_4h", "ticker_1d", "avgPrice", "markPrice")
EVERYTHING = ("!miniTicker@arr", "!ticker@arr")


class Streams:
    """All stream connections of the venue."""

    def __init__(self, venue: BinanceVenue) -> None:
        self._venue = venue
        self._listeners: dict[str, dict[StreamSession, None]] = {}
        self._by_kind: dict[tuple[str, str], dict[str, StreamName]] = {}
        self._busy: dict[StreamSession, None] = {}
        self._touched: dict[str, None] = {}
        self._best: dict[str, Any] = {}
        self._depth: dict[str, DepthStream] = {}
        self._due_ms: dict[str, int] = {}
        self._shown_bars: dict[str, int] = {}
        self.is_replay = False
        """In a replay trades, best prices and depth updates are the recorded frames."""

    # --- connections -------------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve /ws, /ws/<streams> and /stream?streams=<streams> until the client goes."""
        venue = self._venue
        is_combined = request.path.endswith("/stream")
        named = (
            request.query.get("streams", "") if is_combined else request.match_info.get("names", "")
        )
        named = f"{named}/{request.query.get('listenKey', '')}"
        socket = Socket(request, venue.chaos.faults)
        response = await socket.open()
        venue.sockets.add(socket)
        session = StreamSession(socket, self, venue, is_combined=is_combined)
        try:
            for name in filter(None, named.split("/")):
                if not session.listen(name) and parse_stream(name):
                    self.subscribe(session, name)
            async for text in socket.messages():
                await session.on_message(text, venue.chaos.clock.market_ns())
        finally:
            for name in list(session.names):
                self.unsubscribe(session, name)
            self._busy.pop(session, None)
            venue.sessions.pop(socket.number, None)
            venue.sockets.remove(socket)
        return response

    def subscribe(self, session: StreamSession, name: str) -> None:
        """Let a connection listen to a stream."""
        parsed = parse_stream(name)
        assert parsed is not None
        session.names[name] = None
        self._listeners.setdefault(name, {})[session] = None
        self._by_kind.setdefault((parsed.symbol, parsed.kind), {})[name] = parsed
        if parsed.kind == "depth":
            self._depth.setdefault(name, DepthStream(self._venue, parsed.symbol))
        self._venue.on_subscribed(parsed)

    def unsubscribe(self, session: StreamSession, name: str) -> None:
        """End a subscription."""
        session.names.pop(name, None)
        listeners = self._listeners.get(name, {})
        listeners.pop(session, None)
        parsed = parse_stream(name)
        if not listeners and parsed is not None:
            self._listeners.pop(name, None)
            self._by_kind.get((parsed.symbol, parsed.kind), {}).pop(name, None)
            depth = self._depth.pop(name, None)
            if depth is not None:
                depth.close()

    def names(self, symbol: str, kind: str) -> dict[str, StreamName]:
        """The names under which something is listened to."""
        return self._by_kind.get((symbol, kind), {})

    # --- sending -----------------------------------------------------------------------------

    def send(self, name: str, message: dict[str, Any] | list[Any]) -> None:
        """Send a message to who listens to a stream, or what the faults make of it."""
        if self._venue.chaos.faults.strikes("wrong-precision"):
            message = messages.spoiled(message)
        self.send_raw(name, msgspec.json.encode(message))

    def send_raw(self, name: str, payload: bytes) -> None:
        """Send a payload as it is to who listens to a stream."""
        self._venue.chaos.market(name, payload, lambda each: self._queue(name, each))

    def send_recorded(self, symbol: str, kind: str, payload: bytes) -> None:
        """Send a recorded payload under every name of its stream, whatever its speed."""
        if kind == "depth" and self._venue.chaos.faults.strikes("sequence-gap"):
            return
        for name in self.names(symbol, kind):
            self.send_raw(name, payload)

    def _queue(self, name: str, payload: bytes) -> None:
        plain = combined = b""
        for session in self._listeners.get(name, ()):
            if session.is_combined:
                combined = combined or text_frame(
                    b'{"stream":"' + name.encode() + b'","data":' + payload + b"}"
                )
                session.waiting.append(combined)
            else:
                plain = plain or text_frame(payload)
                session.waiting.append(plain)
            self._busy[session] = None

    def flush(self) -> None:
        """Write what waits, one write a connection."""
        for session in self._busy:
            session.flush()
        self._busy.clear()

    async def burst(self, name: str, count: int) -> int:
        """Send so many book tickers of a stream; all are made before the first is sent."""
        parsed = parse_stream(name)
        message = None if parsed is None else self._venue.dialect.book_ticker(parsed.symbol)
        if message is None:
            return 0
        first = message["u"]
        encode = msgspec.json.encode
        payloads = [encode({**message, "u": first + number}) for number in range(1, count + 1)]
        sent = 0
        for session in list(self._listeners.get(name, ())):
            begin = b'{"stream":"' + name.encode() + b'","data":' if session.is_combined else b""
            end = b"}" if session.is_combined else b""
            frames = b"".join(text_frame(begin + each + end) for each in payloads)
            await session.socket.pour(frames)
            sent += count
        return sent

    def say_goodbye(self, shutdown: dict[str, Any]) -> None:
        """Tell every connection that the server is about to close it."""
        for session in {each: None for named in self._listeners.values() for each in named}:
            wrapped = {"stream": "!serverShutdown", "data": shutdown}
            session.flush()
            session.socket.send_json(wrapped if session.is_combined else shutdown)

    # --- what happens ------------------------------------------------------------------------

    def on_trade(self, trade: PublicTrade, aggregate: AggregateTrade | None, now_ms: int) -> None:
        """A trade was made, and perhaps an aggregate ended with it."""
        if not trade.is_replayed:
            for name in self.names(trade.symbol, "trade"):
                self.send(name, self._venue.dialect.trade(trade, now_ms))
        if aggregate is not None:
            self.on_aggregate(trade.symbol, aggregate, now_ms)

    def on_aggregate(self, symbol: str, aggregate: AggregateTrade, now_ms: int) -> None:
        """Trades of one aggressor are complete."""
        for name in self.names(symbol, "aggTrade"):
            self.send(name, self._venue.dialect.aggregate(symbol, aggregate, now_ms))

    def on_book(self, symbol: str) -> None:
        """A book changed; its best prices are compared at the end of the tick."""
        self._touched[symbol] = None

    def on_tick(self, now_ms: int) -> None:
        """Send what is due."""
        if not self.is_replay:
            self._send_best()
            self._send_depth(now_ms)
        if self._is_due("bars", now_ms, SLOW_MS):
            self._send_bars(now_ms)
            self._send_tickers(now_ms)
        self.flush()

    def _is_due(self, what: str, now_ms: int, interval_ms: int) -> bool:
        period = now_ms // interval_ms
        if self._due_ms.get(what) == period:
            return False
        self._due_ms[what] = period
        return True

    def _depth_ms(self, name: StreamName) -> int:
        return DEPTH_SPEEDS.get(name.speed, self._venue.dialect.depth_speed_ms)

    def _send_best(self) -> None:
        for symbol in self._touched:
            names = self.names(symbol, "bookTicker")
            everything = self.names("", "!bookTicker@arr")
            if names or everything:
                message = self._venue.dialect.book_ticker(symbol)
                if message is not None and self._best.get(symbol) != messages.prices(message):
                    self._best[symbol] = messages.prices(message)
                    for name in (*names, *everything):
                        self.send(name, message)
        self._touched.clear()

    def _send_depth(self, now_ms: int) -> None:
        for name, stream in list(self._depth.items()):
            parsed = parse_stream(name)
            assert parsed is not None
            if not self._is_due(name, now_ms, self._depth_ms(parsed)):
                continue
            message = stream.take(now_ms)
            if message is not None and not self._venue.chaos.faults.strikes("sequence-gap"):
                self.send(name, message)
        for limit in (5, 10, 20):
            for symbol in self._venue.exchange.books:
                for name, parsed in self.names(symbol, f"depth{limit}").items():
                    if self._is_due(name, now_ms, self._depth_ms(parsed)):
                        self.send(name, self._venue.dialect.partial_depth(symbol, limit, now_ms))

    def _send_bars(self, now_ms: int) -> None:
        for (symbol, kind), names in self._by_kind.items():
            if not kind.startswith("kline_") or symbol not in self._venue.history:
                continue
            interval = kind.removeprefix("kline_")
            for bar, is_closed in messages.bars_to_send(
                self._venue.history[symbol],
                interval,
                now_ms,
                self._shown_bars.get(f"{symbol}{kind}"),
            ):
                self._shown_bars[f"{symbol}{kind}"] = bar.open_ms
                message = messages.bar(symbol, interval, bar, now_ms, is_closed=is_closed)
                for name in names:
                    self.send(name, message)

    def _send_tickers(self, now_ms: int) -> None:
        for symbol in self._venue.exchange.books:
            for kind in TICKERS:
                for name in self.names(symbol, kind):
                    message = self._venue.dialect.ticker(symbol, kind, now_ms)
                    if message is not None:
                        self.send(name, message)
        for kind in EVERYTHING:
            for name in self.names("", kind):
                one = kind.removeprefix("!").removesuffix("@arr")
                rows = [
                    self._venue.dialect.ticker(symbol, one, now_ms)
                    for symbol in self._venue.exchange.books
                ]
                self.send(name, [row for row in rows if row is not None])
