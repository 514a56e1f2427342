"""The OpenAPI document: every operation with its answers, its problems and an example."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tradewind.api.answer import Problem
from tradewind.gateway.described import ANSWER, KEY, KINDS
from tradewind.gateway.examples import example_of
from tradewind.gateway.once import HEADER
from tradewind.gateway.once_kept import METHODS as KEY_METHODS
from tradewind.gateway.once_kept import PATHS as KEY_PATHS

REFERENCE = "#/components/schemas/{name}"
DESCRIPTION = """\
Prices, quantities and money are decimal text; times are integers of nanoseconds in UTC, with the
same in RFC 3339 beside them. Every error is `application/problem+json` (RFC 9457) with one
sentence. What acts takes an `Idempotency-Key`: the same key gives the same answer and acts once.
"""
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "new for each request; repeated with it, a request gets the answer it got",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,128}$"},
    "example": "5f1c1f6e-order-1",
}
PROBLEM_TYPE = "application/problem+json"
JSON_TYPE = "application/json"


def describe(app: FastAPI) -> None:
    """Let the application give this document instead of the framework's own."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = openapi_document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the document of an application."""
    found = get_openapi(
        title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    kinds = [*KINDS.values(), Problem]
    schemas |= msgspec.json.schema_components(kinds, ref_template=REFERENCE)[1]
    components["securitySchemes"] = SECURITY
    for name, path in found["paths"].items():
        for method, operation in path.items():
            if name.startswith(KEY_PATHS) and method.upper() in KEY_METHODS:
                operation.setdefault("parameters", []).append({**KEY_PARAMETER, "required": False})
            _complete(operation, schemas, is_read=method == "get")
    return found


def _complete(operation: dict[str, Any], schemas: dict[str, Any], *, is_read: bool) -> None:
    operation["security"] = [{"bearer": []}, {"key": []}, {}]
    if operation.pop(KEY, False):
        operation.setdefault("parameters", []).append(KEY_PARAMETER)
    responses = operation["responses"]
    responses.pop("422", None)
    name = operation.pop(ANSWER, "")
    if name:
        success = next(status for status in responses if status.startswith("2"))
        content = {JSON_TYPE: _with_example({"$ref": REFERENCE.format(name=name)}, schemas)}
        responses[success]["content"] = content
        if is_read:
            responses["304"] = {"description": "It is as `If-None-Match` says."}
    for kind in operation.get("requestBody", {}).get("content", {}).values():
        kind |= _with_example(kind["schema"], schemas)
    problem = _with_example({"$ref": REFERENCE.format(name="Problem")}, schemas)
    refused = {"description": "One sentence says why.", "content": {PROBLEM_TYPE: problem}}
    responses |= {"4XX": refused, "503": refused}


def _with_example(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return {"schema": schema, "example": example_of(schema, schemas)}
