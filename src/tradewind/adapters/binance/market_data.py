"""Market data of Binance, spot and USD-M: streams, snapshots of books, and what a gap missed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from tradewind.adapters.binance.account import symbols_parameter
from tradewind.adapters.binance.exchange_info import (
    Listing,
    decode_exchange_info,
    listings_of,
)
from tradewind.adapters.binance.history import BinanceHistory
from tradewind.adapters.binance.hosts import SERVICES, Hosts, MarketKind
from tradewind.adapters.binance.limits import note_limits
from tradewind.adapters.binance.refusals import VenueRefused
from tradewind.adapters.binance.rest import Rest
from tradewind.adapters.binance.stream_names import PrintKind, StreamKind, stream_names
from tradewind.adapters.binance.stream_reader import Stream, StreamReader, StreamStatistics
from tradewind.adapters.net.backoff import Backoff, Chance
from tradewind.adapters.net.breaker import BreakerSnapshot
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.socket import Connection, Socket, SocketSettings, SocketState
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData, OutsideError, UserError
from tradewind.model.ids import split_instrument_id
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.market_data import TakeRows
from tradewind.ports.platform import Clock

STREAMS_PER_CONNECTION_MAX = 900
"""The venue takes 1,024."""
STREAMS_PER_REQUEST = 100
SENDS_PER_S_MAX = 4
MILLISECOND_NS = 1_000_000
DEPTH_LEVELS = 1000
SNAPSHOT_PAUSE_LEAST_S = 0.1
SNAPSHOT_PAUSE_MOST_S = 10.0
DATA_SILENCE_S = 60.0
"""A market stream that brings nothing for so long is made anew."""
BACKFILL_PAGES_MAX = 20
"""Pages of prints fetched for one gap; what is missed beyond stays missed, and is counted."""

PRINTS: dict[MarketKind, PrintKind] = {"spot": "trade", "usdm": "aggTrade"}
"""USD-M documents the aggregate stream only."""


class BinanceMarketData:
    """The chosen kinds of data of some instruments; `start` learns them, `run` delivers.

    `quality` counts what was lost, refused and fetched again.
    """

    def __init__(
        self,
        kind: MarketKind,
        hosts: Hosts,
        instrument_ids: Sequence[str],
        *,
        clock: Clock,
        chance: Chance,
        kinds: Sequence[StreamKind] = ("trades", "quotes", "depth"),
        timeframe: str = "1m",
        prints: PrintKind | None = None,
        data_silence_s: float = DATA_SILENCE_S,
    ) -> None:
        if not instrument_ids:
            raise UserError("name at least one instrument, such as BTC/USDT.BINANCE")
        self.service = SERVICES[kind]
        self.listings: list[Listing] = []
        self.prints: PrintKind = prints or PRINTS[kind]
        self._ids = list(dict.fromkeys(instrument_ids))
        self._hosts, self._clock, self._chance = hosts, clock, chance
        self._kinds, self._timeframe = tuple(kinds), timeframe
        self._data_silence_s = data_silence_s
        self._feeds: list[MarketFeed] = []
        self._session: Session | None = None

    @property
    def venue(self) -> str:
        """BINANCE or BINANCE-USDM."""
        return self.service.venue

    @property
    def instruments(self) -> list[Instrument]:
        """As the venue lists them; known behind `start`."""
        return [listing.instrument for listing in self.listings]

    async def start(self) -> None:
        """Ask what is listed and by which rules; `UserError` for an instrument that is not."""
        session = Session()
        try:
            self.listings = await listed(self.rest(session), self._ids)
        finally:
            await session.close()

    async def run(self, take: TakeRows) -> None:
        """Deliver until cancelled; each connection makes itself anew."""
        if not self.listings:
            await self.start()
        session = Session()
        try:
            rest = self.rest(session)
            self._feeds = [self._feed(part, rest, session, take) for part in self._parts()]
            async with asyncio.TaskGroup() as group:
                for feed in self._feeds:
                    group.create_task(feed.run())
        finally:
            await session.close()

    def rest(self, session: Session) -> Rest:
        """A way to the venue's public calls."""
        return Rest(self.service, self._hosts, session, clock=self._clock, chance=self._chance)

    @property
    def connections(self) -> list[SocketState]:
        """The connections as they stand."""
        return [feed.socket.state for feed in self._feeds]

    @property
    def breakers(self) -> list[BreakerSnapshot]:
        """The circuit breakers as they stand."""
        return [feed.breaker() for feed in self._feeds[:1]]

    @property
    def quality(self) -> list[FeedQuality]:
        """What each connection lost, refused and fetched again."""
        return [feed.quality() for feed in self._feeds]

    def _parts(self) -> list[list[Instrument]]:
        """Instruments by connection."""
        size = max(1, STREAMS_PER_CONNECTION_MAX // max(1, len(self._kinds)))
        found = self.instruments
        return [found[i : i + size] for i in range(0, len(found), size)]

    def _feed(
        self, instruments: list[Instrument], rest: Rest, session: Session, take: TakeRows
    ) -> MarketFeed:
        names = [
            name
            for instrument in instruments
            for name in stream_names(
                instrument, self._kinds, prints=self.prints, timeframe=self._timeframe
            )
        ]
        return MarketFeed(
            StreamReader(instruments, self.prints),
            names,
            SocketSettings(
                name=f"{self.venue} market data",
                url=self._hosts.streams + "/stream",
                silence_s=self._hosts.silence_s,
                data_silence_s=self._data_silence_s,
                sends_per_s_max=SENDS_PER_S_MAX,
            ),
            rest,
            session,
            take,
            clock=self._clock,
            chance=self._chance,
            timeframe=self._timeframe if "bars" in self._kinds else "",
        )


class FeedQuality(msgspec.Struct, frozen=True):
    """What one connection brought, and what it cost to keep it whole."""

    stream: StreamStatistics
    connections: int
    snapshots: int
    snapshot_failures: int
    rows_backfilled: int
    backfill_failures: int


class MarketFeed:
    """One connection with its instruments."""

    def __init__(
        self,
        reader: StreamReader,
        names: list[str],
        settings: SocketSettings,
        rest: Rest,
        session: Session,
        take: TakeRows,
        *,
        clock: Clock,
        chance: Chance,
        timeframe: str,
    ) -> None:
        self._reader = reader
        self._names = names
        self._rest = rest
        self._history = BinanceHistory(rest)
        self._take_rows = take
        self._clock = clock
        self._timeframe = timeframe
        self._pause = Backoff(
            least_s=SNAPSHOT_PAUSE_LEAST_S, most_s=SNAPSHOT_PAUSE_MOST_S, chance=chance
        )
        self._work = asyncio.Event()
        self._bars_behind: list[Stream] = []
        self._snapshots = self._snapshot_failures = 0
        self._backfilled = self._backfill_failures = 0
        self.socket = Socket(settings, session, self, clock=clock, chance=chance)

    async def run(self) -> None:
        """Keep the connection and mend what it misses until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.socket.run())
            group.create_task(self._mend())

    async def opened(self, connection: Connection) -> None:
        """Subscribe everything; the venue answers each request with its id."""
        self._bars_behind = [each for each in self._reader.streams.values() if each.last_bar_ns]
        for number in range(0, len(self._names), STREAMS_PER_REQUEST):
            part = self._names[number : number + STREAMS_PER_REQUEST]
            request = {"method": "SUBSCRIBE", "params": part, "id": number + 1}
            await connection.send(msgspec.json.encode(request))

    def take(self, frames: list[bytes], received_time_ns: int) -> None:
        """Deliver what arrived together."""
        self._deliver(self._reader.take(frames, received_time_ns))
        if self._is_behind():
            self._work.set()

    def lost(self, reason: str) -> None:
        """Books are wrong from here; prints may be missed until the next connection."""
        self._deliver(self._reader.lost())

    def breaker(self) -> BreakerSnapshot:
        """The circuit breaker of the public calls."""
        return self._rest.breaker()

    def quality(self) -> FeedQuality:
        """As it stands."""
        return FeedQuality(
            self._reader.statistics,
            self.socket.state.connections,
            self._snapshots,
            self._snapshot_failures,
            self._backfilled,
            self._backfill_failures,
        )

    def _is_behind(self) -> bool:
        reader = self._reader
        return bool(reader.wants_snapshot() or reader.behind() or self._bars_behind)

    def _deliver(self, batches: list[Columns]) -> None:
        for columns in batches:
            self._take_rows(columns)

    async def _mend(self) -> None:
        """Fetch snapshots and missed rows, one question at a time, so that nothing floods."""
        while True:
            await self._work.wait()
            self._work.clear()
            failed = False
            for symbol in self._reader.wants_snapshot():
                failed |= not await self._fetch_snapshot(symbol)
            for stream in self._reader.behind():
                failed |= not await self._backfill(stream)
            for stream in list(self._bars_behind):
                failed |= not await self._backfill_bars(stream)
            if self._is_behind():
                self._work.set()
                await asyncio.sleep(self._pause.next_s())
            elif not failed:
                self._pause.reset()

    async def _fetch_snapshot(self, symbol: str) -> bool:
        try:
            body = await self._history.depth(symbol, DEPTH_LEVELS)
        except (OutsideError, VenueRefused):
            self._snapshot_failures += 1
            return False
        self._snapshots += 1
        self._deliver(self._reader.take_snapshot(symbol, body, self._clock.now_ns()))
        return True

    async def _backfill(self, stream: Stream) -> bool:
        """Deliver the missed prints; they come late, with the venue's own times."""
        after_id, before_id = stream.missed.popleft()
        for _ in range(BACKFILL_PAGES_MAX):
            try:
                rows = await self._history.prints_between(
                    stream.instrument, after_id, before_id, aggregate=self._rest_is_aggregate()
                )
            except (OutsideError, VenueRefused, BadData):
                self._backfill_failures += 1
                return False
            if not rows:
                break
            self._backfilled += len(rows)
            self._deliver(self._reader.late(stream, rows, self._clock.now_ns()))
            after_id = rows[-1].id
            if after_id + 1 >= before_id:
                return True
        self._backfill_failures += 1
        return True

    async def _backfill_bars(self, stream: Stream) -> bool:
        """Deliver the bars that closed while nothing came."""
        begins_ns = stream.last_bar_ns + timeframe_ns(self._timeframe)
        ends_ns = self._rest.venue_ms() * MILLISECOND_NS
        pages = self._history.bars(stream.instrument, self._timeframe, begins_ns, ends_ns)
        try:
            async for columns in pages:
                self._backfilled += len(columns)
                self._deliver(self._reader.late_bars(stream, columns))
        except (OutsideError, VenueRefused, BadData):
            self._backfill_failures += 1
            return False
        self._bars_behind.remove(stream)
        return True

    def _rest_is_aggregate(self) -> bool:
        return self._reader.prints == "aggTrade"


async def listed(rest: Rest, instrument_ids: Sequence[str]) -> list[Listing]:
    """The listings of some instruments; today's limits are taken into the budget."""
    symbols = [split_instrument_id(each)[0].replace("/", "") for each in instrument_ids]
    service = rest.service
    try:
        body = await rest.ask(
            service.path("exchangeInfo"),
            symbols_parameter(service.kind, symbols),
            msgspec.Raw,
            weight=service.weights["exchangeInfo"],
        )
    except VenueRefused as error:
        names = ", ".join(instrument_ids)
        raise UserError(f"{service.venue} does not list one of {names}: {error}") from None
    info = decode_exchange_info(bytes(body))
    note_limits(info.rate_limits, rest.budget)
    return listings_of(info, instrument_ids, service)
