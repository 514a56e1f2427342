"""The gateway's HTTP application: health, metrics, status, and a plain page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from tradewind.gateway.metrics import HttpMetrics, engine_metrics
from tradewind.gateway.page import CONTENT_SECURITY_POLICY, fragment, page, sentence
from tradewind.model.errors import TradewindError
from tradewind.runtime.control_client import EngineUnreachable, ask
from tradewind.runtime.control_messages import (
    HealthRequest,
    MetricsRequest,
    Request,
    StatusRequest,
)
from tradewind.runtime.read_models import Status
from tradewind.version import VERSION

ENGINE_DEADLINE_S = 2.0
"""An engine that takes longer to answer counts as unreachable."""
HOSTS = ("127.0.0.1", "localhost")
"""Other names are refused, so that no page from elsewhere can reach us under its own name."""
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


Stored = Callable[[Path, str], Status | None]
"""What the last run of a home left, and why no engine answers; None where nothing was left."""


def create_app(home: Path, stored: Stored) -> FastAPI:
    """Return the application over the engine of a home, or what it left where it does not run."""
    app = FastAPI(
        title="Tradewind",
        version=VERSION,
        # The interactive documents load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    metrics = HttpMetrics()
    _add_routes(app, home, metrics, stored)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))
    app.add_middleware(metrics.middleware)
    app.add_exception_handler(TradewindError, _unreachable)
    return app


def _add_routes(app: FastAPI, home: Path, metrics: HttpMetrics, stored: Stored) -> None:
    """Add the routes. They wait for the engine, so each runs on a thread of its own."""

    def engine(request: Request) -> Any:
        return ask(home, request, deadline_s=ENGINE_DEADLINE_S)

    def found_status() -> Status:
        try:
            found: Status = engine(StatusRequest())
        except EngineUnreachable as error:
            left = stored(home, str(error))
            if left is None:
                raise
            return left
        return found

    @app.get("/health", summary="Whether the engine does its work")
    def health() -> JSONResponse:
        try:
            found = engine(HealthRequest())
        except TradewindError as error:
            found = {"ok": False, "reasons": [str(error)], "degraded": [], "venues": []}
        return JSONResponse(found | {"version": VERSION}, 200 if found["ok"] else 503)

    @app.get("/metrics", summary="Numbers for Prometheus")
    def prometheus() -> Response:
        try:
            found = engine(MetricsRequest())
        except TradewindError:
            found = None
        return Response(metrics.exposition() + engine_metrics(found), media_type=METRICS_TYPE)

    @app.get("/api/v1/status", summary="Everything at a glance")
    def status(format: Literal["json", "html"] = "json") -> Response:
        if format == "json":
            return JSONResponse(found_status(), headers=PAGE_HEADERS)
        return HTMLResponse(_shown(), headers=PAGE_HEADERS)

    @app.get("/", summary="A plain page", include_in_schema=False)
    def plain_page() -> HTMLResponse:
        return HTMLResponse(page(_shown()), headers=PAGE_HEADERS)

    def _shown() -> str:
        try:
            return fragment(found_status())
        except TradewindError as error:
            return sentence(str(error))


async def _unreachable(_: Any, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 503)
