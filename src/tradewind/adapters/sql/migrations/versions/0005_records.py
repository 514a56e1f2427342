"""Records of any number of journals, and which programs may use a database."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PHASE = "pre"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TYPES: dict[str, Any] = {"": TEXT, "n": sa.BigInteger(), "b": sa.LargeBinary()}
# Columns that end in ":n" are numbers, in ":b" bytes, all others text; the key stands first.
TABLES = {
    "record_instruments": (
        "instrument",
        "sequence:n version:n tick lot price_digits:n quantity_digits:n currency base kind",
    ),
    "record_strategies": ("strategy", "sequence:n account code reason"),
    "record_orders": (
        "order_id",
        """sequence:n strategy account venue instrument side type state is_open:n quantity
        filled_quantity limit_price stop_price average_price filled_notional time_in_force leg
        venue_order_id reason intended_time_ns:n changed_time_ns:n ends_as stated_quantity amends
        amends_sent:n""",
    ),
    "record_fills": (
        "order_id fill_id",
        """sequence:n time_ns:n account strategy instrument side price quantity fee fee_currency
        liquidity""",
    ),
    "record_positions": (
        "account strategy instrument leg",
        "sequence:n time_ns:n quantity average_price realised",
    ),
    "record_balances": ("account currency", "sequence:n time_ns:n cash"),
    "record_equity": (
        "account time_ns:n",
        "sequence:n currency equity cash unrealised exposure",
    ),
    "record_denials": ("sequence:n", "time_ns:n order_id strategy rule value limit"),
    "record_halts": (
        "number:n",
        "sequence:n scope time_ns:n reason by resumed_time_ns:n resumed_by",
    ),
    "record_bad_ticks": ("sequence:n", "time_ns:n instrument reason raw:b"),
    "projections": ("name", "sequence:n"),
}


def upgrade() -> None:
    """Go to this layout."""
    for table, (key, rest) in TABLES.items():
        op.create_table(
            table,
            sa.Column("journal", TEXT, primary_key=True, nullable=False),
            *key_columns(key),
            *columns(rest),
        )
        if table != "projections" and key != "sequence:n":
            op.create_index(f"ix_{table}_sequence", table, ["journal", "sequence"])
    is_open = sa.text("is_open = 1")
    op.create_index(
        "ix_record_orders_open",
        "record_orders",
        ["journal"],
        postgresql_where=is_open,
        sqlite_where=is_open,
    )
    oldest = op.create_table("oldest_program", sa.Column("layout", TEXT, primary_key=True))
    op.bulk_insert(oldest, [{"layout": "0001"}])


def downgrade() -> None:
    """Go back to the layout before; records are built again from the journal."""
    for table in ("oldest_program", *TABLES):
        op.drop_table(table)


def columns(names: str) -> list[sa.Column]:
    """The columns of a list of names with their kinds."""
    return [sa.Column(*named(name), nullable=False) for name in names.split()]


def key_columns(names: str) -> list[sa.Column]:
    """The same as parts of the key."""
    return [
        sa.Column(*named(name), primary_key=True, nullable=False, autoincrement=False)
        for name in names.split()
    ]


def named(name: str) -> tuple[str, Any]:
    """Name and type."""
    plain, _, kind = name.partition(":")
    return plain, TYPES[kind]
