"""What many workers share: rate counters, and how often somebody's rights changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this layout."""
    op.create_table(
        "rate_counters",
        sa.Column("subject", sa.String(128), primary_key=True),
        sa.Column("free_at_ns", sa.BigInteger, nullable=False),
    )
    generation = op.create_table(
        "generation",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(generation, [{"name": "rights", "number": 1}])


def downgrade() -> None:
    """Go back to the layout before."""
    op.drop_table("generation")
    op.drop_table("rate_counters")
