"""Requests of jobs from elsewhere than a route: checked by the same rules, kept once a key."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ValidationError

from tradewind.gateway.job_commands import ATTEMPTS
from tradewind.gateway.job_schemas import (
    NewBacktest,
    NewCosts,
    NewDownload,
    NewStatement,
    NewSweep,
)
from tradewind.model.errors import UserError
from tradewind.ports.jobs import NORMAL, Job

SCHEMAS: dict[str, type[BaseModel]] = {
    "backtest": NewBacktest,
    "costs": NewCosts,
    "download": NewDownload,
    "statement": NewStatement,
    "sweep": NewSweep,
}
"""What may be asked for without an upload."""


def checked(kind: str, text: str) -> str:
    """The request with all its defaults, as a job keeps it; `UserError` where it is none.

    >>> checked("statement", "{}")
    '{"until":0}'
    >>> checked("statement", '{"until": -1}')
    Traceback (most recent call last):
    tradewind.model.errors.UserError: statement: until: input should be greater than or equal to 0
    """
    try:
        return SCHEMAS[kind].model_validate_json(text).model_dump_json()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"{part}: " for part in first["loc"])
        message = first["msg"][:1].lower() + first["msg"][1:]
        raise UserError(f"{kind}: {place}{message}") from None


def job_of(
    kind: str,
    request: str,
    *,
    user_id: str,
    user_name: str,
    key: str,
    now_ns: int,
    priority: int = NORMAL,
) -> Job:
    """A job whose id comes from the key: asked for again with it, it is the same job."""
    return Job(
        job_id=hashlib.sha256(f"{user_id}\n{key}".encode()).hexdigest()[:24],
        kind=kind,
        user_id=user_id,
        user_name=user_name,
        request=request,
        created_time_ns=now_ns,
        priority=priority,
        attempts_max=ATTEMPTS.get(kind, 1),
    )
