"""The journal where PostgreSQL keeps it; SQLite keeps it in a file of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this layout."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "journals",
        sa.Column("journal_id", sa.String(8), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("anchor_sequence", sa.BigInteger, nullable=False),
        sa.Column("anchor_chain", sa.LargeBinary, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        # one row, changed by every group: room to change it within its page
        postgresql_with={"fillfactor": "10", "autovacuum_vacuum_threshold": "200"},
    )
    op.create_table(
        "journal_groups",
        sa.Column("journal_id", sa.String(8), primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "journal_snapshots",
        sa.Column("journal_id", sa.String(8), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("state_hash", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Go back to the layout before."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in ("journal_snapshots", "journal_groups", "journals"):
        op.drop_table(table)
