"""The security validator: settings that are right by themselves and dangerous where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tradewind.wiring import catalog
from tradewind.wiring.setting import Setting

if TYPE_CHECKING:
    from tradewind.wiring.settings import Settings

SECRET_LENGTH_MIN = 32
SIGNING = (catalog.JWT_SECRET, catalog.ENCRYPTION_KEY)
PREVIOUS = (catalog.JWT_SECRET_PREVIOUS, catalog.ENCRYPTION_KEY_PREVIOUS)
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
    if settings[catalog.ENVIRONMENT] == "production":
        yield from _in_production(settings)
    if settings[catalog.AUTHENTICATION] == "local":
        yield from _without_login(settings)


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
    for origin in settings[catalog.ALLOWED_ORIGINS]:
        if origin.startswith("http://"):
            where = settings.where(catalog.ALLOWED_ORIGINS)
            yield f"gateway.allowed_origins: {origin} is not https ({where})"


def _without_login(settings: Settings) -> Iterator[str]:
    where = settings.where(catalog.AUTHENTICATION)
    if settings[catalog.ENVIRONMENT] == "production":
        yield f"gateway.authentication: production needs a login: set it to required ({where})"
