"""The venues' own descriptions of their interfaces, found through TRADEWIND_VENUE_EXAMPLES."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator

VARIABLE = "TRADEWIND_VENUE_EXAMPLES"


@cache
def description(name: str) -> dict[str, Any]:
    """A description by its file's name; the test is skipped where there is none."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"{VARIABLE} names no folder with {name}")
    text = (Path(folder) / name).read_text()
    return dict(json.loads(text) if name.endswith(".json") else yaml.safe_load(text))


def schema_examples(described: dict[str, Any], name: str) -> list[Any]:
    """The examples that stand with a schema."""
    schema = described["components"]["schemas"][name]
    return list(schema.get("x-examples", {}).values())


def answer_examples(described: dict[str, Any], path: str) -> Iterator[Any]:
    """The examples of what GET of a path answers."""
    content = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    yield from (each["value"] for each in content.get("examples", {}).values())
    if "example" in content:
        yield content["example"]


def parameter_names(described: dict[str, Any], path: str) -> set[str]:
    """The query parameters that GET of a path takes."""
    entry = described["paths"][path]
    listed = [*entry.get("parameters", []), *entry["get"].get("parameters", [])]
    return {_resolved(described, each)["name"] for each in listed}


def faults(described: dict[str, Any], name: str, sent: Any) -> list[str]:
    """What a schema finds wrong in a body; what it calls required of answers is not asked for."""
    schema = _without_required(described["components"])
    wanted = {"$ref": f"#/components/schemas/{name}", "components": schema}
    known = set(schema["schemas"][name]["properties"])
    unknown = [f"there is no {key}" for key in sent if key not in known]
    return unknown + [error.message for error in Draft4Validator(wanted).iter_errors(sent)]


def _resolved(described: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    place = entry.get("$ref", "")
    found: Any = described
    for part in place.removeprefix("#/").split("/") if place else []:
        found = found[part]
    return dict(found) if place else entry


def _without_required(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _without_required(v) for k, v in node.items() if k != "required"}
    return [_without_required(each) for each in node] if isinstance(node, list) else node
