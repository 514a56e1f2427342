"""What every REST route of the Alpaca venue has in common: keys, budgets, refusals, JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from aiohttp import web

from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.desk import Desk
from tradewind.venue.alpaca.refusal import BAD_REQUEST, Refusal, unprocessable
from tradewind.venue.equities.times import parse_time

TRUE = ("true", "1", "True")


class Call(msgspec.Struct):
    """One authenticated request."""

    request: web.Request
    customer: Customer
    body: dict[str, object]
    now_ns: int

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters behind the question mark."""
        return self.request.query

    @property
    def path(self) -> Mapping[str, str]:
        """The parts of the path that stand for something."""
        return self.request.match_info

    def is_true(self, name: str) -> bool:
        """True where a parameter says so."""
        return self.query.get(name, "") in TRUE

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to a maximum."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise unprocessable(f"{name} must be between 1 and {most}")
        return int(text)

    def time(self, name: str) -> int | None:
        """A time, or None where it is not given."""
        text = self.query.get(name)
        if not text:
            return None
        try:
            return parse_time(text)
        except ValueError as error:
            raise unprocessable(f"invalid {name}: {error}") from None

    def word(self, name: str, default: str, words: tuple[str, ...]) -> str:
        """One of some words."""
        word = self.query.get(name, default)
        if word not in words:
            raise unprocessable(f"invalid {name}: {word}")
        return word

    def symbols(self) -> list[str]:
        """Comma-separated symbols."""
        return [each for each in self.query.get("symbols", "").split(",") if each]


Handle = Callable[[Call], object]
"""What a route does; it returns what is shown as JSON, or a response."""


def endpoint(
    desk: Desk, handle: Handle, *, budget: str = "trading", status: int = 200
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A route's handler: who asks, within its budget, and what it is answered."""

    async def answer(request: web.Request) -> web.StreamResponse:
        headers: dict[str, str] = {}
        try:
            customer = desk.authenticate(*keys_of(request))
            headers = desk.count(customer, budget)
            body = await body_of(request)
            call = Call(request, customer, body, desk.chaos.clock.now_ns())
            found = handle(call)
        except Refusal as refusal:
            headers = refusal.headers or headers
            return json_response(refusal.body(), refusal.status, headers)
        if isinstance(found, web.StreamResponse):
            found.headers.update(headers)
            return found
        return json_response(msgspec.json.encode(found), status, headers)

    return answer


def json_response(body: bytes, status: int, headers: Mapping[str, str]) -> web.Response:
    """JSON with a status and headers."""
    return web.Response(
        body=body, status=status, headers=dict(headers), content_type="application/json"
    )


def keys_of(request: web.Request) -> tuple[str, str]:
    """The pair of keys a request carries in its headers."""
    headers = request.headers
    return headers.get("APCA-API-KEY-ID", ""), headers.get("APCA-API-SECRET-KEY", "")


async def body_of(request: web.Request) -> dict[str, object]:
    """A JSON object; an empty body is an empty one."""
    raw = await request.read()
    if not raw:
        return {}
    try:
        body = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        raise Refusal(BAD_REQUEST, "request body format is invalid") from None
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise Refusal(BAD_REQUEST, "request body format is invalid")
    return body
