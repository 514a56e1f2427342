"""The user stream: what happens to our orders, as the venue tells it by itself.

Spot tells it over the WebSocket API behind `userDataStream.subscribe.signature`; USD-M over a
stream whose name is a listen key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from tradewind.adapters.binance.hosts import Hosts
from tradewind.adapters.binance.limits import note_counts
from tradewind.adapters.binance.order_wire import (
    ApiFrame,
    EventKind,
    ExecutionReport,
    FuturesEvent,
    FuturesOrder,
)
from tradewind.adapters.binance.refusals import TIMESTAMP, VenueRefused, error_of_body
from tradewind.adapters.binance.rest import Rest, decoded
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.outcome import NoAnswer
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.socket import Connection, Socket, SocketSettings, SocketState
from tradewind.model.errors import BadNumber, OutsideError
from tradewind.ports.platform import Clock

ANSWER_DEADLINE_S = 10.0
SENDS_PER_S_MAX = 4
"""The venue takes five frames a second, pings and pongs among them."""
LISTEN_KEY_RENEWAL_S = 30 * 60.0
ENDINGS = frozenset({"serverShutdown", "eventStreamTerminated", "listenKeyExpired"})
"""Events behind which nothing more comes on this connection."""

UNREADABLE = "a report that cannot be read"

TakeEvent = Callable[[ExecutionReport | FuturesOrder], None]
"""Takes a report; raises `BadNumber` where its numbers are none of the instrument's."""

_FRAME = msgspec.json.Decoder(ApiFrame)
_KIND = msgspec.json.Decoder(EventKind)
_REPORT = msgspec.json.Decoder(ExecutionReport)
_FUTURES = msgspec.json.Decoder(FuturesEvent)


class UserStream:
    """Keeps the stream subscribed; `take` gets each report, `up` and `count` tell how it stands.

    Money may have moved with a report that cannot be read, so behind one the connection is made
    anew: then everything is compared with what the venue has.
    """

    def __init__(
        self,
        rest: Rest,
        hosts: Hosts,
        session: Session,
        take: TakeEvent,
        *,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self.is_up = False
        self.count = 0
        self.reason = "not connected yet"
        self.refusal: VenueRefused | None = None
        self.changed = asyncio.Event()
        self._rest = rest
        self._hosts = hosts
        self._clock = clock
        self._take = take
        self._is_spot = rest.service.kind == "spot"
        self._answer: asyncio.Future[ApiFrame] | None = None
        settings = SocketSettings(
            name=f"{rest.service.venue} user stream",
            url=hosts.ws_api,
            silence_s=hosts.silence_s,
            sends_per_s_max=SENDS_PER_S_MAX,
        )
        self._socket = Socket(
            settings,
            session,
            self,
            clock=clock,
            chance=chance,
            find_url=None if self._is_spot else self._listen_url,
        )

    @property
    def state(self) -> SocketState:
        """The connection as it stands."""
        return self._socket.state

    async def run(self) -> None:
        """Keep it subscribed until cancelled."""
        try:
            if self._is_spot:
                await self._socket.run()
            else:
                await asyncio.gather(self._socket.run(), self._renew())
        finally:
            self._set_down("stopped")

    async def opened(self, connection: Connection) -> None:
        """Subscribe (spot); a listen key in the address is all that USD-M wants."""
        if self._is_spot:
            await self._subscribe(connection)
        self.is_up, self.reason, self.refusal = True, "", None
        self.count += 1
        self.changed.set()

    def take(self, frames: list[bytes], received_time_ns: int) -> None:
        """Read what arrived; an end that the venue announces is behind it."""
        take_one = self._take_spot if self._is_spot else self._take_usdm
        ending = ""
        for raw in frames:
            ending = take_one(raw) or ending
        if ending:
            raise NoAnswer(f"{self._socket.settings.name}: the venue ended it ({ending})")

    def lost(self, reason: str) -> None:
        """The connection is gone: nothing is told until the next one is subscribed."""
        self._set_down(reason)
        if self._answer is not None and not self._answer.done():
            self._answer.cancel()

    async def _subscribe(self, connection: Connection) -> None:
        await self._rest.keep_time()
        parameters = self._rest.signed_parameters({})
        request = {
            "id": "user",
            "method": "userDataStream.subscribe.signature",
            "params": parameters,
        }
        self._answer = asyncio.get_running_loop().create_future()
        await connection.send(msgspec.json.encode(request))
        async with asyncio.timeout(ANSWER_DEADLINE_S):
            answer = await self._answer
        if answer.error is not None:
            self._note_refusal(error_of_body(answer.error))

    def _note_refusal(self, error: VenueRefused | OutsideError) -> None:
        """Try again with the venue's time, or later; whoever waits for the start is told why."""
        if isinstance(error, VenueRefused):
            if error.code == TIMESTAMP:
                self._rest.forget_time()
            else:
                self.refusal = error
                self.changed.set()
        raise NoAnswer(f"{self._socket.settings.name}: {error}")

    def _take_spot(self, raw: bytes) -> str:
        try:
            frame = _FRAME.decode(raw)
            note_counts(frame.rate_limits, self._rest.budget, self._clock.now_ns())
            if not frame.event:
                self._take_answer(frame)
                return ""
            kind = _KIND.decode(frame.event).event
            if kind == "executionReport":
                self._take(_REPORT.decode(frame.event))
            return kind if kind in ENDINGS else ""
        except (msgspec.DecodeError, UnicodeDecodeError, BadNumber):
            return UNREADABLE

    def _take_usdm(self, raw: bytes) -> str:
        try:
            kind = _KIND.decode(raw).event
            if kind == "ORDER_TRADE_UPDATE":
                order = _FUTURES.decode(raw).order
                if order is not None:
                    self._take(order)
            return kind if kind in ENDINGS else ""
        except (msgspec.DecodeError, UnicodeDecodeError, BadNumber):
            return UNREADABLE

    def _take_answer(self, frame: ApiFrame) -> None:
        waiting = self._answer
        if frame.id == "user" and waiting is not None and not waiting.done():
            waiting.set_result(frame)

    def _set_down(self, reason: str) -> None:
        self.is_up, self.reason = False, reason
        self.changed.set()

    async def _listen_url(self) -> str:
        """The address with a new listen key; asking for one renews an old one."""
        try:
            body = await self._rest.keyed("POST", self._rest.service.path("listenKey"))
        except VenueRefused as error:
            self._note_refusal(error)
            raise
        return f"{self._hosts.streams}/ws/{decoded(body, ListenKey).listen_key}"

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(LISTEN_KEY_RENEWAL_S)
            try:
                await self._rest.keyed("PUT", self._rest.service.path("listenKey"))
            except (VenueRefused, OutsideError) as error:
                self.reason = f"the listen key was not renewed: {error}"


class ListenKey(msgspec.Struct, frozen=True, rename="camel"):
    """{"listenKey": "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"}"""

    listen_key: str
