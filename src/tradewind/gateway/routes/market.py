"""The market: instruments, best prices, and what was refused of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import market_answers as told
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.described import answers
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.routes.trading import Before, Limit, part
from tradewind.gateway.views import listing, shared_page
from tradewind.model.instruments import Instrument
from tradewind.ports.records import BadTickRow

router = APIRouter(prefix="/api/v1", tags=["market"])

MarketReader = Annotated[Principal, require(Permission.READ_MARKET)]


@router.get("/instruments", summary="What can be traded", **answers(told.Instruments))
async def instruments(request: Request, services: UseServices, principal: MarketReader) -> Response:
    """Every instrument in its newest version."""
    found = await listing(services)
    rows = [_shown(each) for each in found.instruments]
    return reply(request, {"journal_id": found.journal_id, "instruments": rows})


@router.get("/instruments/{instrument:path}", summary="One instrument", **answers(told.Instrument))
async def instrument(
    instrument: str, request: Request, services: UseServices, principal: MarketReader
) -> Response:
    """One instrument in its newest version."""
    found = await listing(services)
    row = next((each for each in found.instruments if each.id == instrument), None)
    if row is None:
        raise Problem(404, f"there is no instrument {instrument!r}: see /api/v1/instruments")
    return reply(request, _shown(row))


@router.get("/market", summary="Best prices of all instruments", **answers(told.Market))
async def market(request: Request, services: UseServices, principal: MarketReader) -> Response:
    """Best bid, best ask and last price, with the age of each."""
    return await part(request, services, principal, "market")


@router.get(
    "/data/bad-ticks",
    summary="Market data that was refused, newest first",
    **answers(told.BadTicksPage),
)
async def bad_ticks(
    request: Request,
    services: UseServices,
    principal: MarketReader,
    limit: Limit = 100,
    before: Before = 0,
) -> Response:
    """The reason and the raw bytes, in hexadecimal."""
    page = partial(shared_page, BadTickRow, services, limit=limit, before=before)
    return reply(request, await run_in_threadpool(page))


def _shown(instrument: Instrument) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(instrument)
    return found
