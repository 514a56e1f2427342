"""Venues: how they stand, on what we disagree, and reconciling by hand."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from tradewind.api import trading_answers as told
from tradewind.gateway import trail
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.content import with_times
from tradewind.gateway.described import acts, answers
from tradewind.gateway.once import once
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.routes.trading import Reader, part
from tradewind.gateway.schemas import Reconcile
from tradewind.gateway.views import status_reading
from tradewind.runtime.acceptance import Seen, halting, seen_of
from tradewind.runtime.control_messages import ReconcileRequest

router = APIRouter(prefix="/api/v1/venues", tags=["venues"])

Keeper = Annotated[Principal, require(Permission.MANAGE_VENUES)]
Name = Annotated[str, Path(max_length=32, pattern=r"^[A-Za-z0-9_-]+$", examples=["SIM"])]


@router.get("", summary="How each venue stands", **answers(told.Venues))
async def venues(request: Request, services: UseServices, principal: Reader) -> Response:
    """State, circuit breaker, connections, clock, and when it was last reconciled."""
    return await part(request, services, principal, "venues")


@router.get("/differences", summary="Where we and the venues disagree", **answers(told.Differences))
async def differences(request: Request, services: UseServices, principal: Reader) -> Response:
    """What reconciliation found at its last look, and the rule that it followed."""
    return await part(request, services, principal, "differences")


@router.post("/{name}/reconcile", summary="Reconcile with a venue now", **acts(told.Reconciled))
async def reconcile(
    name: Name,
    request: Request,
    wanted: Reconcile,
    services: UseServices,
    principal: Keeper,
) -> Response:
    """Compare orders, fills, balances and positions. With `accept` the venue's word is taken on
    what halts it, as it is shown now, and the reason is journaled.
    """

    async def act() -> dict[str, Any]:
        seen: tuple[Seen, ...] = ()
        if wanted.accept:
            reading = await status_reading(services)
            seen = seen_of(halting(reading.answer["differences"], name))
        asked = ReconcileRequest(name, seen, wanted.reason, principal.name)
        done = await services.engine.ask(asked)
        await trail.note(request, "reconciled", name, accept=wanted.accept)
        found: dict[str, Any] = with_times(done)
        return found

    return await once(request, services, principal, act)
