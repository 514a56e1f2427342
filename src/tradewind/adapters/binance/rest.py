"""REST: public and signed calls to one of Binance's services, with its clock and its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tradewind.adapters.binance.hosts import Hosts, Service
from tradewind.adapters.binance.limits import note_headers
from tradewind.adapters.binance.refusals import TIMESTAMP, ErrorBody, VenueRefused, error_of
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.breaker import BreakerSnapshot
from tradewind.adapters.net.budget import RateBudget, Urgency, WindowState
from tradewind.adapters.net.clock_offset import ClockOffset
from tradewind.adapters.net.http import Call, HttpClient, Method, Repeat, Request
from tradewind.adapters.net.outcome import BadAnswer, NeverSent, RateLimited
from tradewind.adapters.net.query import Value, encode_query, encoded, text_of
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.signing import signer_of
from tradewind.model.errors import OutsideError
from tradewind.ports.platform import Clock

RECV_WINDOW_MS = 2_000
"""How long after its timestamp the venue still takes a request of ours."""
EARLY_MS = 1_000
"""How far ahead of the venue's clock a timestamp may be; it then counts for so much longer."""
CLOCK_QUESTIONS = 3
CLOCK_FRESH_S = 60.0
"""The venue's clock is asked again after so long."""
CLOCK_DOUBT_S = 1.0
"""And after so long where it seems to be wrong: that nobody trades then must not last."""
CLOCK_DOUBT_NS = 50_000_000
DEADLINE_S = 8.0
MILLISECOND_NS = 1_000_000

T = TypeVar("T")
Parameters = Mapping[str, Value]


class Keys(msgspec.Struct, frozen=True):
    """An API key with its secret: text for HMAC, a private key in PEM for Ed25519."""

    api_key: Secret
    secret: Secret


class ServerTime(msgspec.Struct, frozen=True, rename="camel"):
    """{"serverTime": 1499827319559}"""

    server_time: int


class Rest:
    """Calls one service; signed ones need keys.

    The time in a signed call is the venue's, by our estimate, taken when the call is sent.
    """

    def __init__(
        self,
        service: Service,
        hosts: Hosts,
        session: Session,
        *,
        clock: Clock,
        chance: Chance,
        keys: Keys | None = None,
        recv_window_ms: int = RECV_WINDOW_MS,
    ) -> None:
        assert 0 < recv_window_ms <= 60_000, f"a receive window of {recv_window_ms} ms"
        self.service = service
        self.hosts = hosts
        self.recv_window_ms = recv_window_ms
        self.clock_offset = ClockOffset()
        self._clock = clock
        self._clock_asked_s = -CLOCK_FRESH_S
        self._key = keys.api_key if keys else None
        self._signer = signer_of(keys.secret) if keys else None
        self._http = HttpClient(
            f"{service.venue} rest",
            hosts.rest,
            session,
            RateBudget(service.windows),
            clock=clock,
            chance=chance,
            note_headers=note_headers,
        )

    @property
    def budget(self) -> RateBudget:
        """What the venue lets us send."""
        return self._http.budget

    def breaker(self) -> BreakerSnapshot:
        """The circuit breaker as it stands."""
        return self._http.breaker()

    def windows(self) -> list[WindowState]:
        """The rate windows as they stand."""
        return self.budget.states(self._clock.now_ns())

    async def ask(self, path: str, parameters: Parameters, answer: type[T], *, weight: int) -> T:
        """A public question; repeated where it finds no answer."""
        target = f"{path}?{encode_query(parameters)}" if parameters else path
        request = Request(method="GET", target=target)
        call = Call(make=lambda: request, costs=_costs(weight), repeat=Repeat.HARMLESS)
        return decoded(await self._sent(call), answer)

    async def ask_signed(
        self, path: str, parameters: Parameters, answer: type[T], *, weight: int
    ) -> T:
        """A question about our account; repeated where it finds no answer."""
        call = Call(
            make=lambda: self._signed("GET", path, parameters),
            costs=_costs(weight),
            repeat=Repeat.HARMLESS,
            deadline_s=DEADLINE_S,
        )
        return decoded(await self._sent_in_time(call), answer)

    async def act(
        self,
        method: Method,
        path: str,
        parameters: Parameters,
        *,
        weight: int,
        orders: int = 0,
        urgency: Urgency = Urgency.ORDER,
    ) -> bytes:
        """Something that changes orders: sent once at most.

        Raises `VenueRefused` where nothing changed, any other `OutsideError` where nobody knows.
        """
        call = Call(
            make=lambda: self._signed(method, path, parameters),
            costs={**_costs(weight), "orders": orders},
            urgency=urgency,
            deadline_s=DEADLINE_S,
        )
        try:
            return await self._sent_in_time(call)
        except NeverSent as error:
            raise VenueRefused(ErrorBody(0, f"never sent: {error}")) from None
        except RateLimited as error:
            raise _refused_for_rate(error) from None

    async def keyed(self, method: Method, path: str) -> bytes:
        """A call that wants the key and no signature (USD-M's listen keys)."""
        call = Call(
            make=lambda: Request(method=method, target=path, headers=self._headers()),
            costs=_costs(1),
            repeat=Repeat.HARMLESS,
        )
        return await self._sent(call)

    async def learn_time(self) -> None:
        """Ask the venue's clock a few times."""
        for _ in range(CLOCK_QUESTIONS):
            sent_ns = self._clock.now_ns()
            answer = await self.ask(
                self.service.path("time"), {}, ServerTime, weight=self.service.weights["time"]
            )
            self.clock_offset.add(
                sent_ns=sent_ns,
                venue_ns=answer.server_time * MILLISECOND_NS,
                received_ns=self._clock.now_ns(),
            )
        self._clock_asked_s = asyncio.get_running_loop().time()

    async def keep_time(self) -> None:
        """Ask again where the last answers are old; one that does not come is no failure."""
        is_near = abs(self.clock_offset.offset_ns) < CLOCK_DOUBT_NS
        fresh_s = CLOCK_FRESH_S if is_near else CLOCK_DOUBT_S
        if asyncio.get_running_loop().time() - self._clock_asked_s >= fresh_s:
            try:
                await self.learn_time()
            except (OutsideError, VenueRefused):
                return

    def forget_time(self) -> None:
        """The venue says that our estimate of its time is wrong: it is asked before long."""
        self.clock_offset.forget()
        self._clock_asked_s = -CLOCK_FRESH_S

    def venue_ms(self) -> int:
        """The venue's time now, in milliseconds, by our estimate."""
        return self.clock_offset.venue_ns(self._clock.now_ns()) // MILLISECOND_NS

    @property
    def silence_s(self) -> float:
        """How long after sending a request may still be taken."""
        return silence_s(self.recv_window_ms) + self.clock_offset.error_ns / 1e9

    def signed_parameters(self, parameters: Parameters) -> dict[str, Value]:
        """Parameters of the WebSocket API with key, time and signature (sorted by name)."""
        assert self._key is not None, "signing needs keys"
        assert self._signer is not None, "signing needs keys"
        full: dict[str, Value] = {
            **parameters,
            "apiKey": self._key.reveal(),
            "recvWindow": self.recv_window_ms,
            "timestamp": self.venue_ms(),
        }
        payload = "&".join(f"{name}={text_of(full[name])}" for name in sorted(full))
        full["signature"] = self._signer.sign(payload)
        return full

    def _signed(self, method: Method, path: str, parameters: Parameters) -> Request:
        assert self._signer is not None, "signing needs keys"
        query = encode_query(
            {**parameters, "recvWindow": self.recv_window_ms, "timestamp": self.venue_ms()}
        )
        signature = encoded(self._signer.sign(query))
        target = f"{path}?{query}&signature={signature}"
        return Request(method=method, target=target, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        assert self._key is not None, "this call needs keys"
        return {"X-MBX-APIKEY": self._key.reveal()}

    async def _sent_in_time(self, call: Call) -> bytes:
        """Send; a timestamp that the venue refuses makes its clock be asked before the next."""
        try:
            return await self._sent(call)
        except VenueRefused as error:
            if error.code == TIMESTAMP:
                self.forget_time()
            raise

    async def _sent(self, call: Call) -> bytes:
        response = await self._http.call(call)
        if response.status >= 400:
            raise error_of(response.status, response.body)
        return response.body


def silence_s(recv_window_ms: int) -> float:
    """How long the venue may still take a request, by a clock that is as fast as it allows.

    >>> silence_s(2_000)
    3.0
    """
    return (recv_window_ms + EARLY_MS) / 1000


def decoded(body: bytes, answer: type[T]) -> T:
    """An answer as its type; `BadAnswer` where it is another."""
    try:
        return msgspec.json.decode(body, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadAnswer(f"an answer that cannot be read: {error}") from None


def _costs(weight: int) -> dict[str, int]:
    return {"weight": weight, "requests": 1}


def _refused_for_rate(error: RateLimited) -> VenueRefused:
    """Nothing changed at the venue: a refusal, with the venue's words where it gave some."""
    said = _body(error.body)
    text = f"{said.msg} (nothing for {error.retry_after_s:g} s)" if said else str(error)
    return VenueRefused(ErrorBody(said.code if said else 0, text))


def _body(body: bytes) -> ErrorBody | None:
    try:
        return msgspec.json.decode(body, type=ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
