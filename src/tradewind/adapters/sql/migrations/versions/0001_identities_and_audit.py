"""Identities, the audit trail, and answers kept for repeated requests."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this layout."""
    _create_identities()
    _create_logins()
    _create_trail()


def _create_identities() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("accounts", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("created_time_ns", sa.BigInteger, nullable=False),
        sa.Column("is_disabled", sa.Boolean, nullable=False),
        sa.Column("totp", sa.LargeBinary, nullable=False),
        sa.Column("totp_since_ns", sa.BigInteger, nullable=False),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("recovery_hashes", sa.Text, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String(32), nullable=False, index=True),
        sa.Column("refresh_hash", sa.LargeBinary, nullable=False),
        sa.Column("created_time_ns", sa.BigInteger, nullable=False),
        sa.Column("used_time_ns", sa.BigInteger, nullable=False),
        sa.Column("expire_time_ns", sa.BigInteger, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
        sa.Column("revoked_time_ns", sa.BigInteger, nullable=False, index=True),
        sa.Column("second_factor", sa.Boolean, nullable=False),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String(32), nullable=False, index=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("networks", sa.Text, nullable=False),
        sa.Column("created_time_ns", sa.BigInteger, nullable=False),
        sa.Column("expire_time_ns", sa.BigInteger, nullable=False),
        sa.Column("used_time_ns", sa.BigInteger, nullable=False),
        sa.Column("revoked_time_ns", sa.BigInteger, nullable=False),
    )


def _create_logins() -> None:
    op.create_table(
        "login_failures",
        sa.Column("subject", sa.String(128), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("blocked_until_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "invitations",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("expire_time_ns", sa.BigInteger, nullable=False),
    )


def _create_trail() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("link", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "kept_answers",
        sa.Column("user_id", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_kept_answers_time_ns", "kept_answers", ["time_ns"])


def downgrade() -> None:
    """Go back to an empty database."""
    for name in (
        "kept_answers",
        "audit",
        "invitations",
        "login_failures",
        "api_keys",
        "sessions",
        "users",
    ):
        op.drop_table(name)
