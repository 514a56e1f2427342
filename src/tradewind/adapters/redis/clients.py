"""Clients of Redis by their address: one server, or the primary that Sentinels know, with TLS."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from tradewind.model.errors import UserError

DEADLINE_S = 0.5
"""For connecting, and for each answer."""
SENTINEL_PORT = 26379
SCHEMES = ("redis", "rediss", "unix")
SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")


def connect_redis(url: str, *, password: str = "", connections_max: int = 50) -> Redis:
    """A client of the Redis that a URL names; nothing is asked yet.

    `rediss://` speaks TLS. `redis+sentinel://host:26379,other:26379/service/0` (or `rediss+`)
    asks the Sentinels for the service's primary whenever it connects. Raises `UserError` where
    the URL is none.
    """
    try:
        if urlsplit(url).scheme in SENTINEL_SCHEMES:
            return _behind_sentinels(url, password, connections_max)
        return Redis.from_url(
            url,
            **({"password": password} if password else {}),
            max_connections=connections_max,
            **_options(),
        )
    except ValueError:
        raise UserError(
            "REDIS_URL is no address of Redis: write redis://host:6379/0, rediss:// for TLS, or "
            "redis+sentinel://host:26379,other:26379/service/0"
        ) from None


def _behind_sentinels(url: str, password: str, connections_max: int) -> Redis:
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    service, _, number = parts.path.strip("/").partition("/")
    if not service or not hosts:
        raise ValueError(url)
    # What the Sentinels tell is reached in the same way as they are.
    secure = {"ssl": True} if parts.scheme.startswith("rediss") else {}
    sentinel = Sentinel(
        [_address(host) for host in hosts.split(",")], sentinel_kwargs={**_options(), **secure}
    )
    known = password or unquote(credentials.rpartition(":")[2])
    primary: Redis = sentinel.master_for(
        service,
        db=int(number or 0),
        max_connections=connections_max,
        **({"password": known} if known else {}),
        **_options(),
        **secure,
    )
    return primary


def _address(host: str) -> tuple[str, int]:
    name, _, port = host.partition(":")
    return name, int(port or SENTINEL_PORT)


def _options() -> dict[str, Any]:
    return {
        "socket_timeout": DEADLINE_S,
        "socket_connect_timeout": DEADLINE_S,
        # A repetition would count twice; who fails asks the store behind.
        "retry": Retry(NoBackoff(), 0),
    }
