"""Queues in the database, priorities and retries of jobs, schedules, leases."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PHASE = "pre"

JOB_COLUMNS = ("priority", "due_time_ns", "attempts_max")


def upgrade() -> None:
    """Go to this layout."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "queued",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False, index=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("taken_until_ns", sa.BigInteger, nullable=False),
        sa.Column("receipt", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
    )
    # With defaults, so that a program of the layout before goes on adding jobs.
    op.add_column("jobs", sa.Column("priority", sa.Integer, nullable=False, server_default="1"))
    op.add_column(
        "jobs", sa.Column("due_time_ns", sa.BigInteger, nullable=False, server_default="0")
    )
    op.add_column("jobs", sa.Column("attempts_max", sa.Integer, nullable=False, server_default="1"))
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("user_name", sa.String(64), nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("every_s", sa.BigInteger, nullable=False),
        sa.Column("next_time_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("until_ns", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Go back to the layout before."""
    op.drop_table("leases")
    op.drop_table("schedules")
    with op.batch_alter_table("jobs") as batch:
        for name in JOB_COLUMNS:
            batch.drop_column(name)
    op.drop_table("queued")
