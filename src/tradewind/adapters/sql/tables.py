"""The tables of what is not in the journal: identities, audit, answers, jobs."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

USERS = Table(
    "users",
    METADATA,
    Column("user_id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(32), nullable=False),
    Column("accounts", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_time_ns", BigInteger, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("totp", LargeBinary, nullable=False),
    Column("totp_since_ns", BigInteger, nullable=False),
    Column("totp_step", BigInteger, nullable=False),
    Column("recovery_hashes", Text, nullable=False),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("session_id", String(32), primary_key=True),
    Column("user_id", String(32), nullable=False, index=True),
    Column("refresh_hash", LargeBinary, nullable=False),
    Column("created_time_ns", BigInteger, nullable=False),
    Column("used_time_ns", BigInteger, nullable=False),
    Column("expire_time_ns", BigInteger, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("revoked_time_ns", BigInteger, nullable=False, index=True),
    Column("second_factor", Boolean, nullable=False),
)
API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("key_id", String(32), primary_key=True),
    Column("user_id", String(32), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column("created_time_ns", BigInteger, nullable=False),
    Column("expire_time_ns", BigInteger, nullable=False),
    Column("used_time_ns", BigInteger, nullable=False),
    Column("revoked_time_ns", BigInteger, nullable=False),
)
LOGIN_FAILURES = Table(
    "login_failures",
    METADATA,
    Column("subject", String(128), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("blocked_until_ns", BigInteger, nullable=False),
)
RATE_COUNTERS = Table(
    "rate_counters",
    METADATA,
    Column("subject", String(128), primary_key=True),
    Column("free_at_ns", BigInteger, nullable=False),
)
GENERATION = Table(
    "generation",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""How often somebody's rights were changed or ended: who remembers them looks here."""
INVITATIONS = Table(
    "invitations",
    METADATA,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("expire_time_ns", BigInteger, nullable=False),
)
AUDIT = Table(
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(200), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("address", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("link", LargeBinary, nullable=False),
)
KEPT_ANSWERS = Table(
    "kept_answers",
    METADATA,
    Column("user_id", String(32), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Index("ix_kept_answers_time_ns", "time_ns"),
)
JOBS = Table(
    "jobs",
    METADATA,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("job_id", String(32), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("user_id", String(32), nullable=False, index=True),
    Column("user_name", String(64), nullable=False),
    Column("request", Text, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("progress", Integer, nullable=False),
    Column("message", String(200), nullable=False),
    Column("log", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("created_time_ns", BigInteger, nullable=False),
    Column("started_time_ns", BigInteger, nullable=False),
    Column("ended_time_ns", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("lease_until_ns", BigInteger, nullable=False),
    Column("is_cancel_asked", Boolean, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("due_time_ns", BigInteger, nullable=False),
    Column("attempts_max", Integer, nullable=False),
)
