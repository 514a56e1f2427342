"""The status of an engine that does not run, read from the records it left."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from tradewind.ports import records as stored
from tradewind.ports.records import Records
from tradewind.runtime.read_models import (
    AccountRow,
    Health,
    OrderRow,
    PositionRow,
    Status,
    StrategyRow,
)
from tradewind.version import VERSION

MODE = "stopped"
ORDERS_SHOWN_MAX = 200


def stored_status(records: Records, why: str) -> Status | None:
    """What was so when the engine stopped; `why` is the reason of its health. None without rows.

    Prices are those of then, so market data is left out; what would need them is "".
    """
    accounts = _accounts(records)
    if not accounts:
        return None
    newest = records.rows(stored.EquityRow, limit=1)[0]
    return Status(
        version=VERSION,
        mode=MODE,
        sequence=newest.sequence,
        time_ns=newest.time_ns,
        uptime_s=0,
        market=[],
        orders=[_order(row) for row in _open_orders(records)],
        positions=stored_positions(records),
        accounts=accounts,
        strategies=[
            StrategyRow(strategy=row.strategy, account=row.account, reason=row.reason)
            for row in records.rows(stored.StrategyRow)
        ],
        halts=[
            {"scope": row.scope, "reason": row.reason, "by": row.by}
            for row in records.rows(stored.HaltRow, {"resumed_time_ns": 0})
        ],
        counts={},
        venues=[],
        differences=[],
        health=Health(ok=False, reasons=[why], degraded=[], venues=[]),
    )


def stored_positions(records: Records) -> list[PositionRow]:
    """Positions that were not flat, of all strategies of an account together."""
    found: dict[tuple[str, str, str], list[stored.PositionRow]] = defaultdict(list)
    for row in records.rows(stored.PositionRow):
        found[row.account, row.instrument, row.leg].append(row)
    rows = (_position(key, rows) for key, rows in sorted(found.items()))
    return [row for row in rows if Decimal(row["quantity"])]


def _position(key: tuple[str, str, str], rows: list[stored.PositionRow]) -> PositionRow:
    quantity = sum((Decimal(row.quantity) for row in rows), Decimal(0))
    cost = sum(
        (Decimal(row.quantity) * Decimal(row.average_price or 0) for row in rows), Decimal(0)
    )
    digits = max(-int(Decimal(row.average_price or 0).as_tuple().exponent) for row in rows)
    return PositionRow(
        account=key[0],
        instrument=key[1],
        leg=key[2],
        quantity=f"{quantity:f}",
        average_price=f"{abs(cost / quantity):.{digits}f}" if quantity else "",
        market_price="",
        unrealised="",
    )


def _accounts(records: Records) -> list[AccountRow]:
    newest: dict[str, stored.EquityRow] = {}
    for row in records.rows(stored.EquityRow, limit=1_000):
        newest.setdefault(row.account, row)
    return [
        AccountRow(
            account=row.account,
            currency=row.currency,
            equity=row.equity,
            cash=row.cash,
            realised="",
            unrealised=row.unrealised,
            exposure=row.exposure,
        )
        for _, row in sorted(newest.items())
    ]


def _open_orders(records: Records) -> list[stored.OrderRow]:
    return records.rows(stored.OrderRow, {"is_open": 1}, limit=ORDERS_SHOWN_MAX)


def _order(row: stored.OrderRow) -> OrderRow:
    leaves = max(Decimal(0), Decimal(row.quantity) - Decimal(row.filled_quantity))
    return OrderRow(
        order_id=row.order_id,
        strategy=row.strategy,
        instrument=row.instrument,
        side=row.side,
        type=row.type,
        state=row.state,
        quantity=row.quantity,
        filled_quantity=row.filled_quantity,
        leaves_quantity=f"{leaves:f}",
        limit_price=row.limit_price,
        average_price=row.average_price,
        time_ns=row.changed_time_ns,
    )
