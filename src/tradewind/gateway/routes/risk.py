"""Risk: halts and resuming, and what was refused."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import trading_answers as told
from tradewind.gateway import trail
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.described import acts, answers
from tradewind.gateway.once import once
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Means, Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.routes.trading import Before, Limit, Reader
from tradewind.gateway.schemas import NewHalt, Resume
from tradewind.gateway.services import Services
from tradewind.gateway.views import listing, shared_page
from tradewind.ports.records import DenialRow, HaltRow
from tradewind.runtime.control_client import EngineUnreachable
from tradewind.runtime.control_messages import HaltRequest, ResumeRequest
from tradewind.runtime.halt_file import write_halt_file

router = APIRouter(prefix="/api/v1/risk", tags=["risk"])


@router.post("/halt", summary="No new orders, and cancel those that work", **acts(told.Scoped))
async def halt(
    request: Request,
    wanted: NewHalt,
    services: UseServices,
    principal: Annotated[Principal, require(Permission.HALT)],
) -> Response:
    """Halt a scope. It stays until it is lifted, also over a restart."""

    async def act() -> dict[str, Any]:
        asked = HaltRequest(wanted.scope, wanted.reason, principal.name)
        try:
            done = await services.engine.ask(asked)
        except EngineUnreachable as error:
            if wanted.scope != "all":
                raise
            path = await run_in_threadpool(write_halt_file, services.home, wanted.reason)
            await trail.note(request, "halted", wanted.scope, reason=wanted.reason)
            raise type(error)(
                f"{error}; {path.name} was left in its home, which halts it"
            ) from None
        await trail.note(request, "halted", wanted.scope, reason=wanted.reason)
        return {"scope": wanted.scope, **done}

    return await once(request, services, principal, act)


@router.post("/resume", summary="Lift a halt", **acts(told.Scoped))
async def resume(
    request: Request,
    wanted: Resume,
    services: UseServices,
    principal: Annotated[Principal, require(Permission.RESUME)],
) -> Response:
    """Lift a halt: needs the typed word and, but on this computer, a new code."""
    await run_in_threadpool(_check_code, services, principal, wanted.code)

    async def act() -> dict[str, Any]:
        asked = ResumeRequest(wanted.scope, principal.name, wanted.confirm)
        done = await services.engine.ask(asked)
        await trail.note(request, "resumed", wanted.scope)
        return {"scope": wanted.scope, **done}

    return await once(request, services, principal, act)


@router.get(
    "/denials", summary="Orders that our risk refused, newest first", **answers(told.DenialsPage)
)
async def denials(
    request: Request,
    services: UseServices,
    principal: Reader,
    limit: Limit = 100,
    before: Before = 0,
) -> Response:
    """The rule, the value it saw and the limit it has, of orders on one's accounts."""
    found = await listing(services)
    read = partial(_denials, services, principal, found.accounts, limit, before)
    return reply(request, await run_in_threadpool(read))


@router.get("/halts", summary="Halts, newest first, the lifted ones too", **answers(told.HaltsPage))
async def halts(
    request: Request,
    services: UseServices,
    principal: Reader,
    limit: Limit = 100,
    before: Before = 0,
) -> Response:
    """When, why and by whom; and when it was lifted."""
    page = partial(shared_page, HaltRow, services, limit=limit, before=before)
    return reply(request, await run_in_threadpool(page))


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


def _check_code(services: Services, principal: Principal, code: str) -> None:
    if principal.means is Means.LOCAL:
        return
    user = services.identities.user(principal.user_id)
    if user is None or not services.logins.confirm(user, code):
        raise Problem(403, "code: send the present code of your second factor; each is good once")
