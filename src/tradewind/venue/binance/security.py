"""Who calls, and whether the call is theirs and of now: keys, signatures, the time window."""

from __future__ import annotations

import re
from decimal import Decimal

from tradewind.venue.binance.calls import Security
from tradewind.venue.binance.errors import ApiError, illegal, mandatory
from tradewind.venue.binance.keys import ApiKey

RECV_WINDOW_DEFAULT_MS, RECV_WINDOW_MAX_MS = Decimal(5_000), Decimal(60_000)
AHEAD_MAX_MS = 1_000
_WINDOW = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")
_TIME = re.compile(r"[0-9]{1,20}")
_KEY = re.compile(r"[A-Za-z0-9]{64}")


def key_named(keys: dict[str, ApiKey], name: str | None) -> ApiKey:
    """The key of a name; 401 where its form is wrong (-2014) or it is not known (-2015)."""
    if name is None or _KEY.fullmatch(name) is None:
        raise ApiError(-2014, status=401)
    key = keys.get(name)
    if key is None or key.is_revoked:
        raise ApiError(-2015, status=401)
    return key


def check_signed(
    key: ApiKey, security: Security, texts: dict[str, str], payload: bytes, now_ns: int
) -> None:
    """Refuse what is not signed by the key, not of now, or not allowed to it."""
    signature = texts.get("signature")
    if not signature:
        raise mandatory("signature")
    check_time(texts, now_ns)
    if not key.verifies(payload, signature):
        raise ApiError(-1022)
    if security is Security.TRADE and not (key.may_trade and key.account.can_trade):
        raise ApiError(-2015, status=401)


def check_time(texts: dict[str, str], now_ns: int) -> None:
    """Refuse a call from the future or older than its recvWindow (-1021).

    >>> check_time({"timestamp": "1000"}, 6_000_000_000)
    >>> check_time({"timestamp": "1000"}, 6_001_000_000)
    Traceback (most recent call last):
    tradewind.venue.binance.errors.ApiError: Timestamp for this request is outside of the ...
    """
    text = texts.get("timestamp")
    if not text:
        raise mandatory("timestamp")
    if _TIME.fullmatch(text) is None:
        raise illegal("timestamp")
    # Sixteen digits are microseconds.
    sent_ms = Decimal(text) / (1000 if len(text) >= 16 else 1)
    now_ms = Decimal(now_ns // 1_000_000)
    if sent_ms >= now_ms + AHEAD_MAX_MS:
        raise ApiError(
            -1021, f"Timestamp for this request was {AHEAD_MAX_MS}ms ahead of the server's time."
        )
    if now_ms - sent_ms > _window_ms(texts):
        raise ApiError(-1021)


def _window_ms(texts: dict[str, str]) -> Decimal:
    text = texts.get("recvWindow")
    if not text:
        return RECV_WINDOW_DEFAULT_MS
    if _WINDOW.fullmatch(text) is None:
        raise ApiError(-1130, "Data sent for parameter 'recvWindow' is not valid.")
    window_ms = Decimal(text)
    if not 0 < window_ms <= RECV_WINDOW_MAX_MS:
        raise ApiError(-1131, "recvWindow must be less than 60000.")
    return window_ms
