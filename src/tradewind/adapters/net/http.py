"""The HTTP client of all venues: deadlines, budgets, breakers, and repeats where harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from tradewind.adapters.net.backoff import Backoff, Chance
from tradewind.adapters.net.breaker import Breaker, BreakerSnapshot
from tradewind.adapters.net.budget import RateBudget, Urgency
from tradewind.adapters.net.http_answer import Answer
from tradewind.adapters.net.outcome import NeverSent, NoAnswer, RateLimited, ServerFailed
from tradewind.adapters.net.session import Session
from tradewind.model.errors import OutsideError
from tradewind.ports.platform import Clock

DEADLINE_S = 10.0
CONNECT_SHARE = 0.5
"""Of a call's time, what connecting may take; so a deadline that passes later passed sending."""
TRIES_MAX = 4
"""Sends of one call that may be repeated."""
RETRY_LEAST_S = 0.2
RETRY_MOST_S = 5.0
LEFT_ALONE_LEAST_S = 1.0
LEFT_ALONE_MOST_S = 60.0
RETRY_AFTER_DEFAULT_S = {429: 1.0, 418: 120.0}
"""Where an answer does not say how long: too many calls pass soon, a ban does not. Waiting long
would hold cancels back, too."""
RETRY_AFTER_MAX_S = 7 * 86_400.0

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Repeat(Enum):
    """Whether sending a call twice is harmless."""

    HARMLESS = "harmless"
    NEVER = "never"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: `target` is path and query, percent-encoded, and goes out as it stands.

    Its repr tells the method and the path only, since query, headers and body may hold secrets.

    >>> Request(method="GET", target="/api/v3/time?key=hunter2")
    GET /api/v3/time
    """

    method: Method
    target: str
    body: bytes = b""
    headers: Mapping[str, str] = {}

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call: how its request is made, what it costs, whether it may be repeated.

    `make` is asked anew for each sending, after any waiting, so that a signature is fresh.
    """

    make: Callable[[], Request]
    costs: Mapping[str, int] = {}
    repeat: Repeat = Repeat.NEVER
    urgency: Urgency = Urgency.BACKGROUND
    deadline_s: float = DEADLINE_S


class Response(msgspec.Struct, frozen=True):
    """An answer below 500 that is no rate refusal, whole; stamped when its last byte was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_time_ns: int


NoteHeaders = Callable[[Mapping[str, str], RateBudget, int], None]
"""Reads a venue's counts out of an answer's headers into the budget, at a time of our clock."""


class HttpClient:
    """Calls one host. Make one per service, so that each has its own budget and breaker.

    A call either gives a `Response`, or raises `NeverSent`, `NoAnswer`, `ServerFailed` or
    `RateLimited`. Only calls that say `Repeat.HARMLESS` are sent again, within their deadline.
    """

    def __init__(
        self,
        name: str,
        base: str,
        session: Session,
        budget: RateBudget,
        *,
        clock: Clock,
        chance: Chance,
        note_headers: NoteHeaders | None = None,
    ) -> None:
        self.name = name
        self.budget = budget
        parts = urlsplit(base.rstrip("/"))
        self._host, self._prefix = parts.netloc, parts.path
        self._connections = session.connections(f"{parts.scheme}://{parts.netloc}")
        self._clock = clock
        self._chance = chance
        self._note_headers = note_headers
        left_alone = Backoff(least_s=LEFT_ALONE_LEAST_S, most_s=LEFT_ALONE_MOST_S, chance=chance)
        self._breaker = Breaker(name, left_alone)

    async def call(self, call: Call) -> Response:
        """Send a call and wait for its answer."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + call.deadline_s
        backoff = Backoff(least_s=RETRY_LEAST_S, most_s=RETRY_MOST_S, chance=self._chance)
        tries_max = TRIES_MAX if call.repeat is Repeat.HARMLESS else 1
        while True:
            try:
                return await self._try(call, ends_s)
            except (NeverSent, NoAnswer, ServerFailed, RateLimited) as error:
                pause_s = max(backoff.next_s(), getattr(error, "retry_after_s", 0.0))
                if backoff.tries >= tries_max or loop.time() + pause_s >= ends_s:
                    raise
            await asyncio.sleep(pause_s)

    def breaker(self) -> BreakerSnapshot:
        """The breaker as it stands."""
        return self._breaker.snapshot(asyncio.get_running_loop().time())

    async def _try(self, call: Call, ends_s: float) -> Response:
        loop = asyncio.get_running_loop()
        await self.budget.take(
            call.costs,
            self._clock,
            urgency=call.urgency,
            wait_max_s=max(0.0, ends_s - loop.time()),
        )
        if call.urgency is not Urgency.CANCEL:
            self._breaker.check(loop.time())
        settled = False
        try:
            response = await self._send(call.make(), ends_s - loop.time())
            self._breaker.succeeded()
            settled = True
        except RateLimited:
            self._breaker.succeeded()
            settled = True
            raise
        except OutsideError as error:
            self._breaker.failed(str(error), loop.time())
            settled = True
            raise
        finally:
            if not settled:
                self._breaker.undecided()
        return response

    async def _send(self, request: Request, time_s: float) -> Response:
        """One sending; where it can, it leaves in this very call."""
        what = f"{self.name}: {request!r}"
        failure: OutsideError
        try:
            data = encoded_request(request, host=self._host, prefix=self._prefix)
            answer = await self._connections.send(
                data, time_s=time_s, connect_s=time_s * CONNECT_SHARE
            )
            return self._judged(what, answer)
        except NeverSent as error:
            failure = NeverSent(f"{what}: {error}", fault=error.fault)
        except NoAnswer as error:
            failure = NoAnswer(f"{what}: {error}")
        raise failure

    def _judged(self, what: str, answer: Answer) -> Response:
        now_ns = self._clock.now_ns()
        status, headers = answer.status, answer.headers
        if self._note_headers is not None:
            self._note_headers(headers, self.budget, now_ns)
        if status in RETRY_AFTER_DEFAULT_S:
            pause_s = _retry_after_s(headers, RETRY_AFTER_DEFAULT_S[status])
            self.budget.block(pause_s, now_ns)
            raise RateLimited(
                f"{what}: {status}, nothing for {pause_s:g} s",
                status=status,
                retry_after_s=pause_s,
                body=answer.body,
            )
        if status >= 500:
            raise ServerFailed(f"{what}: {status}", status=status, body=answer.body)
        return Response(status, headers, answer.body, now_ns)


def encoded_request(request: Request, *, host: str, prefix: str = "") -> bytes:
    """The bytes of a request; `NeverSent` where a part of it would end a line too early.

    >>> request = Request(method="POST", target="/order?a=1", headers={"X-KEY": "k"})
    >>> encoded_request(request, host="venue.example").decode().split("\\r\\n")[:2]
    ['POST /order?a=1 HTTP/1.1', 'Host: venue.example']
    """
    lines = [
        f"{request.method} {prefix}{request.target} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: tradewind",
        *[f"{name}: {value}" for name, value in request.headers.items()],
    ]
    if request.method == "GET":
        lines.append("Accept-Encoding: gzip")
    if request.body or request.method != "GET":
        lines.append(f"Content-Length: {len(request.body)}")
    head = "\r\n".join(lines)
    is_plain = head.isascii() and head.count("\n") == head.count("\r") == len(lines) - 1
    if not is_plain or lines[0].count(" ") != 2:
        raise NeverSent("its target or a header holds what no request can", fault="ours")
    return head.encode() + b"\r\n\r\n" + request.body


def _retry_after_s(headers: Mapping[str, str], default_s: float) -> float:
    """Seconds that the answer asks for; a date or nonsense counts as not said."""
    text = headers.get("Retry-After", "")
    seconds = float(text) if text.isascii() and text.isdecimal() else default_s
    return min(seconds, RETRY_AFTER_MAX_S)
