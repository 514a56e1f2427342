"""Limits: what the venue says it has counted, out of headers and exchange information."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from tradewind.adapters.net.budget import RateBudget

LETTERS = {"S": 1, "M": 60, "H": 3600, "D": 86_400}
KINDS = {"X-MBX-USED-WEIGHT-": "weight", "X-MBX-ORDER-COUNT-": "orders"}
TYPES = {"REQUEST_WEIGHT": "weight", "ORDERS": "orders", "RAW_REQUESTS": "requests"}
INTERVALS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400}


class RateLimit(msgspec.Struct, frozen=True, rename="camel"):
    """A limit as exchange information lists it.

    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}
    """

    rate_limit_type: str
    interval: str
    interval_num: int
    limit: int
    count: int = 0


def note_headers(headers: Mapping[str, str], budget: RateBudget, now_ns: int) -> None:
    """Take `X-MBX-USED-WEIGHT-1M: 25` and `X-MBX-ORDER-COUNT-10S: 3` into the budget."""
    for name, text in headers.items():
        counted = _counted(name)
        if counted is not None and text.isdecimal():
            budget.note_used(*counted, int(text), now_ns)


@lru_cache(maxsize=256)
def _counted(name: str) -> tuple[str, int] | None:
    """What a header counts and over how many seconds; the same few come with each answer.

    >>> _counted("x-mbx-used-weight-1m"), _counted("Date")
    (('weight', 60), None)
    """
    upper = name.upper()
    for prefix, kind in KINDS.items():
        length = upper.removeprefix(prefix)
        seconds = LETTERS.get(length[-1:], 0)
        if length != upper and seconds and length[:-1].isdecimal():
            return kind, int(length[:-1]) * seconds
    return None


def note_limits(limits: Iterable[RateLimit], budget: RateBudget) -> None:
    """Take what the venue allows today; kinds and intervals we have no word for are passed over."""
    for limit in limits:
        kind = TYPES.get(limit.rate_limit_type)
        seconds = INTERVALS.get(limit.interval)
        if kind and seconds and limit.limit > 0 and limit.interval_num > 0:
            budget.set_limit(kind, limit.interval_num * seconds, limit.limit)


def note_counts(limits: Iterable[RateLimit], budget: RateBudget, now_ns: int) -> None:
    """Take the counts that answers of the WebSocket API carry."""
    for limit in limits:
        kind = TYPES.get(limit.rate_limit_type)
        seconds = INTERVALS.get(limit.interval)
        if kind and seconds:
            budget.note_used(kind, limit.interval_num * seconds, limit.count, now_ns)
