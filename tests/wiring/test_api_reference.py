"""The documents of the API are those of the routes as they are."""

from __future__ import annotations

import json
from pathlib import Path

from tradewind.wiring.api_reference import api_markdown, openapi_json

API = Path(__file__).parents[2] / "docs" / "api"


def test_the_documents_of_the_api_are_current() -> None:
    assert (API / "routes.md").read_text() == api_markdown(), "run scripts/docs"
    assert (API / "openapi.json").read_text() == openapi_json(), "run scripts/docs"


def test_every_operation_is_on_the_page_with_its_permission() -> None:
    document, page = json.loads(openapi_json()), api_markdown()
    operations = [
        f"### {method.upper()} {path}\n"
        for path, methods in document["paths"].items()
        for method in methods
    ]
    assert len(operations) > 65
    assert [one for one in operations if one not in page] == []
    assert "needs `orders:write`" in page
