"""Binance's REST: requests to calls, answers and errors to responses."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from tradewind.venue.binance.calls import Call, Endpoint, Security
from tradewind.venue.binance.errors import ApiError
from tradewind.venue.binance.parameters import Parameters
from tradewind.venue.binance.security import check_signed, key_named

if TYPE_CHECKING:
    from tradewind.venue.binance.venue import BinanceVenue

_SIGNATURE = re.compile(r"(^|&)signature=[^&]*")


def rest_handler(
    venue: BinanceVenue, endpoint: Endpoint
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of one endpoint."""

    async def handle(request: web.Request) -> web.Response:
        body = (await request.read()).decode(errors="replace")
        address = request.remote or ""
        account = ""
        try:
            call = _proven(venue, endpoint, request, body)
            answer = venue.perform(endpoint, call)
            account = "" if call.account is None else call.account.name
            response = web.json_response(body=msgspec.json.encode(answer))
        except ApiError as error:
            response = error_response(error)
        _add_headers(response, venue, address, account if endpoint.orders else "")
        return response

    return handle


def _proven(venue: BinanceVenue, endpoint: Endpoint, request: web.Request, body: str) -> Call:
    """The call of a request, its weight counted and its caller proven."""
    now_ns = venue.chaos.clock.now_ns()
    query = request.rel_url.raw_query_string
    texts = {**_texts(body), **_texts(query)}  # the query's value wins
    parameters = Parameters(texts)
    call = Call(venue, parameters, now_ns)
    venue.limits.spend(request.remote or "", endpoint.weight_of(parameters), now_ns)
    if endpoint.security is not Security.NONE:
        key = key_named(venue.keys, request.headers.get("X-MBX-APIKEY"))
        if endpoint.security is not Security.KEY:
            payload = _unsigned(query) + _unsigned(body)
            check_signed(key, endpoint.security, texts, payload.encode(), now_ns)
        call.account, call.key = key.account, key
    return call


def _texts(encoded: str) -> dict[str, str]:
    """Parameters of a query or a form; one that comes twice is refused."""
    pairs = parse_qsl(encoded, keep_blank_values=True)
    texts = dict(pairs)
    if len(texts) != len(pairs):
        raise ApiError(-1101, "Duplicate values for a parameter detected.")
    return texts


def _unsigned(encoded: str) -> str:
    """A query or form without its signature, else exactly as it was sent.

    >>> _unsigned("a=1&signature=ff&b=2"), _unsigned("signature=ff&b=2"), _unsigned("a=1")
    ('a=1&b=2', 'b=2', 'a=1')
    """
    return _SIGNATURE.sub("", encoded).removeprefix("&")


def error_response(error: ApiError) -> web.Response:
    """An error as a response, with Retry-After where waiting helps."""
    response = web.json_response(error.body(), status=error.status)
    if error.retry_s:
        response.headers["Retry-After"] = str(math.ceil(error.retry_s))
    return response


def _add_headers(response: web.Response, venue: BinanceVenue, address: str, account: str) -> None:
    """What was used: weight of the address, and orders of the account that placed one."""
    now_ns = venue.chaos.clock.now_ns()
    used = str(venue.limits.used(address, now_ns))
    response.headers["X-MBX-USED-WEIGHT"] = response.headers["X-MBX-USED-WEIGHT-1M"] = used
    if account:
        response.headers.update(venue.limits.headers(account, now_ns))
