"""Described routes: which answer a route gives, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from tradewind.api.answer import Answer

KINDS: dict[str, type[Answer]] = {}
"""Every answer that a route was described with, by name."""
ANSWER = "x-answer"
KEY = "x-idempotency-key"


def answers(kind: type[Answer]) -> dict[str, Any]:
    """Arguments of a route that answers with this kind."""
    assert KINDS.setdefault(kind.__name__, kind) is kind, f"two answers are {kind.__name__}"
    return {"openapi_extra": {ANSWER: kind.__name__}}


def acts(kind: type[Answer]) -> dict[str, Any]:
    """Arguments of a route that acts once for an `Idempotency-Key` and answers with this kind."""
    described = answers(kind)
    described["openapi_extra"][KEY] = True
    return described
