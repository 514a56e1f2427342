"""Refusals: the codes of Binance's errors, which of them leave the outcome open, what to do."""

from __future__ import annotations

from typing import Any

import msgspec

from tradewind.adapters.net.outcome import BadAnswer
from tradewind.model.errors import OutsideError
from tradewind.ports.trading import Refused

UNKNOWN_OUTCOME = frozenset({-1000, -1001, -1006, -1007})
"""Codes behind which an order may be at the venue all the same."""
TIMESTAMP = -1021
BAD_SYMBOL = -1121
ORDER_DOES_NOT_EXIST = -2013
CANCEL_REJECTED = -2011
BAD_KEY = frozenset({-2014, -2015, -1022})

EXPLANATIONS: dict[int, str] = {
    -1003: "we sent more than the venue allows; it answers again later",
    -1013: "the order does not fit a trading rule of the instrument",
    -1015: "too many unfilled orders in this account",
    -1016: "the service is shutting down",
    -1021: "our clock and the venue's differ, or the request was too long under way",
    -1022: "the API secret does not belong to the API key",
    -1111: "a number has more digits than the venue takes",
    -1121: "the venue does not list this symbol",
    -2019: "the account has too little free margin for the order",
    -4014: "the price does not lie on the instrument's tick",
    -4108: "the venue does not trade the instrument now",
    -4164: "the order's value is below the instrument's minimum",
    -2014: "the API key is not one of this venue",
    -2015: "the API key is revoked, lacks a permission or is bound to another IP address",
}
"""What a code means, where the venue's own text does not say it."""


class ErrorBody(msgspec.Struct, frozen=True):
    """An answer that says no. {"code": -1121, "msg": "Invalid symbol."}"""

    code: int
    msg: str = ""
    data: dict[str, Any] | None = None


class VenueRefused(Refused):
    """The venue said no, with its code; `data` holds what it says beside the text."""

    def __init__(self, body: ErrorBody) -> None:
        super().__init__(sentence_of(body))
        self.code = body.code
        self.data = body.data


def error_of(status: int, body: bytes) -> VenueRefused | OutsideError:
    """What an answer of 4xx is: a refusal, or an outcome that nobody knows.

    >>> error_of(400, b'{"code":-1121,"msg":"Invalid symbol."}')
    VenueRefused('Invalid symbol. (-1121: the venue does not list this symbol)')
    >>> error_of(400, b'{"code":-1007,"msg":"Timeout."}').retry
    False
    """
    try:
        said = msgspec.json.decode(body, type=ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if status == 403:  # the firewall in front of the venue answers with a page
            return VenueRefused(ErrorBody(0, "The venue's firewall refused the request."))
        return BadAnswer(f"an answer of {status} that is not Binance's")
    return error_of_body(said)


def error_of_body(said: ErrorBody) -> VenueRefused | OutsideError:
    """What a body with a code is, over REST and WebSocket alike."""
    if said.code in UNKNOWN_OUTCOME:
        return OutsideError(sentence_of(said), fault="theirs", retry=False)
    return VenueRefused(said)


def sentence_of(body: ErrorBody) -> str:
    """The venue's own message, its code and, where it helps, what that means."""
    explanation = EXPLANATIONS.get(body.code)
    tail = f"{body.code}: {explanation}" if explanation else f"{body.code}"
    return f"{body.msg[:300]} ({tail})" if body.code else body.msg[:300]
