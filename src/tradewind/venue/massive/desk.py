"""The desk of the Massive venue: market, keys, budgets, and what every request has in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from aiohttp import web

from tradewind.venue.accounts import SpotClearing
from tradewind.venue.chaos import Chaos
from tradewind.venue.equities.actions import Actions
from tradewind.venue.equities.session_market import SessionMarket, listings
from tradewind.venue.equities.tape import Tape
from tradewind.venue.equities.times import parse_time
from tradewind.venue.equities.universe import SECURITIES, Security
from tradewind.venue.exchange import Exchange
from tradewind.venue.massive.answers import (
    Failure,
    Payload,
    answer,
    bad,
    make_cursor,
    not_entitled,
    parse_cursor,
    request_id_of,
    too_many,
    unknown_key,
)
from tradewind.venue.sockets import Sockets
from tradewind.venue.windows import Window

REQUESTS_PER_MINUTE = {"free": 5, "paid": 6_000}
MS_DIGITS = 13
"""A number of so many digits or fewer is in milliseconds, a longer one in nanoseconds."""
NS_PER_MS = 1_000_000


@dataclass(slots=True)
class Key:
    """A key, its plan and what it has used."""

    name: str
    key: str
    plan: str
    window: Window = field(init=False)

    def __post_init__(self) -> None:
        self.window = Window(REQUESTS_PER_MINUTE[self.plan], 60)


class Desk:
    """Market, actions and keys of one venue."""

    def __init__(self, chaos: Chaos, market: SessionMarket, names: Mapping[str, str]) -> None:
        self.chaos = chaos
        self.market = market
        self.exchange = Exchange(listings(), SpotClearing())
        self.sockets = Sockets()
        self.actions = Actions(chaos.clock.market_ns(), market.close_before)
        self.keys: dict[str, Key] = {}
        for name, plan in names.items():
            key = Key(name, f"massive-key-of-{name}".ljust(32, "0"), plan)
            self.keys[key.key] = key
        self._count = 0

    def next_request_id(self) -> str:
        """A new request's id."""
        self._count += 1
        return request_id_of(self._count)

    def tape(self, ticker: str) -> Tape | None:
        """The tape of a ticker, or None where nothing is known of it."""
        security = security_of(ticker)
        return self.market.tapes.get(security.symbol) if security is not None else None


def ticker_of(security: Security) -> str:
    """A security's name here: `AAPL`, `X:BTCUSD`."""
    return f"X:{security.symbol.replace('/', '')}" if security.is_crypto else security.symbol


TICKERS = {ticker_of(security): security for security in SECURITIES.values()}


def security_of(ticker: str) -> Security | None:
    """The security of a ticker; names are in capitals."""
    return TICKERS.get(ticker)


class Call:
    """One request with a good key; parameters of a cursor stand before those of the query."""

    def __init__(self, desk: Desk, request: web.Request, key: Key, request_id: str) -> None:
        self.desk = desk
        self.request = request
        self.key = key
        self.request_id = request_id
        cursor = request.query.get("cursor")
        self.cursor = parse_cursor(cursor) if cursor else {}
        self.now_ns = self.count("known_ns") or desk.chaos.clock.now_ns()
        self.offset = self.count("offset")
        self.place_ns = self.count("place_ns")

    def count(self, name: str) -> int:
        """A number of the cursor, from 0; a cursor that was tampered with is refused."""
        number = self.cursor.get(name, 0)
        if not isinstance(number, int) or number < 0:
            raise bad("The cursor is invalid.")
        return number

    @property
    def path(self) -> Mapping[str, str]:
        """The parts of the path that stand for something."""
        return self.request.match_info

    def text(self, name: str, default: str = "") -> str:
        """A parameter."""
        return str(self.cursor.get(name, self.request.query.get(name, default)))

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to a maximum."""
        text = self.text(name, str(default))
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise bad(f"The parameter '{name}' must be between 1 and {most}.")
        return int(text)

    def word(self, name: str, default: str, words: tuple[str, ...]) -> str:
        """One of some words."""
        word = self.text(name, default)
        if word not in words:
            raise bad(f"The parameter '{name}' must be one of {', '.join(words)}.")
        return word

    def needs_paid(self) -> None:
        """Refuse keys whose plan does not have this."""
        if self.key.plan == "free":
            raise not_entitled()

    def envelope(self, **more: object) -> Payload:
        """The fields that every answer has."""
        return {"status": "OK", "request_id": self.request_id, **more}

    def next_url(self, offset: int, **state: str | int) -> str:
        """Where the next page is: this path at our own address, the rest in the cursor."""
        cursor = make_cursor({"offset": offset, "known_ns": self.now_ns, **state})
        return f"{self.request.url.origin()}{self.request.rel_url.raw_path}?cursor={cursor}"


Handle = Callable[[Call], object]


def endpoint(desk: Desk, handle: Handle) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A route's handler: key, budget, then what it does."""

    async def serve(request: web.Request) -> web.Response:
        request_id = desk.next_request_id()
        try:
            key = authenticated(desk, request)
            return answer(handle(Call(desk, request, key, request_id)))
        except Failure as failure:
            return answer(failure.payload(request_id), failure.status)

    return serve


def authenticated(desk: Desk, request: web.Request) -> Key:
    """The key of a request, counted; it comes as Bearer or as ?apiKey=."""
    header = request.headers.get("Authorization", "")
    text = header.removeprefix("Bearer ") if header else request.query.get("apiKey", "")
    key = desk.keys.get(text)
    if key is None:
        raise unknown_key()
    if not key.window.add(1, desk.chaos.clock.now_ns()):
        raise too_many()
    return key


def time_of(text: str) -> int:
    """A day, RFC 3339, or an epoch in milliseconds or nanoseconds; as UTC nanoseconds.

    >>> time_of("1767623400000") == time_of("1767623400000000000")
    True
    >>> time_of("1767623400000") == time_of("2026-01-05T14:30:00Z")
    True
    """
    if text.isdecimal():
        return int(text) * NS_PER_MS if len(text) <= MS_DIGITS else int(text)
    try:
        return parse_time(text)
    except ValueError:
        raise bad(f"Could not parse the time: '{text}'.") from None


def is_day(text: str) -> bool:
    """True for YYYY-MM-DD."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return "-" in text
