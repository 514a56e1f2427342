"""Halting and resuming."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.gateway import trail
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.once import once
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Means, Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.schemas import NewHalt, Resume
from tradewind.gateway.services import Services
from tradewind.runtime.control_messages import HaltRequest, ResumeRequest

router = APIRouter(prefix="/api/v1/risk", tags=["risk"])


@router.post("/halt", summary="No new orders, and cancel those that work")
async def halt(
    request: Request,
    wanted: NewHalt,
    services: UseServices,
    principal: Annotated[Principal, require(Permission.HALT)],
) -> Response:
    """Halt a scope. It stays until it is lifted, also over a restart."""

    async def act() -> dict[str, Any]:
        done = await services.engine.ask(HaltRequest(wanted.scope, wanted.reason, principal.name))
        await trail.note(request, "halted", wanted.scope, reason=wanted.reason)
        return {"scope": wanted.scope, **done}

    return await once(request, services, principal, act)


@router.post("/resume", summary="Lift a halt")
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


def _check_code(services: Services, principal: Principal, code: str) -> None:
    if principal.means is Means.LOCAL:
        return
    user = services.identities.user(principal.user_id)
    if user is None or not services.logins.confirm(user, code):
        raise Problem(403, "code: send the present code of your second factor; each is good once")
