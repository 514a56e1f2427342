"""Clients of Redis by their address: one server, a Sentinels' primary, or a cluster, with TLS."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel

from tradewind.model.errors import UserError

DEADLINE_S = 0.5
"""For connecting, and for each answer."""
SENTINEL_PORT = 26379
PORT = 6379
SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
CLUSTER_SCHEMES = ("redis+cluster", "rediss+cluster")
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
"""What an address may name behind `?`: whom to believe, and our own certificate."""


REFUSALS = (
    (
        "WRONGPASS|invalid username-password|invalid password",
        "refuses the password: correct it in REDIS_PASSWORD or REDIS_URL",
    ),
    (
        "Authentication required|NOAUTH|already authenticated",
        "asks for a password: set REDIS_PASSWORD",
    ),
    ("NOPERM|no permissions", "does not let this user do that: grant it the commands"),
    (
        "certificate verify failed",
        "has a certificate that is not trusted (certificate verify failed): look at ssl_ca_certs",
    ),
    ("SSL|TLS", "does not speak TLS there: look at REDIS_URL and its port"),
    (
        "Name or service not known|nodename nor servname|resolve",
        "has a host that nobody knows: correct it in REDIS_URL",
    ),
    (
        "Connection refused",
        "does not answer (nothing listens there): start it, or correct REDIS_URL",
    ),
    (
        "[Tt]ime(d )?out",
        "does not answer in time: look whether it runs and speaks what REDIS_URL names",
    ),
)
"""What a Redis or the way to it says, and what to do about it."""


def refusal(error: Exception) -> str:
    """What a failure means and what to do, behind the words "Redis".

    >>> refusal(OSError("Error 111 connecting to 127.0.0.1:1. Connection refused."))
    'does not answer (nothing listens there): start it, or correct REDIS_URL'
    >>> refusal(OSError("MISCONF Errors writing to the AOF file"))
    'fails (MISCONF Errors writing to the AOF file): look at its log'
    """
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    for words, meaning in REFUSALS:
        if re.search(words, str(error)):
            return meaning
    return f"fails ({said}): look at its log"


def connect_redis(url: str, *, password: str = "", connections_max: int = 50) -> Redis:
    """A client of the Redis that a URL names; nothing is asked yet.

    `rediss://` speaks TLS, and `?ssl_ca_certs=FILE` names whose certificates are believed.
    `redis+sentinel://host:26379,other:26379/service/0` asks the Sentinels for the service's
    primary whenever it connects, `redis+cluster://host:6379,other:6379` any of these for the
    cluster's shape; both with `rediss+` for TLS. Raises `UserError` where the URL is none.
    """
    try:
        scheme = urlsplit(url).scheme
        if scheme in SENTINEL_SCHEMES:
            return _behind_sentinels(urlsplit(url), password, connections_max)
        if scheme in CLUSTER_SCHEMES:
            return _of_cluster(urlsplit(url), password, connections_max)
        return Redis.from_url(
            url,
            **({"password": password} if password else {}),
            max_connections=connections_max,
            **_options(),
        )
    except ValueError:
        raise UserError(
            "REDIS_URL is no address of Redis: write redis://host:6379/0, rediss:// for TLS, "
            "redis+sentinel://host:26379,other:26379/service/0 or "
            "redis+cluster://host:6379,other:6379"
        ) from None


def _behind_sentinels(parts: SplitResult, password: str, connections_max: int) -> Redis:
    service, _, number = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError(parts)
    # What the Sentinels tell is reached in the same way as they are.
    secure = _secure(parts)
    sentinel = Sentinel(_addresses(parts, SENTINEL_PORT), sentinel_kwargs={**_options(), **secure})
    primary: Redis = sentinel.master_for(
        service,
        db=int(number or 0),
        max_connections=connections_max,
        **_known(parts, password),
        **_options(),
        **secure,
    )
    return primary


def _of_cluster(parts: SplitResult, password: str, connections_max: int) -> Redis:
    if parts.path.strip("/") not in ("", "0"):
        raise ValueError(parts)  # A cluster has no other database.
    nodes = [ClusterNode(host, port) for host, port in _addresses(parts, PORT)]
    secure = _secure(parts)

    def connect() -> RedisCluster:
        return RedisCluster(
            startup_nodes=nodes,
            max_connections=connections_max,
            **_known(parts, password),
            **_options(),
            **secure,
        )

    # The same calls, by the same names.
    return cast(Redis, ClusterLater(connect))


class ClusterLater:
    """A cluster's client that asks for the cluster's shape when it is used, not before."""

    def __init__(self, connect: Callable[[], RedisCluster]) -> None:
        self._connect = connect
        self._client: RedisCluster | None = None
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
        return getattr(self._client, name)

    def close(self) -> None:
        """Let go of connections, where there are any."""
        if self._client is not None:
            self._client.close()


def _addresses(parts: SplitResult, default_port: int) -> list[tuple[str, int]]:
    hosts = parts.netloc.rpartition("@")[2]
    if not hosts:
        raise ValueError(parts)
    pairs = [host.partition(":") for host in hosts.split(",")]
    return [(name, int(port or default_port)) for name, _, port in pairs]


def _known(parts: SplitResult, password: str) -> dict[str, Any]:
    credentials = parts.netloc.rpartition("@")[0]
    user, _, own = credentials.partition(":")
    known = {"password": password or unquote(own), "username": unquote(user)}
    return {name: value for name, value in known.items() if value}


def _secure(parts: SplitResult) -> dict[str, Any]:
    files = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    is_secure = parts.scheme.startswith("rediss")
    if not set(files) <= set(TLS_FILES) or (files and not is_secure):
        raise ValueError(parts)
    return {"ssl": True, **files} if is_secure else {}


def _options() -> dict[str, Any]:
    return {
        "socket_timeout": DEADLINE_S,
        "socket_connect_timeout": DEADLINE_S,
        # A repetition would count twice; who fails asks the store behind.
        "retry": Retry(NoBackoff(), 0),
    }
