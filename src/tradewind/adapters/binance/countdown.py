"""The countdown of USD-M: the venue cancels a contract's orders when nobody renews it in time.

`POST /fapi/v1/countdownCancelAll symbol=BTCUSDT&countdownTime=60000` answers

    {"symbol": "BTCUSDT", "countdownTime": "60000"}

A time of 0 ends it. The venue looks at its countdowns about every 10 ms.
"""

from __future__ import annotations

import msgspec

from tradewind.adapters.binance.hosts import Service
from tradewind.adapters.binance.rest import Rest, decoded
from tradewind.adapters.net.budget import Urgency
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.ports.trading import Refused

NAME = "countdown"
SHARE = 2
"""Countdowns take at most one part in so many of a minute's weight."""


class CountdownAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """What the venue has set."""

    symbol: str
    countdown_time: str


def countdowns_per_minute_max(service: Service) -> int:
    """How often countdowns may be set in a minute; 0 where a market has none.

    >>> from tradewind.adapters.binance.hosts import SPOT, USDM
    >>> countdowns_per_minute_max(USDM), countdowns_per_minute_max(SPOT)
    (120, 0)
    """
    if NAME not in service.weights:
        return 0
    minute = next(one for one in service.windows if (one.kind, one.length_s) == ("weight", 60))
    return minute.limit // SHARE // service.weights[NAME]


async def set_countdown(rest: Rest, symbol: str, milliseconds: int) -> None:
    """Begin a countdown anew, or end it with 0; `BadAnswer` where the venue says another time."""
    if NAME not in rest.service.weights:
        raise Refused(f"{rest.service.venue} has no countdown.")
    body = await rest.act(
        "POST",
        rest.service.path("countdownCancelAll"),
        {"symbol": symbol, "countdownTime": milliseconds},
        weight=rest.service.weights[NAME],
        urgency=Urgency.CANCEL,
    )
    answer = decoded(body, CountdownAnswer)
    if (answer.symbol, answer.countdown_time) != (symbol, str(milliseconds)):
        raise BadAnswer(f"a countdown of {answer.countdown_time} ms for {answer.symbol}")
