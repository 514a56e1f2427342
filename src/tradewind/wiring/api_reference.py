"""The reference of the HTTP API: the OpenAPI document as a file, and a page for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from tradewind.gateway.app import ROUTERS
from tradewind.gateway.openapi import openapi_document
from tradewind.version import VERSION

EXAMPLE_LENGTH_MAX = 300


def openapi_json() -> str:
    """The OpenAPI document as the gateway gives it, indented."""
    return json.dumps(_document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def api_markdown() -> str:
    """Every operation with its permission, fields and answer."""
    lines = [
        "# The HTTP API",
        "",
        "Generated from the gateway's routes by `scripts/docs`; as data it is `openapi.json`.",
        "Logins, limits, the stream and jobs are in [the gateway](../operations/gateway.md).",
        "",
    ]
    document = _document()
    permissions = _permissions()
    for tag, operations in sorted(_by_tag(document).items()):
        lines += [f"## {tag}", ""]
        for method, path, operation in operations:
            lines += _operation(method, path, operation, permissions.get((method, path), ""))
    return "\n".join(lines).rstrip("\n") + "\n"


def _document() -> dict[str, Any]:
    app = FastAPI(title="Tradewind", version=VERSION)
    for router in ROUTERS:
        app.include_router(router)
    return openapi_document(app)


def _permissions() -> dict[tuple[str, str], str]:
    found = {}
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                continue
            asked = [getattr(one.call, "permission", "") for one in route.dependant.dependencies]
            for method in route.methods or ():
                path = route.path_format
                found[method, path] = next((str(one) for one in asked if one), "")
    return found


def _by_tag(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = operation["tags"][0]
            found.setdefault(tag, []).append((method.upper(), path, operation))
    return found


def _operation(method: str, path: str, operation: dict[str, Any], permission: str) -> Iterator[str]:
    yield f"### {method} {path}"
    yield ""
    yield f"{operation['summary']}."
    about = operation.get("description", "").replace("\n", " ")
    if about:
        yield ""
        yield about
    yield ""
    if permission:
        yield f"- needs `{permission}`"
    for parameter in operation.get("parameters", []):
        yield _parameter(parameter)
    for name, body in _bodies(operation):
        yield f"- {name}: `{_short(body)}`"
    yield ""


def _parameter(parameter: dict[str, Any]) -> str:
    about = parameter.get("description", "")
    needed = ", needed" if parameter.get("required") else ""
    text = f"- `{parameter['name']}` ({parameter['in']}{needed})"
    return f"{text}: {about}" if about else text


def _bodies(operation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "takes", content.get("example", kind)
    for status, answer in operation["responses"].items():
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example is not None:
            yield f"answers {status}", example


def _short(example: Any) -> str:
    text = json.dumps(example, ensure_ascii=False)
    return text if len(text) <= EXAMPLE_LENGTH_MAX else text[:EXAMPLE_LENGTH_MAX] + " …"
