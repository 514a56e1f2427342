"""Messages on their way to a broker, and the ids of those whose effect is there."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PHASE = "pre"


def upgrade() -> None:
    """Go to this layout."""
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.String(64), primary_key=True),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("due_time_ns", sa.BigInteger, nullable=False, index=True),
        sa.Column("relay_until_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(64), primary_key=True),
        sa.Column("message_id", sa.String(64), primary_key=True),
        sa.Column("time_ns", sa.BigInteger, nullable=False, index=True),
    )


def downgrade() -> None:
    """Go back to the layout before."""
    op.drop_table("inbox")
    op.drop_table("outbox")
