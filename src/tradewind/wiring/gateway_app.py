"""The gateway built from the settings: its stores, its secrets, the first administrator's link."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.types import ASGIApp

from tradewind.adapters.memory.security_store import MemorySecurityStore
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.adapters.sql.jobs import SqlJobs
from tradewind.adapters.sql.kept_answers import SqlKeptAnswers
from tradewind.adapters.sql.security_store import SqlSecurityStore
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.adapters.sqlite.records import read_records
from tradewind.gateway.app import create_app
from tradewind.gateway.entrance import Entrance, Refusal
from tradewind.gateway.guard import LIVE_MODE, LIVE_WITHOUT_LOGIN
from tradewind.gateway.services import Options, Services
from tradewind.model.errors import TradewindError, UserError
from tradewind.ports.security_store import SecurityStore
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import StatusRequest
from tradewind.wiring import catalog
from tradewind.wiring.kept_secrets import SECRET_BYTES, secrets_of
from tradewind.wiring.settings import Settings, load_settings
from tradewind.wiring.stored import status_of_home
from tradewind.wiring.worker_place import WorkerPlace, place_alone, place_among_others

SECURITY_DATABASE = "security.db"
INVITATION_NS = 86_400_000_000_000


def build(settings: Settings | None = None) -> FastAPI:
    """Return the application over the engine, stores and secrets that the settings name."""
    settings = settings or load_settings()
    home = settings[catalog.HOME]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = open_database(database_url(settings))
    security = security_store(settings, database)
    memory = MemorySecurityStore()
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
        records=lambda: read_records(home / "journal"),
        stored=lambda why: status_of_home(home, why),
        jobs=SqlJobs(database),
        history=ParquetHistory(home),
        journal=lambda: read_journal(home / "journal"),
        settings=lambda: shown_settings(settings),
    )
    return create_app(services)





def shown_settings(settings: Settings) -> list[dict[str, str]]:
    """Every setting with its value as text, secrets masked, and where it came from."""
    return [
        {"name": one.name, "value": settings.shown(one), "source": settings.where(one)}
        for one in catalog.SETTINGS
    ]
