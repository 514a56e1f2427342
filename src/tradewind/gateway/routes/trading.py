"""What there is and what was done: status, positions, accounts with their equity, fills."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import system_answers as system
from tradewind.api import trading_answers as told
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.described import answers
from tradewind.gateway.kept_replies import Made
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import aged_reply, reply
from tradewind.gateway.services import Services
from tradewind.gateway.views import rows_page, status_reading, visible_status
from tradewind.ports.records import EquityRow, FillRow

router = APIRouter(prefix="/api/v1", tags=["trading"])

Reader = Annotated[Principal, require(Permission.READ_TRADING)]
MarketReader = Annotated[Principal, require(Permission.READ_MARKET)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Before = Annotated[int, Query(ge=0, lt=2**63, description="cursor of the last answer")]


@router.get("/status", summary="Everything at a glance", **answers(system.Status))
async def status(request: Request, services: UseServices, principal: Reader) -> Response:
    """Straight from the engine, with what is on other accounts left out."""

    async def make(max_age_ns: int) -> Made:
        reading = await status_reading(services, max_age_ns)
        return visible_status(reading.answer, principal), reading.time_ns

    return await aged_reply(request, services, make)


@router.get("/positions", summary="Positions", **answers(told.Positions))
async def positions(request: Request, services: UseServices, principal: Reader) -> Response:
    """Positions that are not flat."""
    return await part(request, services, principal, "positions")


@router.get("/accounts", summary="Accounts: equity, cash, exposure", **answers(told.Accounts))
async def accounts(request: Request, services: UseServices, principal: Reader) -> Response:
    """Accounts in their own currency."""
    return await part(request, services, principal, "accounts")


@router.get(
    "/accounts/{account}/equity",
    summary="What an account was worth, newest first",
    **answers(told.EquityPage),
)
async def equity(
    account: str,
    request: Request,
    services: UseServices,
    principal: Reader,
    limit: Limit = 100,
    before: Before = 0,
) -> Response:
    """Samples of equity, cash and exposure."""
    if not principal.may_see(account):
        raise Problem(404, f"there is no account {account!r} of yours")
    page = partial(
        rows_page,
        EquityRow,
        services,
        principal,
        limit=limit,
        before=before,
        where={"account": account},
    )
    return reply(request, await run_in_threadpool(page))


@router.get("/fills", summary="Fills, newest first", **answers(told.FillsPage))
async def fills(
    request: Request,
    services: UseServices,
    principal: Reader,
    limit: Limit = 100,
    before: Before = 0,
) -> Response:
    """Executions of our orders."""
    page = partial(rows_page, FillRow, services, principal, limit=limit, before=before)
    return reply(request, await run_in_threadpool(page))


async def part(request: Request, services: Services, principal: Principal, name: str) -> Response:
    """One part of the status with its sequence and age."""

    async def make(max_age_ns: int) -> Made:
        reading = await status_reading(services, max_age_ns)
        found: dict[str, Any] = visible_status(reading.answer, principal)
        body = {name: msgspec.to_builtins(found[name]), "sequence": found["sequence"]}
        return body, reading.time_ns

    return await aged_reply(request, services, make)
