"""The page of the API, made of its OpenAPI document: no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif; }
summary { cursor: pointer; padding: .25rem 0; }
summary b { display: inline-block; width: 4.5rem; }
details { border-bottom: 1px solid #8884; }
pre { overflow-x: auto; padding: .6rem; background: #8882; border-radius: 4px; font-size: .85rem; }
table { border-collapse: collapse; }
td { padding: .15rem .9rem .15rem 0; vertical-align: top; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
DOCS_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def docs_page(document: Mapping[str, Any]) -> str:
    """Return all operations by their tag, each with what it takes and an example of its answer."""
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", ["other"])[0]
            by_tag.setdefault(tag, []).append(_operation(method, path, operation))
    parts = [f"<h2>{escape(tag)}</h2>{''.join(found)}" for tag, found in by_tag.items()]
    about = escape(document["info"].get("description", ""))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1><p>{about}</p>"
        '<p><a href="/api/v1/openapi.json">The OpenAPI document</a></p>'
        f"{''.join(parts)}</body></html>"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    inside = [f"<p>{escape(operation.get('description', ''))}</p>"]
    rows = "".join(map(_parameter, operation.get("parameters", [])))
    inside += [f"<table>{rows}</table>"] if rows else []
    inside += _examples("Request", operation.get("requestBody", {}).get("content", {}))
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            inside += _examples(f"Answer {status}", answer.get("content", {}))
    head = f"<b>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation['summary'])}"
    return f"<details><summary>{head}</summary>{''.join(inside)}</details>"


def _parameter(parameter: Mapping[str, Any]) -> str:
    needed = "needed" if parameter.get("required") else ""
    cells = (parameter["name"], parameter["in"], needed, parameter.get("description", ""))
    return f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"


def _examples(title: str, content: Mapping[str, Any]) -> Iterator[str]:
    for kind, body in content.items():
        if "example" in body:
            text = json.dumps(body["example"], indent=1)
            yield f"<p>{title}, {escape(kind)}</p><pre>{escape(text)}</pre>"
