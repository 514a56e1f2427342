"""The venues' own OpenAPI descriptions, and what they find wrong in an answer of ours."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator, ValidationError

VARIABLE = "TRADEWIND_VENUE_EXAMPLES"


@cache
def description(name: str) -> dict[str, Any]:
    """A description by its file's name; the test is skipped where there is none."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"{VARIABLE} names no folder with {name}")
    text = (Path(folder) / name).read_text()
    found: dict[str, Any] = json.loads(text) if name.endswith(".json") else yaml.safe_load(text)
    return found


def faults(name: str, method: str, path: str, answer: Any, *, schema: str = "") -> list[str]:
    """What is wrong in an answer to a path, by the schema that the path has or by a named one.

    A null says that something is not known, so nulls are left out before the check.
    """
    described = description(name)
    wanted: dict[str, Any] = {"$ref": f"#/components/schemas/{schema}"}
    if not schema:
        operation = described["paths"][path][method.lower()]
        good = next(code for code in operation["responses"] if code.startswith("2"))
        wanted = operation["responses"][good]["content"]["application/json"]["schema"]
    # References lead to schemas and to parts of other paths alike.
    validator = Draft4Validator({**plain_schema(described), **plain_schema(wanted)})
    errors = validator.iter_errors(without_nulls(answer))
    return [
        f"{list(error.absolute_path)}: {error.message}"[:300]
        for error in errors
        if error.validator != "required" or not is_null(answer, error)
    ]


def is_null(answer: Any, error: ValidationError) -> bool:
    """True where what is missed is there as a null."""
    node = answer
    for step in error.absolute_path:
        node = node[step]
    return error.message.split("'")[1] in node


def plain_schema(node: Any) -> Any:
    """A description without the words that JSON Schema has no use for."""
    if isinstance(node, dict):
        return {
            key: plain_schema(value)
            for key, value in node.items()
            if key not in ("example", "examples", "x-examples", "deprecated") and key != "format"
        }
    return [plain_schema(each) for each in node] if isinstance(node, list) else node


def without_nulls(node: Any) -> Any:
    """A value without the members that are null."""
    if isinstance(node, dict):
        return {key: without_nulls(value) for key, value in node.items() if value is not None}
    return [without_nulls(each) for each in node] if isinstance(node, list) else node


def path_of(name: str, url_path: str) -> str:
    """The described path that fits a path of a URL; of several the one with fewest gaps.

    Markets share paths whose gaps have different names: stocks stand before the others.
    """
    paths = description(name)["paths"]
    fits = [path for path in paths if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", path), url_path)]
    assert fits, f"{name} describes no {url_path}"
    return min(fits, key=lambda path: (path.count("{"), "stock" not in path.lower()))
