"""The faults at work: on requests, on reports, on market messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tradewind.venue.clock import NS_PER_MS, VenueClock
from tradewind.venue.faults import Faults

Failure = Callable[[int, str, float], web.Response]
ChangesOrders = Callable[[web.Request], bool]
Send = Callable[[Any], None]

ADMIN = "/admin"


class Chaos:
    """Lets the faults strike where they belong; a protocol asks it at each such place.

    `rates` multiplies the rate limits of a trading venue.
    """

    def __init__(self, faults: Faults, clock: VenueClock | None = None, *, rates: int = 1) -> None:
        self.faults = faults
        self.rates = rates
        self.clock = clock or VenueClock(faults)
        self.goodbye: Callable[[], None] = _nothing
        """A protocol's last words on its sockets before maintenance cuts them."""
        self._banned_until_ns = 0
        self._held: dict[str, list[Any]] = {}
        self._timers: set[asyncio.TimerHandle] = set()

    def stop(self) -> None:
        """Forget what is still to be sent late."""
        for timer in self._timers:
            timer.cancel()

    def later(self, delay_ms: float, action: Callable[[], None]) -> None:
        """Do something after some milliseconds, unless the venue stops before."""

        def act() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(delay_ms / 1e3, act)
        self._timers.add(timer)

    # --- requests ----------------------------------------------------------------------------

    def middleware(self, failure: Failure, changes_orders: ChangesOrders) -> Middleware:
        """Faults of requests, for all routes but the operator's."""

        @web.middleware
        async def faulty(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(ADMIN):
                return await handler(request)
            refused = self.refusal(changes_orders(request))
            if refused is not None:
                return failure(*refused)
            response = await handler(request)
            if not changes_orders(request) or response.status >= 400:
                return response
            if self.faults.strikes("reply-dropped"):
                self._cut(request)
            lost = self.faults.strikes("reply-lost")
            return failure(504, "reply-lost", 0.0) if lost else response

        async def slow(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await faulty(request, handler)
            if not request.path.startswith(ADMIN) and self.faults.strikes("slow-reply"):
                await asyncio.sleep(self.faults.value("slow-reply") / 1e3)
            return response

        return web.middleware(slow)

    def refusal(self, changes_orders: bool) -> tuple[int, str, float] | None:  # noqa: FBT001
        """The status, fault and wait in seconds a request is refused with, or None."""
        faults = self.faults
        if faults.is_on("maintenance"):
            return 503, "maintenance", 0.0
        now_ns = self.clock.market_ns()
        if faults.strikes("ip-ban"):
            self._banned_until_ns = now_ns + int(faults.value("ip-ban") * 1e9)
        if now_ns < self._banned_until_ns:
            return 418, "ip-ban", (self._banned_until_ns - now_ns) / 1e9
        if faults.strikes("rate-limit"):
            return 429, "rate-limit", faults.value("rate-limit")
        if faults.strikes("server-error"):
            return 500, "server-error", 0.0
        if changes_orders and faults.strikes("request-lost"):
            return 503, "request-lost", 0.0
        return None

    @staticmethod
    def _cut(request: web.Request) -> None:
        if request.transport is not None:
            request.transport.abort()

    # --- reports and market messages ---------------------------------------------------------

    def report(self, channel: str, message: Any, send: Send) -> None:
        """Send a report of an order, or what the faults make of it."""
        faults = self.faults
        if faults.strikes("lost-report"):
            return
        if faults.strikes("late-report"):
            self.later(faults.value("late-report"), lambda: send(message))
            return
        if faults.strikes("reordered-report"):
            self._held.setdefault(channel, []).append(message)
            return
        send(message)
        if faults.strikes("duplicate-report"):
            send(message)
        self._send_held(channel, send)

    def market(self, channel: str, message: Any, send: Send) -> None:
        """Send a market message, or what the faults make of it."""
        faults = self.faults
        if not faults.on:
            send(message)
            return
        if faults.strikes("late-market"):
            self._held.setdefault(channel, []).append(message)
            return
        send(message)
        if faults.strikes("duplicate-market"):
            send(message)
        self._send_held(channel, send)

    def _send_held(self, channel: str, send: Send) -> None:
        for held in self._held.pop(channel, []):
            send(held)


def _nothing() -> None:
    """What a protocol without last words says."""


def milliseconds(time_ns: int) -> int:
    """A time in the unit most venues speak.

    >>> milliseconds(1_500_000_000)
    1500
    """
    return time_ns // NS_PER_MS


Answer = Awaitable[web.StreamResponse]
