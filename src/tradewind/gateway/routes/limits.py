"""Limits, rules of risk and exposure: read, changed by command; and what risk said of an order."""

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
from tradewind.gateway.kept_replies import Made
from tradewind.gateway.once import once
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import aged_reply, reply
from tradewind.gateway.routes.trading import Reader
from tradewind.gateway.schemas import ChangeLimits, ChangeRiskRule
from tradewind.gateway.second_person import is_raise, need_second_person
from tradewind.gateway.services import Services
from tradewind.gateway.views import visible_rows
from tradewind.ports.records import DenialRow, OrderRow
from tradewind.runtime.control_messages import (
    ChangeLimitsRequest,
    ChangeRiskRuleRequest,
    ExposuresRequest,
    LimitsRequest,
    RiskRulesRequest,
)

router = APIRouter(prefix="/api/v1/risk", tags=["risk"])

Keeper = Annotated[Principal, require(Permission.CHANGE_LIMITS)]


@router.get("/limits", summary="The limits of every scope", **answers(told.LimitsShown))
async def limits(request: Request, services: UseServices, principal: Reader) -> Response:
    """Limits of the firm, of accounts and of strategies, as they stand."""

    async def make(max_age_ns: int) -> Made:
        reading = await services.engine.read(LimitsRequest(), max_age_ns)
        return reading.answer, reading.time_ns

    return await aged_reply(request, services, make)


@router.patch("/limits", summary="Change limits of a scope", **acts(told.LimitsChanged))
async def change_limits(
    request: Request, wanted: ChangeLimits, services: UseServices, principal: Keeper
) -> Response:
    """Set the limits that are named, take away those that are null; the others stay.

    It is an event of the journal, stands for the next order on, and holds over a restart. Where
    `TRADEWIND_FOUR_EYES` is set a raise needs a second person, and is 409 for the first.
    """

    async def act() -> dict[str, Any]:
        changes = wanted.changes.model_dump(mode="json", exclude_unset=True)
        await _check_raise(request, services, principal, wanted.scope, changes)
        asked = ChangeLimitsRequest(wanted.scope, changes, principal.name)
        done: dict[str, Any] = await services.engine.ask(asked)
        await trail.note(request, "limits changed", wanted.scope, **changes)
        return done

    return await once(request, services, principal, act)


@router.get(
    "/rules", summary="Levels, stress scenarios, terms of accounts", **answers(told.RiskRules)
)
async def rules(request: Request, services: UseServices, principal: Reader) -> Response:
    """What the risk monitor does at which value, what it plays, and what accounts may do."""

    async def make(max_age_ns: int) -> Made:
        reading = await services.engine.read(RiskRulesRequest(), max_age_ns)
        terms = {
            account: one
            for account, one in reading.answer["terms"].items()
            if principal.may_see(account)
        }
        return {**reading.answer, "terms": terms}, reading.time_ns

    return await aged_reply(request, services, make)


@router.patch("/rules", summary="Change one rule of risk", **acts(told.RiskRuleChanged))
async def change_rule(
    request: Request, wanted: ChangeRiskRule, services: UseServices, principal: Keeper
) -> Response:
    """Change the levels of a measure, put in a stress scenario, or change terms of an account.

    It is an event of the journal and holds over a restart. Where `TRADEWIND_FOUR_EYES` is set it
    needs a second person, and is 409 for the first.
    """

    async def act() -> dict[str, Any]:
        said = [wanted.kind, wanted.name, wanted.changes]
        await need_second_person(request, services, principal, said)
        asked = ChangeRiskRuleRequest(wanted.kind, wanted.name, wanted.changes, principal.name)
        done: dict[str, Any] = await services.engine.ask(asked)
        changes = "none" if wanted.changes is None else wanted.changes
        await trail.note(
            request, "risk rule changed", wanted.name, kind=wanted.kind, changes=changes
        )
        return done

    return await once(request, services, principal, act)


@router.get("/exposure", summary="Exposure of each account", **answers(told.Exposures))
async def exposure(request: Request, services: UseServices, principal: Reader) -> Response:
    """Gross and net notional, leverage, and the share of each instrument."""

    async def make(max_age_ns: int) -> Made:
        reading = await services.engine.read(ExposuresRequest(), max_age_ns)
        rows = visible_rows(reading.answer["accounts"], principal)
        return {"sequence": reading.answer["sequence"], "accounts": rows}, reading.time_ns

    return await aged_reply(request, services, make)


@router.get("/decisions/{order_id}", summary="What risk said to an order", **answers(told.Decision))
async def decision(
    order_id: str, request: Request, services: UseServices, principal: Reader
) -> Response:
    """Whether it passed; else each rule with the value it saw and the limit it has."""
    found = await run_in_threadpool(partial(_decision, services, principal, order_id))
    if found is None:
        raise Problem(404, f"there is no order {order_id!r}, or not yet: see /api/v1/orders")
    return reply(request, found)


def _decision(services: Services, principal: Principal, order_id: str) -> dict[str, Any] | None:
    records = services.records()
    try:
        orders = records.rows(OrderRow, {"order_id": order_id}, limit=1)
        if not orders or not principal.may_see(orders[0].account):
            return None
        denials = records.rows(DenialRow, {"order_id": order_id}, limit=100)
    finally:
        records.close()
    state = orders[0].state
    first = denials[-1] if denials else None
    sentence = "every rule let it pass"
    if first is not None:
        sentence = f"{first.rule} saw {first.value} and allows {first.limit}"
    return {
        "order_id": order_id,
        "is_passed": state != "DENIED",
        "state": state,
        "denials": [msgspec.structs.asdict(denial) for denial in denials],
        "sentence": sentence,
    }


async def _check_raise(
    request: Request, services: Services, principal: Principal, scope: str, changes: dict[str, Any]
) -> None:
    """A limit that lets more through needs a second person, where that is asked for."""
    if not services.options.needs_two_people:
        return
    shown = (await services.engine.ask(LimitsRequest()))["limits"]
    present: dict[str, Any] = next((row["limits"] for row in shown if row["scope"] == scope), {})
    if is_raise(present, changes):
        await need_second_person(request, services, principal, [scope, changes])
