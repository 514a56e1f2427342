"""The security validator: settings that are right by themselves and dangerous where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tradewind.wiring import catalog
from tradewind.wiring.setting import Setting

if TYPE_CHECKING:
    from tradewind.wiring.settings import Settings

SECRET_LENGTH_MIN = 32
SIGNING = (catalog.JWT_SECRET, catalog.ENCRYPTION_KEY)
PREVIOUS = (catalog.JWT_SECRET_PREVIOUS, catalog.ENCRYPTION_KEY_PREVIOUS)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
TRIED_FIRST = frozenset(
    {"postgres", "redis", "root", "tradewind", "trading", "test", "secret", "guest", "letmein"}
)
_PLACEHOLDER = re.compile(
    r"(change[-_ ]?(this|me|it)|your[-_]|example|placeholder|secret$|password|admin(123)?$|"
    r"default|insecure|^(?P<one>.)(?P=one)*$|xxxx|todo)",
    re.IGNORECASE,
)


def dangers(settings: Settings) -> Iterator[str]:
    """Every dangerous setting, one sentence each, all at once."""
    for setting in catalog.SETTINGS:
        if setting.secret and setting in (*SIGNING, *PREVIOUS):
            yield from _weak(settings, setting)
    yield from _several_workers(settings)
    yield from _listening(settings)
    yield from _equal_secrets(settings)
    if settings[catalog.ENVIRONMENT] == "production":
        yield from _in_production(settings)
    if settings[catalog.AUTHENTICATION] == "local":
        yield from _without_login(settings)
        if settings[catalog.FOUR_EYES]:
            where = settings.where(catalog.FOUR_EYES)
            yield (
                f"{catalog.FOUR_EYES.name}: without a login nobody is a second person: set "
                f"TRADEWIND_AUTHENTICATION=required ({where})"
            )


def _weak(settings: Settings, setting: Setting[Any]) -> Iterator[str]:
    secret, where = settings[setting], settings.where(setting)
    if not secret:
        return
    if _PLACEHOLDER.search(secret):
        yield (
            f"{setting.name}: it looks like a placeholder: `openssl rand -hex 32` makes a secret "
            f"({where})"
        )
    elif len(secret) < SECRET_LENGTH_MIN:
        yield (
            f"{setting.name}: it has {len(secret)} characters, use at least "
            f"{SECRET_LENGTH_MIN}: `openssl rand -hex 32` makes one ({where})"
        )


def _several_workers(settings: Settings) -> Iterator[str]:
    shares = settings[catalog.REDIS_URL] or settings[catalog.DATABASE_URL].startswith("postgres")
    if settings[catalog.WORKERS] > 1 and not shares:
        where = settings.where(catalog.WORKERS)
        yield (
            "gateway.workers: several workers need PostgreSQL in DATABASE_URL or Redis in "
            f"REDIS_URL, to count requests and failed logins together ({where})"
        )


def _in_production(settings: Settings) -> Iterator[str]:
    for setting in SIGNING:
        if not settings[setting]:
            name = setting.variables[0]
            yield f"{setting.name}: production needs it: set {name} or {name}_FILE"
    if settings[catalog.LOG_LEVEL] == "debug":
        yield f"log.level: debug is not for production ({settings.where(catalog.LOG_LEVEL)})"
    yield from _plain_stores(settings)
    yield from _passwords(settings)
    for origin in settings[catalog.ALLOWED_ORIGINS]:
        if origin.startswith("http://"):
            where = settings.where(catalog.ALLOWED_ORIGINS)
            yield f"gateway.allowed_origins: {origin} is not https ({where})"


def _listening(settings: Settings) -> Iterator[str]:
    """What listens off this computer needs a login, and in production HTTPS."""
    host, where = settings[catalog.HOST], settings.where(catalog.HOST)
    has_certificate = bool(settings[catalog.TLS_CERTIFICATE])
    if has_certificate != bool(settings[catalog.TLS_KEY]):
        yield "gateway.tls_certificate: a certificate and its key belong together: set both"
    if host in LOOPBACK:
        return
    if settings[catalog.AUTHENTICATION] == "local":
        yield f"gateway.host: without a login only 127.0.0.1 is served, not {host} ({where})"
    if settings[catalog.ENVIRONMENT] == "production" and not has_certificate:
        yield (
            f"gateway.host: production speaks plain HTTP on 127.0.0.1 only, not on {host}: set "
            f"TRADEWIND_TLS_CERTIFICATE, or leave it to a proxy on this computer ({where})"
        )


def _plain_stores(settings: Settings) -> Iterator[str]:
    """Stores that are reached over a network without encryption."""
    for setting, secure in (
        (catalog.DATABASE_URL, _is_safe_database),
        (catalog.JOURNAL_URL, _is_safe_database),
        (catalog.JOURNAL_REPLICA_URL, _is_safe_database),
        (catalog.HISTORY_URL, _is_safe_history),
        (catalog.HISTORY_ALSO, _are_safe_histories),
        (catalog.REDIS_URL, _is_safe_redis),
        (catalog.RABBITMQ_URL, _is_safe_rabbitmq),
    ):
        url = settings[setting]
        outside = [host for host in _hosts(url) if host not in LOOPBACK]
        if outside and not secure(url):
            yield (
                f"{setting.name}: {outside[0]} is reached without encryption: use rediss:// for "
                "Redis, amqps:// for RabbitMQ, sslmode=verify-full for PostgreSQL, https for a "
                "bucket's endpoint "
                f"({settings.where(setting)})"
            )
    vault = urlsplit(settings[catalog.VAULT_ADDRESS])
    if vault.scheme == "http" and vault.hostname not in LOOPBACK:
        yield f"vault.address: use https ({settings.where(catalog.VAULT_ADDRESS)})"


def _hosts(url: str) -> list[str]:
    """The hosts of an address, which may have several with commas between."""
    places = urlsplit(url).netloc.rpartition("@")[2].split(",")
    return [urlsplit(f"//{place}").hostname or "127.0.0.1" for place in places]


def _is_safe_database(url: str) -> bool:
    query = parse_qs(urlsplit(url).query)
    modes = query.get("sslmode", query.get("ssl", [""]))
    return modes[-1] in ("require", "verify-ca", "verify-full")


def _is_safe_history(url: str) -> bool:
    """A bucket is reached by TLS, unless its endpoint says otherwise."""
    if not url.startswith(("s3:", "gs:")):
        return _is_safe_database(url)
    endpoint = urlsplit(parse_qs(urlsplit(url).query).get("endpoint", ["https://"])[-1])
    return endpoint.scheme == "https" or endpoint.hostname in LOOPBACK


def _are_safe_histories(urls: str) -> bool:
    return all(_is_safe_history(url) for url in urls.split() if url != "files")


def _is_safe_redis(url: str) -> bool:
    return url.startswith("rediss")


def _is_safe_rabbitmq(url: str) -> bool:
    return url.startswith("amqps")


STORES = (
    catalog.DATABASE_URL,
    catalog.JOURNAL_URL,
    catalog.JOURNAL_REPLICA_URL,
    catalog.HISTORY_URL,
    catalog.HISTORY_ALSO,
    catalog.REDIS_URL,
    catalog.RABBITMQ_URL,
)


def _passwords(settings: Settings) -> Iterator[str]:
    """Passwords of stores that everybody would try first."""
    found = [(catalog.REDIS_PASSWORD, settings[catalog.REDIS_PASSWORD])]
    for setting in STORES:
        found.append((setting, urlsplit(settings[setting]).password or ""))
    for setting, password in found:
        if password and (_PLACEHOLDER.search(password) or password.lower() in TRIED_FIRST):
            where = settings.where(setting)
            yield f"{setting.name}: its password is one that everybody tries first ({where})"


def _equal_secrets(settings: Settings) -> Iterator[str]:
    one, other = (settings[setting] for setting in SIGNING)
    if one and one == other:
        yield "gateway.jwt_secret: it equals security.encryption_key: give each its own"


def _without_login(settings: Settings) -> Iterator[str]:
    where = settings.where(catalog.AUTHENTICATION)
    if settings[catalog.ENVIRONMENT] == "production":
        yield f"gateway.authentication: production needs a login: set it to required ({where})"
