"""Alpaca's market data: the data streams of equities and of crypto, as columns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from tradewind.adapters.alpaca import wire
from tradewind.adapters.alpaca.account import AlpacaAccount
from tradewind.adapters.alpaca.instruments import VENUE, Listing
from tradewind.adapters.alpaca.rest import Hosts, Keys, rest_of
from tradewind.adapters.alpaca.rows import depth_rows, quote_row, trade_row
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.outcome import NoAnswer
from tradewind.adapters.net.row_columns import RowColumns
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.socket import Connection, Socket, SocketSettings, SocketState
from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, ColumnKind
from tradewind.model.errors import BadData, BadMessage, BadNumber
from tradewind.model.instruments import Instrument
from tradewind.model.messages import BadTick
from tradewind.ports.market_data import TakeRows
from tradewind.ports.platform import Clock

CRYPTO_PATH = "/v1beta3/crypto/us"
DATA_SILENCE_S = 0.0
"""Outside of its session a symbol may be quiet for days."""

ANSWERS_MAX = 16
"""Answers that wait to be looked at; more than the opening has are dropped."""

NoteBad = Callable[[BadTick], None]

# What a frame's rows are and how they are made; the other frames are not for us.
ROWS: dict[type, tuple[ColumnKind, Callable[[Any, Instrument, int], Iterable[tuple[int, ...]]]]] = {
    wire.TradeFrame: ("trades", lambda frame, one, at: [trade_row(frame, one, at)]),
    wire.QuoteFrame: ("quotes", lambda frame, one, at: [quote_row(frame, one, at)]),
    wire.OrderBookFrame: ("depth", depth_rows),
}


class DataStream:
    """One connection's user: logs in, subscribes, turns frames into columns.

    `bad` takes what could not be read; `coding` is that of the connection's `Content-Type`.
    """

    def __init__(
        self, listings: Sequence[Listing], keys: Keys, coding: wire.Coding, bad: NoteBad
    ) -> None:
        self._by_symbol = {listing.symbol: listing.instrument for listing in listings}
        self._has_books = any(listing.is_crypto for listing in listings)
        self._keys = keys
        self._coding = coding
        self._bad = bad
        self._take: TakeRows | None = None
        self._books: dict[str, Instrument] = {}
        self._last_ns = 0
        self._answers: asyncio.Queue[wire.Frame] = asyncio.Queue(ANSWERS_MAX)

    def deliver_to(self, take: TakeRows) -> None:
        """Whom the columns go to."""
        self._take = take

    async def opened(self, connection: Connection) -> None:
        """Log in and subscribe to trades and quotes, of crypto to the books as well."""
        await self._expect(wire.SuccessFrame)
        key, secret = self._keys.key_id.reveal(), self._keys.secret.reveal()
        await self._send(connection, {"action": "auth", "key": key, "secret": secret})
        await self._expect(wire.SuccessFrame)
        symbols = list(self._by_symbol)
        wanted: dict[str, Any] = {"action": "subscribe", "trades": symbols, "quotes": symbols}
        if self._has_books:
            wanted["orderbooks"] = symbols
        await self._send(connection, wanted)
        await self._expect(wire.SubscriptionFrame)

    def take(self, frames: list[bytes], received_time_ns: int) -> None:
        """Columns of one kind and instrument each, in the order of arrival."""
        rows: RowColumns | None = None
        self._last_ns = received_time_ns
        for raw in frames:
            for frame in self._decoded(raw, received_time_ns):
                rows = self._add(frame, rows, received_time_ns)
        self._hand_over(rows)

    def lost(self, reason: str) -> None:
        """The connection is gone, and so are its answers; books are unknown until the next."""
        self._answers = asyncio.Queue(ANSWERS_MAX)
        books, self._books = self._books, {}
        for instrument in books.values():
            rows = RowColumns("depth", instrument)
            flags = DEPTH_GAP | DEPTH_LAST
            rows.add((self._last_ns, 0, 1, instrument.tick_units, 0, flags))
            self._hand_over(rows)

    def _decoded(self, raw: bytes, received_time_ns: int) -> list[wire.Frame]:
        try:
            return wire.decode_frames(raw, self._coding)
        except BadMessage as error:
            self._bad(BadTick(received_time_ns, "", str(error), raw[:200]))
            return []

    def _add(self, frame: wire.Frame, rows: RowColumns | None, at_ns: int) -> RowColumns | None:
        """Add a frame to the open columns, or close them and begin others."""
        how = ROWS.get(type(frame))
        if how is None:
            self._control(frame, at_ns)
            return rows
        kind, make = how
        instrument = self._by_symbol.get(frame.symbol)  # type: ignore[union-attr]
        if instrument is None:
            return rows
        try:
            made = list(make(frame, instrument, at_ns))
        except (BadNumber, BadData, BadMessage) as error:
            self._bad(BadTick(at_ns, instrument.id, str(error), repr(frame).encode()[:200]))
            return rows
        if rows is None or rows.kind != kind or rows.instrument is not instrument:
            self._hand_over(rows)
            rows = RowColumns(kind, instrument)
        if kind == "depth":
            self._books[instrument.id] = instrument
        for row in made:
            rows.add(row)
        return rows

    def _control(self, frame: wire.Frame, at_ns: int) -> None:
        if isinstance(frame, wire.BadFrame):
            instrument = self._by_symbol.get(frame.symbol)
            name = instrument.id if instrument else ""
            self._bad(BadTick(at_ns, name, frame.reason, frame.kind.encode()))
        elif isinstance(frame, wire.SuccessFrame | wire.ErrorFrame | wire.SubscriptionFrame):
            if not self._answers.full():
                self._answers.put_nowait(frame)
            if isinstance(frame, wire.ErrorFrame):
                self._bad(BadTick(at_ns, "", f"{frame.code} {frame.message}", b""))

    def _hand_over(self, rows: RowColumns | None) -> None:
        if rows is not None and len(rows) and self._take is not None:
            self._take(rows.take())

    async def _expect(self, kind: type[wire.Frame]) -> None:
        """The next answer; an error in its place ends this connection."""
        answer = await self._answers.get()
        if isinstance(answer, wire.ErrorFrame):
            raise NoAnswer(f"Alpaca's data stream says {answer.code} {answer.message}")
        if not isinstance(answer, kind):
            raise NoAnswer(f"Alpaca's data stream answers {type(answer).__name__}")

    async def _send(self, connection: Connection, message: dict[str, Any]) -> None:
        if self._coding == "msgpack":
            await connection.send_binary(msgspec.msgpack.encode(message))
        else:
            await connection.send(msgspec.json.encode(message))


class AlpacaMarketData:
    """Trades and quotes of equities and crypto, and the books of crypto."""

    def __init__(
        self,
        instruments: Sequence[str],
        keys: Keys,
        hosts: Hosts,
        *,
        clock: Clock,
        chance: Chance,
        coding: wire.Coding = "msgpack",
        note_bad: NoteBad = lambda bad: None,
    ) -> None:
        self._instruments = list(instruments)
        self._keys = keys
        self._hosts = hosts
        self._clock = clock
        self._chance = chance
        self._coding: wire.Coding = coding
        self._note_bad = note_bad
        self._listings: list[Listing] = []
        self._sockets: list[Socket] = []
        self.bad_ticks = 0

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return VENUE

    @property
    def instruments(self) -> list[Instrument]:
        """What it delivers; known behind `start`."""
        return [listing.instrument for listing in self._listings]

    @property
    def states(self) -> list[SocketState]:
        """The connections as they stand."""
        return [socket.state for socket in self._sockets]

    async def start(self) -> None:
        """Learn the instruments."""
        session = Session()
        try:
            rest = rest_of(
                "alpaca trading",
                self._hosts.trading,
                session,
                self._keys,
                clock=self._clock,
                chance=self._chance,
            )
            account = AlpacaAccount(rest, self._clock)
            await account.learn(self._instruments)
            self._listings = account.listings.all
        finally:
            await session.close()

    async def run(self, take: TakeRows) -> None:
        """Deliver rows until cancelled: one connection for equities, one for crypto."""
        session = Session()
        equities = [each for each in self._listings if not each.is_crypto]
        crypto = [each for each in self._listings if each.is_crypto]
        paths = ((f"/v2/{self._hosts.feed}", equities), (CRYPTO_PATH, crypto))
        self._sockets = [
            self._socket(path, listings, session, take) for path, listings in paths if listings
        ]
        try:
            async with asyncio.TaskGroup() as group:
                for socket in self._sockets:
                    group.create_task(socket.run())
        finally:
            await session.close()

    def _socket(
        self, path: str, listings: Sequence[Listing], session: Session, take: TakeRows
    ) -> Socket:
        stream = DataStream(listings, self._keys, self._coding, self._bad)
        stream.deliver_to(take)
        content = {"Content-Type": "application/msgpack"} if self._coding == "msgpack" else {}
        settings = SocketSettings(
            name=f"alpaca data {path}",
            url=self._hosts.data_stream + path,
            headers=content,
            silence_s=self._hosts.silence_s,
            data_silence_s=DATA_SILENCE_S,
        )
        return Socket(settings, session, stream, clock=self._clock, chance=self._chance)

    def _bad(self, bad: BadTick) -> None:
        self.bad_ticks += 1
        self._note_bad(bad)
