"""Massive's market data: the WebSockets of equities, crypto and currencies, as columns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tradewind.adapters.massive import wire
from tradewind.adapters.massive.downloads import MassiveDownloads
from tradewind.adapters.massive.instruments import MARKETS, VENUE, ticker_of
from tradewind.adapters.massive.rest import REQUESTS_PER_MINUTE, Hosts
from tradewind.adapters.massive.rows import quote_event_row, trade_event_row
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.outcome import NoAnswer
from tradewind.adapters.net.row_columns import RowColumns
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.socket import Connection, Socket, SocketSettings, SocketState
from tradewind.model.columns import ColumnKind
from tradewind.model.errors import BadData, BadMessage, BadNumber
from tradewind.model.instruments import Instrument
from tradewind.model.messages import BadTick
from tradewind.ports.market_data import TakeRows
from tradewind.ports.platform import Clock

ANSWERS_MAX = 16
"""Answers that wait to be looked at; more than the opening has are dropped."""
CHANNELS = {"equity": ("T", "Q"), "spot": ("XT", "XQ"), "fx": ("C",)}
CLOSING_STATUSES = frozenset({"auth_failed", "max_connections", "force_disconnect", "error"})

NoteBad = Callable[[BadTick], None]
_Row = Callable[[Any, Instrument, int], tuple[int, ...]]

ROWS: dict[type, tuple[ColumnKind, _Row]] = {
    wire.TradeEvent: ("trades", trade_event_row),
    wire.CryptoTradeEvent: ("trades", trade_event_row),
    wire.QuoteEvent: ("quotes", quote_event_row),
    wire.CryptoQuoteEvent: ("quotes", quote_event_row),
    wire.CurrencyQuoteEvent: ("quotes", quote_event_row),
}


def stream_symbol(instrument: Instrument) -> str:
    """What the stream calls an instrument.

    >>> stream_symbol(Instrument("BTC/USD.MASSIVE", tick="0.01", lot="0.0001"))
    'BTC-USD'
    >>> stream_symbol(Instrument("EUR/USD.MASSIVE", tick="0.00001", kind="fx"))
    'EUR/USD'
    """
    return instrument.symbol if instrument.kind == "fx" else instrument.symbol.replace("/", "-")


class DataStream:
    """One connection's user: logs in, subscribes, turns events into columns."""

    def __init__(
        self, instruments: Sequence[Instrument], key: Secret, take: TakeRows, bad: NoteBad
    ) -> None:
        self._by_symbol = {stream_symbol(each): each for each in instruments}
        self._key = key
        self._take_rows = take
        self._bad = bad
        self._statuses: asyncio.Queue[wire.StatusEvent] = asyncio.Queue(ANSWERS_MAX)

    async def opened(self, connection: Connection) -> None:
        """Log in and subscribe; each channel is confirmed, the first of them is waited for."""
        await self._expect("connected")
        await self._send(connection, {"action": "auth", "params": self._key.reveal()})
        await self._expect("auth_success")
        channels = [
            f"{channel}.{symbol}"
            for symbol, each in self._by_symbol.items()
            for channel in CHANNELS[each.kind]
        ]
        await self._send(connection, {"action": "subscribe", "params": ",".join(channels)})
        await self._expect("success")

    def take(self, frames: list[bytes], received_time_ns: int) -> None:
        """Columns of one kind and instrument each, in the order of arrival."""
        rows: RowColumns | None = None
        for raw in frames:
            try:
                events = wire.decode_events(raw)
            except BadMessage as error:
                self._bad(BadTick(received_time_ns, "", str(error), raw[:200]))
                continue
            for event in events:
                rows = self._add(event, rows, received_time_ns)
        self._hand_over(rows)

    def lost(self, reason: str) -> None:
        """The connection is gone, and so are its answers; the feed notices the silence."""
        self._statuses = asyncio.Queue(ANSWERS_MAX)

    def _add(self, event: wire.Event, rows: RowColumns | None, at_ns: int) -> RowColumns | None:
        how = ROWS.get(type(event))
        if how is None:
            self._control(event, at_ns)
            return rows
        kind, row_of = how
        instrument = self._by_symbol.get(event.symbol)  # type: ignore[union-attr]
        if instrument is None:
            return rows
        try:
            row = row_of(event, instrument, at_ns)
        except (BadNumber, BadData) as error:
            self._bad(BadTick(at_ns, instrument.id, str(error), repr(event).encode()[:200]))
            return rows
        if rows is None or rows.kind != kind or rows.instrument is not instrument:
            self._hand_over(rows)
            rows = RowColumns(kind, instrument)
        rows.add(row)
        return rows

    def _control(self, event: wire.Event, at_ns: int) -> None:
        if isinstance(event, wire.BadEvent):
            self._bad(BadTick(at_ns, "", event.reason, event.kind.encode()))
        elif isinstance(event, wire.StatusEvent):
            if event.status in CLOSING_STATUSES:
                self._bad(BadTick(at_ns, "", f"{event.status}: {event.message}", b""))
            if not self._statuses.full():
                self._statuses.put_nowait(event)

    def _hand_over(self, rows: RowColumns | None) -> None:
        if rows is not None and len(rows):
            self._take_rows(rows.take())

    async def _expect(self, status: str) -> None:
        """The next status; another one than is due ends this connection."""
        answer = await self._statuses.get()
        if answer.status != status:
            raise NoAnswer(
                f"Massive's stream says {answer.status} {answer.message[:200]}: check "
                "MASSIVE_API_KEY and what its plan has"
            )

    async def _send(self, connection: Connection, message: dict[str, str]) -> None:
        await connection.send(msgspec.json.encode(message))


class MassiveMarketData:
    """Trades and quotes; one connection for each of equities, crypto and currencies."""

    def __init__(
        self,
        instruments: Sequence[str],
        key: Secret,
        hosts: Hosts,
        *,
        clock: Clock,
        chance: Chance,
        requests_per_minute: int = REQUESTS_PER_MINUTE,
        note_bad: NoteBad = lambda bad: None,
    ) -> None:
        self._ids = list(instruments)
        self._key = key
        self._hosts = hosts
        self._clock = clock
        self._chance = chance
        self._requests_per_minute = requests_per_minute
        self._note_bad = note_bad
        self._instruments: list[Instrument] = []
        self._sockets: list[Socket] = []
        self.bad_ticks = 0

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return VENUE

    @property
    def instruments(self) -> list[Instrument]:
        """What it delivers; known behind `start`."""
        return self._instruments

    @property
    def states(self) -> list[SocketState]:
        """The connections as they stand."""
        return [socket.state for socket in self._sockets]

    async def start(self) -> None:
        """Learn the instruments; `UserError` for one that the venue has not."""
        for each in self._ids:
            ticker_of(each)
        downloads = MassiveDownloads(
            self._key,
            self._hosts,
            clock=self._clock,
            chance=self._chance,
            requests_per_minute=self._requests_per_minute,
        )
        await downloads.start()
        try:
            self._instruments = [await downloads.instrument(each) for each in self._ids]
        finally:
            await downloads.close()

    async def run(self, take: TakeRows) -> None:
        """Deliver rows until cancelled."""
        session = Session()
        self._sockets = []
        for kind, market in MARKETS.items():
            ours = [each for each in self._instruments if each.kind == kind]
            if ours:
                stream = DataStream(ours, self._key, take, self._bad)
                settings = SocketSettings(
                    name=f"massive {market}", url=f"{self._hosts.stream}/{market}"
                )
                self._sockets.append(
                    Socket(settings, session, stream, clock=self._clock, chance=self._chance)
                )
        try:
            async with asyncio.TaskGroup() as group:
                for socket in self._sockets:
                    group.create_task(socket.run())
        finally:
            await session.close()

    def _bad(self, bad: BadTick) -> None:
        self.bad_ticks += 1
        self._note_bad(bad)
