"""The tables of queues: messages on their way, those that wait, ids of those handled, schedules."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from tradewind.adapters.sql.tables import METADATA

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("message_id", String(64), primary_key=True),
    Column("queue", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("due_time_ns", BigInteger, nullable=False, index=True),
    Column("relay_until_ns", BigInteger, nullable=False),
)
INBOX = Table(
    "inbox",
    METADATA,
    Column("consumer", String(64), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("time_ns", BigInteger, nullable=False, index=True),
)
# A message with a reason is dead; one with a receipt is in somebody's hands.
QUEUED = Table(
    "queued",
    METADATA,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("message_id", String(64), nullable=False),
    Column("queue", String(64), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("taken_until_ns", BigInteger, nullable=False),
    Column("receipt", String(32), nullable=False),
    Column("reason", String(200), nullable=False),
)
SCHEDULES = Table(
    "schedules",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("user_name", String(64), nullable=False),
    Column("request", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("every_s", BigInteger, nullable=False),
    Column("next_time_ns", BigInteger, nullable=False),
)
LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until_ns", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)
