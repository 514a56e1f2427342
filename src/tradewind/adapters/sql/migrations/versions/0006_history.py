"""The history of market data in PostgreSQL; elsewhere it is Parquet."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PHASE = "pre"

OPTIONAL = ("venue_time_ns", "received_time_ns", "update_id", "conditions")
BARS = ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume")
# The first column is what a row is stored and partitioned under.
TABLES = {
    "history_bars": BARS,
    "history_minute_bars": BARS,
    "history_trades": ("time_ns", "price", "size", "side"),
    "history_quotes": ("time_ns", "bid", "bid_size", "ask", "ask_size"),
    "history_depth": ("time_ns", "side", "price", "size", "flags"),
}


def upgrade() -> None:
    """Go to this layout."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "history_instruments",
        sa.Column("instrument_id", sa.Text, primary_key=True),
        sa.Column("definition", sa.LargeBinary, nullable=False),
        sa.Column("actions", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "history_series",
        sa.Column("series_id", sa.Integer, sa.Identity(always=True), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("instrument_id", sa.Text, nullable=False),
        sa.Column("timeframe", sa.Text, nullable=False),
        sa.Column("columns", sa.Text, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("kind", "instrument_id", "timeframe"),
    )
    for table, columns in TABLES.items():
        op.create_table(
            table,
            sa.Column("series_id", sa.Integer, nullable=False),
            sa.Column("place", sa.Integer, nullable=False),
            *(sa.Column(name, sa.BigInteger, nullable=False) for name in columns),
            *(sa.Column(name, sa.BigInteger) for name in OPTIONAL),
            postgresql_partition_by=f"RANGE ({columns[0]})",
        )
        # Rows of a series come in order of time, so that blocks of pages tell them apart: a
        # thousandth of a tree's size, and hardly a cost for COPY.
        op.create_index(
            f"ix_{table}",
            table,
            ["series_id", columns[0]],
            postgresql_using="brin",
            postgresql_with={"pages_per_range": "16", "autosummarize": "on"},
        )


def downgrade() -> None:
    """Go back to the layout before, with all of the history gone."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in (*TABLES, "history_series", "history_instruments"):
        op.drop_table(table)
