"""Refusals of the Alpaca venue: HTTP status, code and message."""

from __future__ import annotations

import msgspec

UNAUTHORIZED = (401, 40110000)
FORBIDDEN = (403, 40310000)
DAY_TRADES = (403, 40310100)
NOT_FOUND = (404, 40410000)
BAD_REQUEST = (400, 40010000)
NOT_UNIQUE = (422, 40010001)
UNPROCESSABLE = (422, 42210000)
TOO_MANY = (429, 42910000)


class Refusal(Exception):
    """What the venue answers where it does not do what was asked.

    >>> Refusal(FORBIDDEN, "insufficient buying power").body()
    b'{"code":40310000,"message":"insufficient buying power"}'
    """

    def __init__(self, kind: tuple[int, int], message: str, **details: str) -> None:
        super().__init__(message)
        self.status, self.code = kind
        self.message = message
        self.details = details
        self.headers: dict[str, str] = {}

    def payload(self) -> dict[str, object]:
        """The body as values."""
        return {**self.details, "code": self.code, "message": self.message}

    def body(self) -> bytes:
        """The body as JSON."""
        return msgspec.json.encode(self.payload())


def unprocessable(message: str) -> Refusal:
    """A parameter that the venue does not take."""
    return Refusal(UNPROCESSABLE, message)


def not_found(message: str) -> Refusal:
    """Something that is not there."""
    return Refusal(NOT_FOUND, message)
