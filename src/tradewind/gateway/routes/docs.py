"""The API's own documents, as OpenAPI and as a page; behind the login, where there is one."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from tradewind.gateway.access import Anybody
from tradewind.gateway.docs_page import DOCS_SECURITY_POLICY, docs_page

OPENAPI_PATH = "/api/v1/openapi.json"
HEADERS = {"Content-Security-Policy": DOCS_SECURITY_POLICY}
router = APIRouter(tags=["system"])


@router.get(OPENAPI_PATH, include_in_schema=False)
async def openapi(request: Request, principal: Anybody) -> JSONResponse:
    """Every operation, with an example each."""
    return JSONResponse(request.app.openapi())


@router.get("/docs", include_in_schema=False)
async def page(request: Request, principal: Anybody) -> HTMLResponse:
    """The same for people."""
    return HTMLResponse(docs_page(request.app.openapi()), headers=HEADERS)
