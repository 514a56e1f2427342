"""Bodies of requests: bounded in size and time, and JSON that all readers understand alike."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from tradewind.gateway.problems import Problem

BODY_BYTES_MAX = 64 * 1024
BODY_DEADLINE_S = 10.0
"""For each piece of a body."""
NESTING_MAX = 32
JSON_TYPE = "application/json"
LENGTH_DIGITS_MAX = 15
"""Longer numbers are not even read."""


async def checked_body(headers: Headers, receive: Receive) -> Receive:
    """Read the body, bounded, and refuse what readers of JSON would understand differently."""
    body = await _read_body(headers, receive)
    if body:
        check_type(headers, JSON_TYPE)
        check_json(body)
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def check_type(headers: Headers, wanted: str) -> None:
    """Refuse a body of another content type; raises `Problem`."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != wanted:
        raise Problem(415, f"send it as Content-Type: {wanted}")


async def _read_body(headers: Headers, receive: Receive) -> bytes:
    too_large = Problem(413, f"the body is larger than {BODY_BYTES_MAX} bytes")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise Problem(400, "Content-Length is no number")
    if len(length) > LENGTH_DIGITS_MAX or int(length) > BODY_BYTES_MAX:
        raise too_large
    body = bytearray()
    while True:
        try:
            async with asyncio.timeout(BODY_DEADLINE_S):
                message = await receive()
        except TimeoutError:
            raise Problem(408, f"no more of the body came in {BODY_DEADLINE_S:g} s") from None
        if message["type"] == "http.disconnect":
            raise Problem(400, "the request ended in the middle of its body")
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise too_large
        if not message.get("more_body", False):
            return bytes(body)


def check_json(body: bytes) -> None:
    """Refuse doubled keys, NaN and deep nesting.

    >>> check_json(b'{"side": "BUY", "side": "SELL"}')
    Traceback (most recent call last):
        ...
    tradewind.gateway.problems.Problem: the body has the key 'side' twice
    """
    try:
        _check_nesting(body)
        json.loads(body, object_pairs_hook=_without_doubles, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        if isinstance(error, _Doubled):
            raise Problem(400, str(error)) from None
        raise Problem(400, "the body is not JSON") from None


class _Doubled(ValueError):
    """A key that is there twice."""


def _check_nesting(body: bytes) -> None:
    depth = deepest = 0
    for byte in body:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    if deepest > NESTING_MAX:
        raise ValueError("too deep")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Doubled(f"the body has the key {name!r} twice")
        found[name] = value
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
