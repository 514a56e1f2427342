"""An exchange of ccxt, made so that numbers stay exact and nothing is sent twice."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from tradewind.adapters.net.outcome import BadAnswer, NoAnswer
from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import TradewindError, UserError
from tradewind.ports.trading import Refused

TIMEOUT_MS = 10_000
URL = re.compile(r"\w+://\S+")
TEXT_LENGTH_MAX = 300
OWN = frozenset({"alpaca", "binance", "binanceusdm"})
"""Venues that we have adapters of our own for; through ccxt they are other venues."""


class Credentials(NamedTuple):
    """What a venue knows an account by; which parts it wants, ccxt tells."""

    key: Secret
    secret: Secret
    password: Secret = Secret("")
    uid: Secret = Secret("")


SETTINGS = {
    "apiKey": "CCXT_API_KEY",
    "secret": "CCXT_SECRET",
    "password": "CCXT_PASSWORD",
    "uid": "CCXT_UID",
}
"""What ccxt calls the parts, and the setting of each, in the order of `Credentials`."""


class NotThere(Refused):
    """The venue has no such order."""


def venue_of(exchange_id: str) -> str:
    """The venue's name in instrument ids.

    >>> venue_of("kraken"), venue_of("binance")
    ('KRAKEN', 'CCXT-BINANCE')
    """
    name = exchange_id.upper().replace("_", "-")
    return f"CCXT-{name}" if exchange_id in OWN or not name[0].isalpha() else name


def make_exchange(
    exchange_id: str, *, credentials: Credentials | None = None, address: str = ""
) -> Any:
    """The exchange object; with an address of a local venue all its calls go there.

    Numbers come as text (`number = str`), a failed call is not repeated, and calls keep the
    venue's rate by ccxt's own count.
    """
    library = _library()
    if exchange_id not in library.exchanges:
        raise UserError(
            f"ccxt has no {exchange_id!r}: `python -c 'import ccxt; print(ccxt.exchanges)'`"
        )
    options = {"maxRetriesOnFailure": 0, "adjustForTimeDifference": True}
    exchange = getattr(library, exchange_id)(
        {"enableRateLimit": True, "timeout": TIMEOUT_MS, "options": options}
    )
    exchange.number = str
    if credentials is not None:
        _give(exchange, credentials)
    if address:
        point_at(exchange, address)
    return exchange


def _give(exchange: Any, credentials: Credentials) -> None:
    """Set the parts of a key; `UserError` where the venue wants one that is not there."""
    for (name, setting), part in zip(SETTINGS.items(), credentials, strict=True):
        if exchange.requiredCredentials.get(name) and not part.reveal():
            raise UserError(f"{exchange.id} wants more with its key: set {setting}")
        setattr(exchange, name, part.reveal())


def point_at(exchange: Any, address: str) -> None:
    """Let every URL of an exchange begin at another address, its path as it was."""
    exchange.urls["api"] = _moved(exchange.urls["api"], address.rstrip("/").rpartition("://")[2])
    exchange.options["fetchMarkets"] = {"types": ["spot"]}
    exchange.options["fetchCurrencies"] = False
    exchange.has["fetchCurrencies"] = False


def _moved(urls: Any, host: str) -> Any:
    if isinstance(urls, dict):
        return {name: _moved(value, host) for name, value in urls.items()}
    if not isinstance(urls, str):
        return urls
    scheme, _, rest = urls.partition("://")
    path = rest.partition("/")[2]
    return f"{'ws' if scheme.startswith('ws') else 'http'}://{host}/{path}".rstrip("/")


def translated(error: Exception, exchange: Any) -> TradewindError:
    """What an error of ccxt is to us: refused, never sent is not told, or unknown.

    A rate refusal changed nothing; every other failure of the network may have come behind the
    venue's having taken the order. So may an error that ccxt has no name for, which may be a
    server's failure, and an order id that the venue says it has: nothing is sent twice.
    """
    library = _library()
    words = f"{exchange.id}: {_words(error, exchange)}"
    if isinstance(error, library.OrderNotFound):
        return NotThere(words)
    if isinstance(error, (library.RateLimitExceeded, library.AuthenticationError)):
        return Refused(words)
    if isinstance(error, (library.BadResponse, library.NullResponse)):
        return BadAnswer(words)
    if isinstance(error, library.NetworkError):
        return NoAnswer(words)
    is_named = type(error) is not library.ExchangeError
    is_there = isinstance(error, library.DuplicateOrderId)
    if isinstance(error, library.ExchangeError) and is_named and not is_there:
        return Refused(words)
    return BadAnswer(words)


def _words(error: Exception, exchange: Any) -> str:
    """What ccxt says, without URLs (a query may hold a signature) and without our keys."""
    text = URL.sub("", str(error))
    for secret in (getattr(exchange, name) for name in SETTINGS):
        text = text.replace(secret, "***") if secret else text
    return f"{type(error).__name__} {text[:TEXT_LENGTH_MAX].strip()}"


def _library() -> Any:
    try:
        import ccxt.pro as library
    except ImportError:
        raise UserError(
            "ccxt is not installed: pip install 'tradewind[ccxt]' (in an environment of its own, "
            "since it pins packages)"
        ) from None
    return library
