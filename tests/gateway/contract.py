"""The contract checked: every answer of a test client is just what its route was described with."""

from __future__ import annotations

from typing import Any, get_args, get_origin

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.testclient import TestClient

from tradewind.api.answer import Answer, Problem
from tradewind.gateway.described import ANSWER, KINDS


class CheckedClient(TestClient):
    """A client that fails the test where an answer is not as described, to the last field."""

    def request(self, method: str, url: Any, **options: Any) -> Any:  # type: ignore[override]
        answer = super().request(method, url, **options)
        assert isinstance(self.app, FastAPI)
        kind = described(self.app, method, answer.request.url.path)
        content_type = answer.headers.get("content-type", "")
        if answer.status_code >= 400 and content_type == "application/problem+json":
            check(Problem, answer.json())
        elif kind is not None and content_type == "application/json":
            check(kind, answer.json())
        return answer


def described(app: FastAPI, method: str, path: str) -> type[Answer] | None:
    """Return the answer that the route of a path was described with."""
    scope = {"type": "http", "method": method, "path": path}
    for route in api_routes(app):
        if route.matches(scope)[0] is Match.FULL:
            name = (route.openapi_extra or {}).get(ANSWER, "")
            return KINDS.get(name)
    return None


def api_routes(app: FastAPI) -> list[APIRoute]:
    """Return every route of the application."""
    from tradewind.gateway.app import ROUTERS

    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def check(kind: Any, value: Any, place: str = "$") -> None:
    """Fail where a value has not just the fields and types of its kind."""
    if isinstance(kind, type) and issubclass(kind, Answer):
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        required = {name for name, field in fields.items() if field.required}
        is_open = kind.__struct_config__.omit_defaults
        assert required <= set(value), f"{place} lacks {required - set(value)}"
        assert is_open or set(value) <= set(fields), f"{place} has {set(value) - set(fields)}"
        for name, inner in value.items():
            if name in fields:
                check(fields[name].type, inner, f"{place}.{name}")
        return
    if get_origin(kind) is list:
        for number, inner in enumerate(value):
            check(get_args(kind)[0], inner, f"{place}[{number}]")
    elif get_origin(kind) is dict:
        for name, inner in value.items():
            check(get_args(kind)[1], inner, f"{place}.{name}")
    else:
        msgspec.convert(value, kind)
