"""Where users, sessions, keys, the audit trail and jobs are, and over how many connections."""

from __future__ import annotations

from tradewind.wiring import catalog
from tradewind.wiring.settings import Settings

SECURITY_DATABASE = "security.db"
LEAST_CONNECTIONS = 2


def database_url(settings: Settings) -> str:
    """DATABASE_URL, else the file in the home."""
    given: str = settings[catalog.DATABASE_URL]
    return given or f"sqlite:///{settings[catalog.HOME] / SECURITY_DATABASE}"


def connections_of_worker(settings: Settings) -> int:
    """The connections of one worker: together they have those of the service."""
    each: int = settings[catalog.DATABASE_POOL_SIZE] // settings[catalog.WORKERS]
    return max(LEAST_CONNECTIONS, each)
