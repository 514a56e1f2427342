"""What a principal may see of the engine's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool

from tradewind.gateway.engine_link import FRESH_NS, Reading
from tradewind.gateway.principal import Principal
from tradewind.gateway.services import Services
from tradewind.ports.records import Row
from tradewind.runtime.control_client import EngineUnreachable
from tradewind.runtime.control_messages import InstrumentsRequest, StatusRequest
from tradewind.runtime.read_models import Listing


async def listing(services: Services) -> Listing:
    """The journal's id, the instruments, and the account of each strategy."""
    reading = await services.engine.read(InstrumentsRequest())
    return msgspec.convert(reading.answer, Listing)


async def accounts_by_strategy(services: Services) -> dict[str, str]:
    """Which account each strategy trades on."""
    return (await listing(services)).accounts


async def status_reading(services: Services, max_age_ns: int = FRESH_NS) -> Reading:
    """The engine's status, or what its last run left where none answers."""
    try:
        return await services.engine.read(StatusRequest(), max_age_ns)
    except EngineUnreachable as error:
        left = await run_in_threadpool(services.stored, str(error))
        if left is None:
            raise
        return Reading(left, services.now_ns())


def visible_orders(
    rows: list[dict[str, Any]], accounts: dict[str, str], principal: Principal
) -> list[dict[str, Any]]:
    """The orders on accounts that are the principal's."""
    return [row for row in rows if principal.may_see(accounts.get(row["strategy"], ""))]


def visible_rows(rows: list[dict[str, Any]], principal: Principal) -> list[dict[str, Any]]:
    """The rows whose account is the principal's."""
    return [row for row in rows if principal.may_see(row["account"])]


def rows_page(
    kind: type[Row],
    services: Services,
    principal: Principal,
    *,
    limit: int,
    before: int,
    where: Mapping[str, str | int] | None = None,
) -> dict[str, Any]:
    """Return a page of rows, newest first, with the cursor of the next one (0 behind the last).

    Blocking. A page may hold fewer rows than asked for: those on other accounts are left out.
    """
    records = services.records()
    try:
        rows = records.rows(kind, where, before=before, limit=limit)
    finally:
        records.close()
    shown = [row for row in rows if principal.may_see(getattr(row, "account", ""))]
    return {
        "rows": [msgspec.structs.asdict(row) for row in shown],
        "next_before": rows[-1].sequence if len(rows) == limit else 0,
    }


def shared_page(kind: type[Row], services: Services, *, limit: int, before: int) -> dict[str, Any]:
    """Return a page of rows that belong to no account; bytes are hexadecimal. Blocking."""
    records = services.records()
    try:
        rows = records.rows(kind, before=before, limit=limit)
    finally:
        records.close()
    return {
        "rows": [_hexed(msgspec.structs.asdict(row)) for row in rows],
        "next_before": rows[-1].sequence if len(rows) == limit else 0,
    }


def _hexed(row: dict[str, Any]) -> dict[str, Any]:
    return {key: each.hex() if isinstance(each, bytes) else each for key, each in row.items()}


def visible_status(status: dict[str, Any], principal: Principal) -> dict[str, Any]:
    """A status with what is on other accounts left out."""
    accounts = {row["strategy"]: row["account"] for row in status["strategies"]}
    return status | {
        "orders": visible_orders(status["orders"], accounts, principal),
        "positions": visible_rows(status["positions"], principal),
        "accounts": visible_rows(status["accounts"], principal),
        "strategies": visible_rows(status["strategies"], principal),
    }
