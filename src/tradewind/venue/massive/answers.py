"""Answers of the Massive venue: envelopes, errors, cursors."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from aiohttp import web

Payload = dict[str, object]


class Failure(Exception):
    """What the venue answers where it does not give what was asked for.

    >>> Failure(404, "NOT_FOUND", "Data not found.").status
    404
    """

    def __init__(self, status: int, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.word = word
        self.sentence = sentence
        self.retry_s = 0.0

    def payload(self, request_id: str) -> Payload:
        """The body: refusals of a plan say it in "message", all else in "error"."""
        field = "message" if self.word in ("NOT_AUTHORIZED", "NOT_FOUND") else "error"
        return {"status": self.word, "request_id": request_id, field: self.sentence}


def unknown_key() -> Failure:
    """No key, or one that nobody has."""
    return Failure(401, "ERROR", "Unknown API Key")


def not_entitled() -> Failure:
    """The key's plan does not have this."""
    return Failure(
        403, "NOT_AUTHORIZED", "You are not entitled to this data. Please upgrade your plan."
    )


def not_found(sentence: str = "Data not found.") -> Failure:
    """Nothing there."""
    return Failure(404, "NOT_FOUND", sentence)


def bad(sentence: str) -> Failure:
    """A parameter that the venue does not take."""
    return Failure(400, "ERROR", sentence)


def too_many() -> Failure:
    """More requests than the plan has."""
    sentence = "You've exceeded the maximum requests per minute, please wait or upgrade your plan."
    return Failure(429, "ERROR", sentence)


def request_id_of(number: int) -> str:
    """A request's id: 32 hexadecimal digits, the same for the same number."""
    return sha256(f"tradewind:{number}".encode()).hexdigest()[:32]


def answer(payload: object, status: int = 200) -> web.Response:
    """JSON."""
    body = msgspec.json.encode(payload)
    return web.Response(body=body, status=status, content_type="application/json")


def make_cursor(state: Mapping[str, str | int]) -> str:
    """Where to go on, and with what parameters, as opaque text.

    >>> parse_cursor(make_cursor({"offset": 10, "sort": "asc"}))
    {'offset': 10, 'sort': 'asc'}
    """
    return base64.urlsafe_b64encode(msgspec.json.encode(state)).decode().rstrip("=")


def parse_cursor(text: str) -> dict[str, str | int]:
    """What a cursor says."""
    try:
        padded = text + "=" * (-len(text) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=dict[str, str | int])
    except (ValueError, msgspec.DecodeError):
        raise bad("The cursor is invalid.") from None
