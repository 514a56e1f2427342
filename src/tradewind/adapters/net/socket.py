"""The WebSocket client of all venues: reconnects, hears silence, hands over whole batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import aiohttp
import msgspec
from yarl import URL

from tradewind.adapters.net.backoff import Backoff, Chance
from tradewind.adapters.net.budget import RateBudget, Urgency, Window
from tradewind.adapters.net.outcome import NeverSent, NoAnswer
from tradewind.adapters.net.session import Session
from tradewind.model.errors import OutsideError
from tradewind.ports.platform import Clock

CONNECT_DEADLINE_S = 10.0
OPENING_DEADLINE_S = 30.0
"""For logging in and subscribing on a new connection."""
SEND_DEADLINE_S = 5.0
CLOSE_DEADLINE_S = 1.0
STEADY_S = 10.0
"""A connection that held so long ends the series of failures: the next wait is short again."""
STOOD_TRIES_MAX = 3
"""One that stood for less counts as so many failures at most: who cuts us is not who is away, and
nobody trades meanwhile."""
CONNECTIONS_MAX = 120
CONNECTIONS_WINDOW_S = 300.0
"""Made so often within so long, the next one waits the longest time. Binance takes 300 of all."""
SILENCE_S = 45.0
"""A connection that nothing came on for so long is given up, where settings do not say."""
RECONNECT_LEAST_S = 0.2
RECONNECT_MOST_S = 30.0
FRAME_BYTES_MAX = 16 * 2**20
"""A longer frame ends the connection."""


class SocketSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one connection is kept.

    Nothing at all for `ping_s` (0: a third of the silence): we ping. Nothing for `silence_s`: it
    is given up. No data (pings
    do not count) for `data_silence_s`: given up as well; 0 where a stream may be quiet for hours.
    After `life_s` it is made anew, before the venue ends it. `sends_per_s_max` bounds what we
    send; 0 is no bound.
    """

    name: str
    url: str
    headers: Mapping[str, str] = {}
    ping_s: float = 0.0
    silence_s: float = SILENCE_S
    data_silence_s: float = 0.0
    life_s: float = 23 * 3600.0
    sends_per_s_max: int = 0

    @property
    def pinged_after_s(self) -> float:
        """How long nothing comes until we ping."""
        return self.ping_s or self.silence_s / 3

    def __repr__(self) -> str:
        return f"SocketSettings({self.name})"


FindUrl = Callable[[], Awaitable[str]]


class SocketState(msgspec.Struct, frozen=True):
    """A connection as health pages show it; times are UTC nanoseconds, 0 where there is none."""

    name: str
    connected: bool
    since_ns: int
    heard_ns: int
    connections: int
    frames: int
    reason: str


class SocketUser(Protocol):
    """Who uses a connection. An `OutsideError` out of `opened` or `take` makes it anew."""

    async def opened(self, connection: Connection) -> None:
        """A connection stands: log in and subscribe. Answers come through `take` meanwhile."""

    def take(self, frames: list[bytes], received_time_ns: int) -> None:
        """All frames that arrived since the last call, in order, with their one stamp.

        Nothing is read while it runs and nothing waits in between but the system's buffers: a
        user that is too slow makes the venue wait, and in the end drop us.
        """

    def lost(self, reason: str) -> None:
        """The connection is gone; the next one is being made."""


class Connection:
    """One connection while it lives."""

    def __init__(
        self, name: str, ws: aiohttp.ClientWebSocketResponse[bool], pace: RateBudget, clock: Clock
    ) -> None:
        self._name = name
        self._ws = ws
        self._pace = pace
        self._clock = clock

    async def send(self, frame: bytes) -> None:
        """Send a text frame, in its turn; `NeverSent` where the connection was closed before."""
        await self._pace.take(
            {"frames": 1}, self._clock, urgency=Urgency.ORDER, wait_max_s=OPENING_DEADLINE_S
        )
        await self._write(frame, aiohttp.WSMsgType.TEXT)

    async def send_binary(self, frame: bytes) -> None:
        """Send a binary frame in the same way."""
        await self._pace.take(
            {"frames": 1}, self._clock, urgency=Urgency.ORDER, wait_max_s=OPENING_DEADLINE_S
        )
        await self._write(frame, aiohttp.WSMsgType.BINARY)

    async def close(self) -> None:
        """Close it; the socket makes the next one."""
        async with asyncio.timeout(CLOSE_DEADLINE_S * 2):
            await self._ws.close()

    async def _write(self, frame: bytes, kind: aiohttp.WSMsgType) -> None:
        if self._ws.closed:
            raise NeverSent(f"{self._name}: the connection is closed")
        failure: OutsideError
        try:
            async with asyncio.timeout(SEND_DEADLINE_S):
                await self._ws.send_frame(frame, kind)
            return
        except TimeoutError:
            failure = NoAnswer(f"{self._name}: the venue takes nothing")
        except (aiohttp.ClientError, OSError):
            failure = NoAnswer(f"{self._name}: the connection broke while sending")
        raise failure


class Socket:
    """Keeps one connection to a venue until it is cancelled.

    `find_url` gives the address anew for each connection, where it is not always the same.
    """

    def __init__(
        self,
        settings: SocketSettings,
        session: Session,
        user: SocketUser,
        *,
        clock: Clock,
        chance: Chance,
        find_url: FindUrl | None = None,
    ) -> None:
        self.settings = settings
        self._find_url = find_url
        self._session = session
        self._user = user
        self._clock = clock
        self._backoff = Backoff(least_s=RECONNECT_LEAST_S, most_s=RECONNECT_MOST_S, chance=chance)
        self._pace = _pace(settings.sends_per_s_max)
        self._frames: list[bytes] = []
        self._received_time_ns = 0
        self._arrived = asyncio.Event()
        self._heard_s = self._data_s = 0.0
        self._connected = False
        self._since_ns = self._heard_ns = 0
        self._connections = self._count = 0
        self._reason = "not connected yet"
        self._opened = False
        self._begun_s: deque[float] = deque(maxlen=CONNECTIONS_MAX)

    async def run(self) -> None:
        """Connect, serve and connect again; ends when cancelled or when its user raises."""
        loop = asyncio.get_running_loop()
        while True:
            begun_s = loop.time()
            self._opened = False
            try:
                await self._connect_and_serve()
            except OutsideError as error:
                self._reason = str(error)
            if loop.time() - begun_s >= STEADY_S:
                self._backoff.reset()
            elif self._opened:
                self._backoff.tries = min(self._backoff.tries, STOOD_TRIES_MAX)
            self._user.lost(self._reason)
            await asyncio.sleep(self._pause_s(begun_s))

    def _pause_s(self, begun_s: float) -> float:
        """Seconds until the next connection is made."""
        self._begun_s.append(begun_s)
        pause_s = self._backoff.next_s()
        is_often = len(self._begun_s) == CONNECTIONS_MAX
        if is_often and begun_s - self._begun_s[0] < CONNECTIONS_WINDOW_S:
            return RECONNECT_MOST_S
        return pause_s

    @property
    def state(self) -> SocketState:
        """As it stands."""
        return SocketState(
            self.settings.name,
            self._connected,
            self._since_ns,
            self._heard_ns,
            self._connections,
            self._count,
            self._reason,
        )

    async def _connect_and_serve(self) -> None:
        ws = await self._connect()
        self._connections += 1
        self._connected, self._since_ns = True, self._clock.now_ns()
        self._heard_s = self._data_s = asyncio.get_running_loop().time()
        self._reason = ""
        try:
            await self._serve(ws)
        finally:
            self._connected, self._since_ns = False, self._clock.now_ns()
            self._frames = []
            self._arrived.clear()
            await _close(ws)

    async def _connect(self) -> aiohttp.ClientWebSocketResponse[bool]:
        """A new connection; what aiohttp says goes no further, as it may quote the query."""
        name = self.settings.name
        url = await self._find_url() if self._find_url else self.settings.url
        try:
            async with asyncio.timeout(CONNECT_DEADLINE_S):
                return await self._session.client.ws_connect(
                    URL(url, encoded=True),
                    headers=self.settings.headers,
                    autoping=False,
                    max_msg_size=FRAME_BYTES_MAX,
                    decode_text=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_DEADLINE_S),
                )
        except aiohttp.WSServerHandshakeError as error:
            reason = f"the venue refused the connection ({error.status})"
        except TimeoutError:
            reason = f"no connection within {CONNECT_DEADLINE_S:g} s"
        except (aiohttp.ClientError, OSError) as error:
            reason = f"no connection ({type(error).__name__})"
        raise NeverSent(f"{name}: {reason}")

    async def _serve(self, ws: aiohttp.ClientWebSocketResponse[bool]) -> None:
        """Read, hand over, watch and open side by side until the first of them fails."""
        connection = Connection(self.settings.name, ws, self._pace, self._clock)
        tasks = [
            asyncio.create_task(self._read(ws)),
            asyncio.create_task(self._hand_over()),
            asyncio.create_task(self._watch(ws)),
            asyncio.create_task(self._open(connection)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _read(self, ws: aiohttp.ClientWebSocketResponse[bool]) -> None:
        """Collect what has arrived; while there is more in aiohttp's buffer this never waits."""
        loop = asyncio.get_running_loop()
        text, binary = aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY
        while True:
            message = await ws.receive()
            if message.type is text or message.type is binary:
                if not self._frames:
                    self._received_time_ns = self._heard_ns = self._clock.now_ns()
                    self._heard_s = self._data_s = loop.time()
                    self._arrived.set()
                self._frames.append(message.data)
                continue
            self._heard_s = loop.time()
            self._heard_ns = self._clock.now_ns()
            if message.type is aiohttp.WSMsgType.PING:
                await ws.pong(message.data)
            elif message.type is not aiohttp.WSMsgType.PONG:
                self._deliver()
                raise NoAnswer(f"{self.settings.name}: the venue closed it ({ws.close_code})")

    async def _hand_over(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            self._deliver()

    def _deliver(self) -> None:
        frames, self._frames = self._frames, []
        if frames:
            self._count += len(frames)
            self._user.take(frames, self._received_time_ns)

    async def _open(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(OPENING_DEADLINE_S):
                await self._user.opened(connection)
            self._opened = True
        except TimeoutError:
            raise NoAnswer(
                f"{self.settings.name}: not subscribed within {OPENING_DEADLINE_S:g} s"
            ) from None

    async def _watch(self, ws: aiohttp.ClientWebSocketResponse[bool]) -> None:
        """Ping what is quiet, give up what is silent or too old."""
        loop = asyncio.get_running_loop()
        settings = self.settings
        ends_s = loop.time() + settings.life_s
        pause_s = (
            min(settings.pinged_after_s, settings.silence_s, settings.data_silence_s or 1e9) / 4
        )
        pinged_s = loop.time()
        while True:
            await asyncio.sleep(pause_s)
            now_s = loop.time()
            if now_s - self._heard_s >= settings.silence_s:
                raise NoAnswer(f"{settings.name}: silent for {settings.silence_s:g} s")
            if settings.data_silence_s and now_s - self._data_s >= settings.data_silence_s:
                raise NoAnswer(f"{settings.name}: no data for {settings.data_silence_s:g} s")
            if now_s >= ends_s:
                raise NoAnswer(f"{settings.name}: made anew after {settings.life_s:g} s")
            if now_s - max(self._heard_s, pinged_s) >= settings.pinged_after_s:
                pinged_s = now_s
                await _ping(ws, settings.name)


async def _ping(ws: aiohttp.ClientWebSocketResponse[bool], name: str) -> None:
    try:
        async with asyncio.timeout(SEND_DEADLINE_S):
            await ws.ping()
    except (TimeoutError, aiohttp.ClientError, OSError):
        raise NoAnswer(f"{name}: the connection takes no ping") from None


async def _close(ws: aiohttp.ClientWebSocketResponse[bool]) -> None:
    """Close without waiting long; one that does not close is dropped with the session."""
    try:
        async with asyncio.timeout(CLOSE_DEADLINE_S * 2):
            await ws.close()
    except (TimeoutError, aiohttp.ClientError, OSError):
        return


def _pace(sends_per_s_max: int) -> RateBudget:
    if not sends_per_s_max:
        return RateBudget([])
    return RateBudget([Window("frames", 1, sends_per_s_max, counting="rolling")])
