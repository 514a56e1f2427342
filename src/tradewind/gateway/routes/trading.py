"""What there is and what was done: instruments, market, positions, accounts, fills, denials."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from tradewind.gateway.access import UseServices, require
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.services import Services
from tradewind.gateway.views import listing, rows_page, status_reading, visible_status
from tradewind.ports.records import BadTickRow, DenialRow, FillRow, HaltRow, Row

router = APIRouter(prefix="/api/v1", tags=["trading"])

Reader = Annotated[Principal, require(Permission.READ_TRADING)]
MarketReader = Annotated[Principal, require(Permission.READ_MARKET)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Before = Annotated[int, Query(ge=0, description="cursor of the last answer")]


@router.get("/status", summary="Everything at a glance")
async def status(services: UseServices, principal: Reader) -> Response:
    """Straight from the engine, with what is on other accounts left out."""
    found, age_ms = await _status(services, principal)
    return JSONResponse(found | {"age_ms": age_ms})


@router.get("/instruments", summary="What can be traded")
async def instruments(services: UseServices, principal: MarketReader) -> Response:
    """Every instrument in its newest version."""
    found = await listing(services)
    return JSONResponse({"instruments": [_shown(each) for each in found.instruments]})


@router.get("/market", summary="Best prices of all instruments")
async def market(services: UseServices, principal: MarketReader) -> Response:
    """Best bid, best ask and last price, with the age of each."""
    return await _part(services, principal, "market")


@router.get("/positions", summary="Positions")
async def positions(services: UseServices, principal: Reader) -> Response:
    """Positions that are not flat."""
    return await _part(services, principal, "positions")


@router.get("/accounts", summary="Accounts: equity, cash, exposure")
async def accounts(services: UseServices, principal: Reader) -> Response:
    """Accounts in their own currency."""
    return await _part(services, principal, "accounts")


@router.get("/strategies", summary="Strategies and why one stopped")
async def strategies(services: UseServices, principal: Reader) -> Response:
    """Every strategy with its account."""
    return await _part(services, principal, "strategies")


@router.get("/fills", summary="Fills, newest first")
async def fills(
    services: UseServices, principal: Reader, limit: Limit = 100, before: Before = 0
) -> Response:
    """Executions of our orders."""
    return await _page(FillRow, services, principal, limit, before)


@router.get("/risk/denials", summary="Orders that our risk refused, newest first")
async def denials(
    services: UseServices, principal: Reader, limit: Limit = 100, before: Before = 0
) -> Response:
    """The rule, the value it saw and the limit it has, of orders on one's accounts."""
    found = await listing(services)
    records = partial(_denials, services, principal, found.accounts, limit, before)
    return JSONResponse(await run_in_threadpool(records))


@router.get("/risk/halts", summary="Halts, newest first, the lifted ones too")
async def halts(
    services: UseServices, principal: Reader, limit: Limit = 100, before: Before = 0
) -> Response:
    """When, why and by whom; and when it was lifted."""
    return await _shared_page(HaltRow, services, limit, before)


@router.get("/data/bad-ticks", summary="Market data that was refused, newest first")
async def bad_ticks(
    services: UseServices, principal: MarketReader, limit: Limit = 100, before: Before = 0
) -> Response:
    """The reason and the raw bytes, in hexadecimal."""
    return await _shared_page(BadTickRow, services, limit, before)


async def _status(services: Services, principal: Principal) -> tuple[dict[str, Any], int]:
    reading = await status_reading(services)
    age_ms = (services.now_ns() - reading.time_ns) // 1_000_000
    return visible_status(reading.answer, principal), age_ms


async def _part(services: Services, principal: Principal, name: str) -> Response:
    found, age_ms = await _status(services, principal)
    return JSONResponse({name: found[name], "sequence": found["sequence"], "age_ms": age_ms})


async def _page(
    kind: type[Row], services: Services, principal: Principal, limit: int, before: int
) -> Response:
    page = partial(rows_page, kind, services, principal, limit=limit, before=before)
    return JSONResponse(await run_in_threadpool(page))


async def _shared_page(kind: type[Row], services: Services, limit: int, before: int) -> Response:
    """A page of rows that belong to no account."""

    def read() -> dict[str, Any]:
        records = services.records()
        try:
            rows = records.rows(kind, before=before, limit=limit)
        finally:
            records.close()
        return {
            "rows": [_hexed(msgspec.structs.asdict(row)) for row in rows],
            "next_before": rows[-1].sequence if len(rows) == limit else 0,
        }

    return JSONResponse(await run_in_threadpool(read))


def _denials(
    services: Services,
    principal: Principal,
    accounts: dict[str, str],
    limit: int,
    before: int,
) -> dict[str, Any]:
    records = services.records()
    try:
        rows = records.rows(DenialRow, before=before, limit=limit)
    finally:
        records.close()
    own = [row for row in rows if principal.may_see(accounts.get(row.strategy, ""))]
    return {
        "rows": [msgspec.structs.asdict(row) for row in own],
        "next_before": rows[-1].sequence if len(rows) == limit else 0,
    }


def _hexed(row: dict[str, Any]) -> dict[str, Any]:
    return {key: each.hex() if isinstance(each, bytes) else each for key, each in row.items()}


def _shown(instrument: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(instrument)
    return found
