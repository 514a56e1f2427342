"""The gateway built from the settings: its stores, its secrets, the first administrator's link."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.types import ASGIApp

from tradewind.adapters.memory.security_store import MemorySecurityStore
from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.database import open_database
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.adapters.sql.kept_answers import SqlKeptAnswers
from tradewind.adapters.sql.security_store import SqlSecurityStore
from tradewind.gateway.app import create_app
from tradewind.gateway.breached import Breached, BreachedFile
from tradewind.gateway.entrance import Entrance, Refusal
from tradewind.gateway.guard import LIVE_MODE, LIVE_WITHOUT_LOGIN
from tradewind.gateway.passwords import NO_LIST
from tradewind.gateway.services import Options, Services
from tradewind.model.errors import TradewindError, UserError
from tradewind.ports.cache import FarCache
from tradewind.ports.security_store import SecurityStore
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import StatusRequest
from tradewind.wiring import catalog
from tradewind.wiring.brokers import job_store, kind_slots
from tradewind.wiring.database_place import connections_of_worker, database_url
from tradewind.wiring.histories import open_history
from tradewind.wiring.journals import journal_place
from tradewind.wiring.kept_secrets import SECRET_BYTES, secrets_of
from tradewind.wiring.records import RecordsPlace
from tradewind.wiring.settings import Settings, load_settings
from tradewind.wiring.stored import status_of
from tradewind.wiring.worker_place import WorkerPlace, place_alone, place_among_others

REDIS = "tradewind.adapters.redis"
"""Imported where an address is set: who has no Redis has not its client either."""
INVITATION_NS = 86_400_000_000_000


def build(settings: Settings | None = None) -> FastAPI:
    """Return the application over the engine, stores and secrets that the settings name."""
    settings = settings or load_settings()
    home = settings[catalog.HOME]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    connections = connections_of_worker(settings)
    database = open_database(database_url(settings), connections=connections)
    security = security_store(settings, database)
    memory = MemorySecurityStore()
    records = RecordsPlace(journal_place(settings), connections=connections)
    services = Services(
        home,
        _options(settings, home),
        identities=SqlIdentities(database),
        security=security,
        # One process counts for itself; only several must count together.
        counters=security if is_for_several(settings) else memory,
        spare_counters=memory,
        audit=SqlAudit(database),
        kept_answers=SqlKeptAnswers(database),
        records=records.read,
        stored=lambda why: status_of(records, why),
        jobs=job_store(settings, database),
        history=open_history(settings),
        journal=journal_place(settings).read,
        settings=lambda: shown_settings(settings),
        far_cache=far_cache(settings),
    )
    return create_app(services)


def served_alone() -> ASGIApp:
    """What a server that is not ours is given: it refuses to start where that is dangerous."""
    try:
        settings = load_settings()
        app = build(settings)
    except TradewindError as error:
        return Refusal(str(error))
    home = settings[catalog.HOME]
    places: list[WorkerPlace] = []

    def check() -> None:
        take = place_among_others if is_for_several(settings) else place_alone
        places.append(take(home))
        if not needs_login(settings):
            refuse_live(home)

    return Entrance(app, check)


def is_for_several(settings: Settings) -> bool:
    """True where several workers can count together."""
    url = settings[catalog.DATABASE_URL]
    return bool(settings[catalog.REDIS_URL]) or url.startswith("postgres")


def refuse_live(home: Path) -> None:
    """Refuse to serve an engine that trades live without asking for a login."""
    try:
        status = ask(home, StatusRequest())
    except TradewindError:
        return  # The guard looks again when there is one.
    if status["mode"] == LIVE_MODE:
        raise UserError(LIVE_WITHOUT_LOGIN)


def shown_settings(settings: Settings) -> list[dict[str, str]]:
    """Every setting with its value as text, secrets masked, and where it came from."""
    return [
        {"name": one.name, "value": settings.shown(one), "source": settings.where(one)}
        for one in catalog.SETTINGS
    ]


def security_store(settings: Settings, database: Engine) -> SecurityStore:
    """The store of lock-outs and counters: Redis before the database, or the database alone."""
    behind = SqlSecurityStore(database)
    if not settings[catalog.REDIS_URL]:
        return behind
    client = _redis(settings)
    store: SecurityStore = import_module(f"{REDIS}.security_store").RedisSecurityStore(
        client, behind
    )
    return store


def far_cache(settings: Settings) -> FarCache | None:
    """What workers share of what they told: Redis, or nothing where there is none."""
    if not settings[catalog.REDIS_URL]:
        return None
    cache: FarCache = import_module(f"{REDIS}.far_cache").RedisFarCache(_redis(settings))
    return cache


def _redis(settings: Settings) -> Any:
    try:
        clients = import_module(f"{REDIS}.clients")
    except ModuleNotFoundError:
        raise UserError("REDIS_URL is set: install tradewind[redis] for it") from None
    # Two of them: the cache's larger answers do not stand before those of the counters.
    return clients.connect_redis(
        settings[catalog.REDIS_URL],
        password=settings[catalog.REDIS_PASSWORD],
        connections_max=max(1, settings[catalog.REDIS_CONNECTIONS] // 2),
    )


@contextmanager
def security_database(settings: Settings) -> Iterator[Engine]:
    """The database of identities and audit, for a command."""
    settings[catalog.HOME].mkdir(mode=0o700, parents=True, exist_ok=True)
    database = open_database(database_url(settings))
    try:
        yield database
    finally:
        database.dispose()


def invitation(settings: Settings, *, now_ns: int | None = None) -> str:
    """Return the token with which the first administrator is made, "" where there is a user.

    It is good for a day and takes the place of an earlier one.
    """
    with security_database(settings) as database:
        identities = SqlIdentities(database)
        if identities.users():
            return ""
        # Hexadecimal: a token that began with "-" would look like an option of a command.
        token = secrets.token_hex(SECRET_BYTES)
        until_ns = (time.time_ns() if now_ns is None else now_ns) + INVITATION_NS
        identities.put_invitation(hashlib.sha256(token.encode()).digest(), until_ns)
    return token


def needs_login(settings: Settings) -> bool:
    """True where the gateway asks for a login."""
    return settings[catalog.AUTHENTICATION] == "required"


def breached_passwords(settings: Settings) -> Breached:
    """The passwords that others know."""
    path = settings[catalog.BREACHED_PASSWORDS]
    return BreachedFile(Path(path)) if path else NO_LIST


def _options(settings: Settings, home: Path) -> Options:
    return Options(
        needs_login=needs_login(settings),
        token_secrets=secrets_of(settings, catalog.JWT_SECRET, catalog.JWT_SECRET_PREVIOUS, home),
        encryption_keys=secrets_of(
            settings, catalog.ENCRYPTION_KEY, catalog.ENCRYPTION_KEY_PREVIOUS, home
        ),
        allowed_origins=settings[catalog.ALLOWED_ORIGINS],
        trusted_hosts=settings[catalog.TRUSTED_HOSTS],
        trusted_proxies=settings[catalog.TRUSTED_PROXIES],
        requests_per_minute=settings[catalog.REQUESTS_PER_MINUTE],
        job_slots=settings[catalog.JOB_SLOTS],
        job_kind_slots=kind_slots(settings),
        breached=breached_passwords(settings),
        audit_days=settings[catalog.AUDIT_DAYS],
        needs_two_people=settings[catalog.FOUR_EYES],
        keeps_access_log=settings[catalog.ACCESS_LOG],
        is_https=settings[catalog.ENVIRONMENT] == "production",
    )
