"""Reading the audit trail."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import system_answers as told
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.described import answers
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.reply import reply
from tradewind.ports.audit import AuditEntry, first_break

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

Reader = Annotated[Principal, require(Permission.READ_AUDIT)]


@router.get("", summary="Who did what, newest first", **answers(told.AuditPage))
async def entries(
    request: Request,
    services: UseServices,
    principal: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int, Query(ge=0, lt=2**63, description="cursor of the last answer")] = 0,
) -> Response:
    """Logins, refusals, orders, halts and changes of users and keys."""
    found = await run_in_threadpool(services.audit.newest, before=before, limit=limit)
    cursor = found[-1].number if len(found) == limit else 0
    rows = [_row(entry) for entry in found]
    return reply(request, {"entries": rows, "next_before": cursor})


@router.get(
    "/verification",
    summary="Whether the trail is as it was written",
    **answers(told.AuditVerification),
)
async def verification(request: Request, services: UseServices, principal: Reader) -> Response:
    """The number of the first entry that was changed, or 0."""
    broken = await run_in_threadpool(first_break, services.audit)
    return reply(request, {"is_whole": broken == 0, "first_break": broken})


def _row(entry: AuditEntry) -> dict[str, Any]:
    row = msgspec.structs.asdict(entry)
    return row | {"detail": msgspec.json.decode(entry.detail), "link": entry.link.hex()}
