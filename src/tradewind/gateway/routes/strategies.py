"""Strategies: the library, those of the run, and starting and stopping them."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import trading_answers as told
from tradewind.gateway import trail
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.described import acts, answers
from tradewind.gateway.once import once
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.routes.trading import MarketReader, Reader, part
from tradewind.gateway.schemas import StartStrategy
from tradewind.gateway.second_person import need_second_person
from tradewind.gateway.services import Services
from tradewind.gateway.views import accounts_by_strategy
from tradewind.runtime.control_messages import (
    StartStrategyRequest,
    StatusRequest,
    StopStrategyRequest,
)
from tradewind.strategies.library import LIBRARY, library_strategy

LIVE = "live"

router = APIRouter(prefix="/api/v1/strategies", tags=["strategies"])

Conductor = Annotated[Principal, require(Permission.RUN_STRATEGIES)]
Name = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9_]+$", examples=["ma_crossover"])]


@router.get("", summary="Strategies and why one stopped", **answers(told.Strategies))
async def strategies(request: Request, services: UseServices, principal: Reader) -> Response:
    """Every strategy of the run with its account."""
    return await part(request, services, principal, "strategies")


@router.get("/classes", summary="The library", **answers(told.StrategyClasses))
async def classes(request: Request, principal: MarketReader) -> Response:
    """Every strategy that can be run, with the defaults of its parameters."""
    found = await run_in_threadpool(lambda: [_class(name) for name in LIBRARY])
    return reply(request, {"classes": found})


@router.post(
    "/{name}/start", status_code=202, summary="Start a strategy", **acts(told.StrategyAsked)
)
async def start(
    name: Name,
    request: Request,
    wanted: StartStrategy,
    services: UseServices,
    principal: Conductor,
) -> Response:
    """Start one that does not run, with parameters over those of its plan. It stays so over a
    restart of the platform. Where `TRADEWIND_FOUR_EYES` is set and the engine trades live it needs
    a second person, and is 409 for the first.
    """
    await _check_accounts(services, principal)

    async def act() -> dict[str, Any]:
        careful = services.options.needs_two_people
        if careful and (await services.engine.ask(StatusRequest()))["mode"] == LIVE:
            await need_second_person(request, services, principal, [name, wanted.parameters])
        asked = StartStrategyRequest(name, wanted.parameters, principal.name)
        done = await services.engine.ask(asked)
        await trail.note(request, "strategy started", name, parameters=wanted.parameters)
        return {"strategy": name, **done}

    return await once(request, services, principal, act, status=202)


@router.post("/{name}/stop", status_code=202, summary="Stop a strategy", **acts(told.StrategyAsked))
async def stop(
    name: Name, request: Request, services: UseServices, principal: Conductor
) -> Response:
    """Stop one that runs; its open orders and positions stay. It stays so over a restart."""
    await _check_accounts(services, principal)

    async def act() -> dict[str, Any]:
        done = await services.engine.ask(StopStrategyRequest(name, principal.name))
        await trail.note(request, "strategy stopped", name)
        return {"strategy": name, **done}

    return await once(request, services, principal, act, status=202)


def _class(name: str) -> dict[str, Any]:
    found = library_strategy(name)
    summary = (inspect.getdoc(found) or "").split("\n\n")[0].replace("\n", " ")
    parameters = {key: str(value) for key, value in found().parameters().items()}
    return {"name": name, "summary": summary, "parameters": parameters}


async def _check_accounts(services: Services, principal: Principal) -> None:
    """An engine has one account that all its strategies trade on: it must be the principal's."""
    accounts = set((await accounts_by_strategy(services)).values())
    if not any(principal.may_see(account) for account in accounts):
        raise Problem(403, "no account of this engine is yours to trade on")
