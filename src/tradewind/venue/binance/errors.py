"""Binance's errors: codes with their texts, and the one exception that carries them."""

from __future__ import annotations

from typing import Any

UNKNOWN_STATUS = (
    "Timeout waiting for response from backend server. Send status unknown; execution status "
    "unknown."
)
TEXTS: dict[int, str] = {
    -1000: "An unknown error occurred while processing the request.",
    -1001: "Internal error; unable to process your request. Please try again.",
    -1003: "Too many requests; please use WebSocket Streams for live updates.",
    -1007: UNKNOWN_STATUS,
    -1008: "Server is currently overloaded with other requests. Please try again in a few minutes.",
    -1014: "Unsupported order combination.",
    -1016: "This service is no longer available.",
    -1021: "Timestamp for this request is outside of the recvWindow.",
    -1022: "Signature for this request is not valid.",
    -1115: "Invalid timeInForce.",
    -1116: "Invalid orderType.",
    -1117: "Invalid side.",
    -1118: "New client order ID was empty.",
    -1120: "Invalid interval.",
    -1121: "Invalid symbol.",
    -1135: "Invalid JSON Request",
    -1145: "Invalid cancelRestrictions",
    -2011: "Unknown order sent.",
    -2013: "Order does not exist.",
    -2014: "API-key format invalid.",
    -2015: "Invalid API-key, IP, or permissions for action.",
    -2035: "User Data Stream subscription already active.",
    -2036: "User Data Stream subscription not active.",
    -2039: "Client order ID is not correct for this order ID",
}

REJECTIONS: dict[str, str] = {
    "insufficient_balance": "Account has insufficient balance for requested action.",
    "insufficient_margin": "Margin is insufficient.",
    "would_match": "Order would immediately match and take.",
    "would_trigger": "Stop price would trigger immediately.",
    "market_closed": "Market is closed.",
    "duplicate": "Duplicate order sent.",
    "storm": "New orders are temporarily disabled.",
    "no_other_leg": "The other leg of the order list was not accepted.",
    "log_full": "This action is disabled on this account.",
    "no_liquidity": "Order book liquidity is less than LOT_SIZE filter minimum quantity.",
}
"""Reasons of the exchange as the texts of -2010."""


class ApiError(Exception):
    """An answer with a code; `data` is what goes beside the text."""

    def __init__(
        self,
        code: int,
        text: str | None = None,
        *,
        status: int = 400,
        data: Any = None,
        retry_s: float = 0.0,
    ) -> None:
        self.code = code
        self.text = TEXTS[code] if text is None else text
        self.status = status
        self.data = data
        self.retry_s = retry_s
        super().__init__(self.text)

    def body(self) -> dict[str, Any]:
        """The JSON of the answer.

        >>> ApiError(-1121).body()
        {'code': -1121, 'msg': 'Invalid symbol.'}
        """
        body: dict[str, Any] = {"code": self.code, "msg": self.text}
        return body if self.data is None else {**body, "data": self.data}


def mandatory(name: str) -> ApiError:
    """A parameter is missing or empty."""
    return ApiError(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def illegal(name: str, pattern: str = "^[0-9]{1,20}$") -> ApiError:
    """A parameter is not written as it must be."""
    text = f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'."
    return ApiError(-1100, text)


def not_required(name: str) -> ApiError:
    """A parameter was sent that its order type does not take."""
    return ApiError(-1106, f"Parameter '{name}' sent when not required.")


def filter_failure(name: str) -> ApiError:
    """An order is outside a filter.

    >>> filter_failure("LOT_SIZE").body()["msg"]
    'Filter failure: LOT_SIZE'
    """
    return ApiError(-1013, f"Filter failure: {name}")


def rejected(reason: str) -> ApiError:
    """The exchange refused a new order."""
    return ApiError(-2010, REJECTIONS.get(reason, reason))
