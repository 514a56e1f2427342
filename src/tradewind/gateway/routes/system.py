"""The gateway and the engine themselves: health, metrics, the plain page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import system_answers as told
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.described import answers
from tradewind.gateway.guard import is_loopback
from tradewind.gateway.metrics import engine_metrics
from tradewind.gateway.page import CONTENT_SECURITY_POLICY, fragment, page, sentence
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.services import Services
from tradewind.gateway.serving import has_streaming
from tradewind.gateway.views import status_reading, visible_status
from tradewind.model.errors import TradewindError
from tradewind.runtime.control_messages import HealthRequest, MetricsRequest
from tradewind.version import VERSION

router = APIRouter(tags=["system"])

ConfigurationReader = Annotated[Principal, require(Permission.READ_CONFIGURATION)]
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PAGE_HEADERS = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
LOG_IN = "This gateway asks for a login: POST /api/v1/auth/login, or send an API key."


@router.get("/health", summary="Whether the engine does its work", **answers(told.Health))
async def health(request: Request, services: UseServices) -> Response:
    """Return 200 while all is well, else 503 with the reasons."""
    found = await _engine_health(services)
    return reply(request, found | {"version": VERSION}, status=200 if found["ok"] else 503)


@router.get("/ready", summary="Whether requests can be answered", **answers(told.Ready))
async def ready(request: Request, services: UseServices) -> Response:
    """Return 200 while the security store answers and an engine is there."""
    is_there, parts = await _parts(services)
    is_ready = parts["security store"]["ok"] and is_there
    body = {"ready": is_ready, "parts": parts}
    return reply(request, body, status=200 if is_ready else 503)


@router.get("/api/v1/health", summary="The state of every part", **answers(told.HealthMatrix))
async def matrix(request: Request, services: UseServices) -> Response:
    """Engine, venues, stores and queues, each with why it is not well."""
    parts = (await _parts(services))[1]
    is_well = all(part["ok"] for part in parts.values())
    return reply(request, {"ok": is_well, "parts": parts, "version": VERSION})


@router.get(
    "/api/v1/configuration",
    summary="Every setting as it took effect",
    **answers(told.Configuration),
)
async def configuration(
    request: Request, services: UseServices, principal: ConfigurationReader
) -> Response:
    """Values with where each came from; secrets are masked."""
    return reply(request, {"settings": services.settings()})


@router.get("/metrics", summary="Numbers for Prometheus")
async def prometheus(request: Request, services: UseServices) -> Response:
    """For this computer, for local mode, and for who may read trading."""
    _check_may_scrape(request)
    try:
        found = (await services.engine.read(MetricsRequest())).answer
    except TradewindError:
        found = None
    text = await run_in_threadpool(lambda: services.metrics.exposition() + engine_metrics(found))
    return Response(text, media_type=METRICS_TYPE)


@router.get("/", include_in_schema=False)
async def plain_page(request: Request, services: UseServices) -> HTMLResponse:
    """The page that refreshes itself."""
    return HTMLResponse(page(await _shown(request, services)), headers=PAGE_HEADERS)


@router.get("/page/status", include_in_schema=False)
async def page_status(request: Request, services: UseServices) -> HTMLResponse:
    """The part of the page that changes."""
    return HTMLResponse(await _shown(request, services), headers=PAGE_HEADERS)


async def _shown(request: Request, services: Services) -> str:
    principal: Principal | None = request.state.principal
    if principal is None or not principal.may(Permission.READ_TRADING):
        return sentence(LOG_IN)
    try:
        reading = await status_reading(services)
    except TradewindError as error:
        return sentence(str(error))
    shown: Any = visible_status(reading.answer, principal)
    return fragment(shown)


async def _engine_health(services: Services) -> dict[str, Any]:
    try:
        found: dict[str, Any] = (await services.engine.read(HealthRequest())).answer
    except TradewindError as error:
        return {"ok": False, "reasons": [str(error)], "degraded": [], "venues": []}
    return found


async def _parts(services: Services) -> tuple[bool, dict[str, dict[str, Any]]]:
    """Whether an engine is there, and every part of the platform."""
    engine = await _engine_health(services)
    is_there = engine["ok"] or not any("engine" in reason for reason in engine["reasons"])
    venues = {f"venue {row['venue']}": _venue_part(row) for row in engine["venues"]}
    return is_there, {
        "engine": {"ok": engine["ok"], "reasons": engine["reasons"]},
        "beside trading": {"ok": not engine["degraded"], "reasons": engine["degraded"]},
        **venues,
        "security store": await _checked(services.identities.users),
        "records": await _checked(lambda: services.records().close()),
        "jobs": await _jobs_part(services),
        "stream": _stream_part(),
    }


def _stream_part() -> dict[str, Any]:
    reasons = [] if has_streaming() else ["the package websockets is missing: install it"]
    return {"ok": not reasons, "reasons": reasons}


async def _jobs_part(services: Services) -> dict[str, Any]:
    """The queue of jobs: whether it can be read, and whether anybody takes from it."""
    part = await _checked(services.jobs.counts)
    if part["ok"] and services.runner.complaint:
        return {"ok": False, "reasons": [services.runner.complaint]}
    return part


def _venue_part(row: dict[str, Any]) -> dict[str, Any]:
    is_well = row["state"] == "trading"
    return {"ok": is_well, "reasons": [] if is_well else [row["reason"] or row["state"]]}


async def _checked(question: Any) -> dict[str, Any]:
    try:
        await run_in_threadpool(question)
    except TradewindError as error:
        return {"ok": False, "reasons": [str(error)]}
    return {"ok": True, "reasons": []}


def _check_may_scrape(request: Request) -> None:
    principal: Principal | None = request.state.principal
    if principal is not None and principal.may(Permission.READ_TRADING):
        return
    if not is_loopback(request.state.address):
        raise Problem(401, "metrics are for this computer, or with an API key")
