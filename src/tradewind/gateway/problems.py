"""Problems: every error leaves as RFC 9457's `application/problem+json`, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from tradewind.model.errors import OutsideError, UserError
from tradewind.runtime.control_client import EngineRefused, EngineUnreachable

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "Conflict",
    411: "Length required",
    413: "Too large",
    415: "Wrong content type",
    422: "Cannot be understood",
    429: "Too many requests",
    500: "Our fault",
    503: "Not available",
}
FAULTS_SHOWN_MAX = 5
DECIMAL = r"^[0-9]{1,19}(\.[0-9]{1,10})?$"
"""How decimal text looks in requests."""


class Problem(Exception):
    """What a route raises: a status, one sentence, and headers.

    >>> problem(404, "there is no order j0-person-1").status_code
    404
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer for a status and a sentence."""
    body: dict[str, Any] = {"title": TITLES.get(status, "Error"), "status": status}
    return Response(
        msgspec.json.encode(body | {"detail": detail}),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


def add_handlers(app: FastAPI) -> None:
    """Let the application answer with problems."""
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(EngineUnreachable, _answer_unavailable)
    app.add_exception_handler(OutsideError, _answer_unavailable)
    app.add_exception_handler(EngineRefused, _answer_refused)
    app.add_exception_handler(UserError, _answer_refused)


async def _answer_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem(error.status, error.detail, error.headers)


async def _answer_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = {404: "there is nothing at this path", 405: "this path has no such method"}
    return problem(
        error.status_code, detail.get(error.status_code, str(error.detail)), error.headers
    )


async def _answer_validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem(422, "; ".join(_faults(error)))


def _faults(error: RequestValidationError) -> list[str]:
    """Where and what, but not what was given: it may be a secret."""
    faults = [
        f"{'.'.join(str(part) for part in fault['loc'])}: {_words(fault)}"
        for fault in error.errors()
    ]
    return faults[:FAULTS_SHOWN_MAX]


def _words(fault: Mapping[str, Any]) -> str:
    if fault.get("ctx", {}).get("pattern") == DECIMAL:
        return 'write a decimal number from 0 on as text, like "0.25"'
    return "write it as text, in quotes" if fault["type"] == "string_type" else str(fault["msg"])


async def _answer_unavailable(_: Request, error: Exception) -> Response:
    return problem(503, str(error), {"Retry-After": "1"})


async def _answer_refused(_: Request, error: Exception) -> Response:
    return problem(409 if isinstance(error, EngineRefused) else 400, str(error))
