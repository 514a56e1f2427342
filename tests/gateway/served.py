"""A gateway over an engine in memory and a database of its own, and clients that ask it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyotp
from starlette.testclient import TestClient

from tests.gateway.contract import CheckedClient
from tests.runtime.memory_engine import MemoryEngine
from tradewind.adapters.memory.records import MemoryRecords
from tradewind.adapters.memory.security_store import MemorySecurityStore
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.broker import SqlBroker
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.adapters.sql.jobs import SqlJobs
from tradewind.adapters.sql.kept_answers import SqlKeptAnswers
from tradewind.adapters.sql.outbox import SqlOutbox
from tradewind.adapters.sql.schedules import SqlSchedules
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.gateway.app import create_app
from tradewind.gateway.job_runner import JobStore
from tradewind.gateway.passwords import hash_password
from tradewind.gateway.pressure import Pressure
from tradewind.gateway.services import Options, Services
from tradewind.ports.identity import User
from tradewind.wiring.stored import status_of_home

PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
SECOND_NS = 1_000_000_000
START_NS = 1_767_225_600 * SECOND_NS
SECRET = b"s" * 32


class Served:
    """One gateway on a clock of its own, with everything a test wants to look at."""

    def __init__(self, home: Path, engine: MemoryEngine, **options: Any) -> None:
        self.now_ns = START_NS
        self.engine = engine
        self.home = home
        self.records = MemoryRecords()
        database = open_database(sqlite_url(home / "security.db"))
        self.identities = SqlIdentities(database)
        self.security = MemorySecurityStore()
        self.audit = SqlAudit(database)
        self.jobs = SqlJobs(database)
        self.history = ParquetHistory(home)
        wanted: dict[str, Any] = {
            "needs_login": True,
            "requests_per_minute": 600_000,
            "trusted_hosts": ("127.0.0.1", "testserver"),
            **options,
        }
        self.services = Services(
            home,
            Options(token_secrets=(SECRET,), encryption_keys=(b"k" * 32,), **wanted),
            identities=self.identities,
            security=self.security,
            counters=self.security,
            spare_counters=self.security,
            audit=self.audit,
            kept_answers=SqlKeptAnswers(database),
            records=lambda: self.records,
            stored=lambda why: status_of_home(home, why),
            jobs=JobStore(
                self.jobs, SqlSchedules(database), SqlOutbox(database), SqlBroker(database)
            ),
            history=self.history,
            journal=lambda: read_journal(home / "journal"),
            settings=lambda: [{"name": "gateway.port", "value": "8000", "source": "default"}],
            now_ns=lambda: self.now_ns,
        )
        # Its clock stands: how busy the machine of the tests is refuses no request.
        self.services.pressure = Pressure(lambda: 0.0)
        self.app = create_app(self.services)

    @contextmanager
    def client(self, address: str = "10.0.0.1") -> Iterator[TestClient]:
        """A client at an address; all its requests run on one event loop."""
        base = "http://127.0.0.1"
        with CheckedClient(self.app, base_url=base, client=(address, 50_000)) as client:
            yield client

    def wait(self, seconds: float) -> None:
        self.now_ns += int(seconds * SECOND_NS)

    def add(self, name: str, role: str, accounts: tuple[str, ...] = ("*",)) -> User:
        user = User(f"id-{name}", name, role, accounts, HASH, self.now_ns)
        self.identities.add_user(user)
        return user

    def login(self, client: TestClient, name: str, code: str = "") -> dict[str, Any]:
        """Log in and send the token from here on."""
        given = {"name": name, "password": PASSWORD, "code": code}
        answer = client.post("/api/v1/auth/login", json=given)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return tokens

    def with_second_factor(self, client: TestClient, name: str) -> pyotp.TOTP:
        """Set a second factor up, and log in with it."""
        self.login(client, name)
        secret = client.post("/api/v1/auth/second-factor").json()["secret"]
        totp = pyotp.TOTP(secret)
        confirmed = client.post(
            "/api/v1/auth/second-factor/confirm", json={"code": self.code(totp)}
        )
        assert confirmed.status_code == 200, confirmed.text
        self.wait(60)
        self.login(client, name, self.code(totp))
        self.wait(60)
        return totp

    def code(self, totp: pyotp.TOTP) -> str:
        return totp.at(self.now_ns // SECOND_NS)

    def actions(self) -> list[tuple[str, str, str]]:
        """What the audit trail says: actor, action, outcome."""
        return [(each.actor, each.action, each.outcome) for each in self.audit.entries()]
