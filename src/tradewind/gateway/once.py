"""A request with an `Idempotency-Key` acts once: repeated, it gets the answer that was given."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.gateway.engine_link import EngineAbsent
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.services import Services
from tradewind.model.errors import UserError
from tradewind.ports.kept_answers import PENDING, KeptAnswer
from tradewind.runtime.control_client import EngineRefused

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def key_of(request: Request) -> str:
    """The request's key; raises `Problem` where it has none."""
    return check_key(request.headers.get(HEADER, ""))


def check_key(key: str) -> str:
    """The key, where it is one; raises `Problem`."""
    if _KEY.fullmatch(key) is None:
        raise Problem(
            400, f"send the header {HEADER}: 1 to 128 visible characters, new for each request"
        )
    return key


async def once(
    request: Request,
    services: Services,
    principal: Principal,
    act: Callable[[], Awaitable[dict[str, Any]]],
    *,
    status: int = 200,
) -> Response:
    """Act and keep the answer under the key, or give the kept one.

    What was refused before anything was done gives the key back. Where the outcome is open the
    key stays taken, so that a repetition cannot act a second time.
    """
    key = key_of(request)
    claim = KeptAnswer(
        principal.user_id,
        key,
        await _request_hash(request),
        PENDING,
        b"",
        services.now_ns(),
    )
    there = await services.claiming.do(claim)
    if there is not None:
        return repeated_answer(claim, there, there.body)
    try:
        body = msgspec.json.encode(await act())
    except (EngineAbsent, EngineRefused, UserError, Problem):
        await run_in_threadpool(services.kept_answers.abandon, principal.user_id, key)
        raise
    answer = msgspec.structs.replace(claim, status=status, body=body)
    await services.finishing.do(answer)
    return Response(body, status, media_type="application/json")


def repeated_answer(claim: KeptAnswer, there: KeptAnswer, body: bytes) -> Response:
    """What was answered to the same request; raises `Problem` where it was another one."""
    if there.request_hash != claim.request_hash:
        raise Problem(422, f"this {HEADER} was sent with another request: use a new one")
    if there.status == PENDING:
        raise Problem(
            409, "a request with this key is under way, or its outcome is open: look before acting"
        )
    headers = {"Idempotency-Replayed": "true"}
    return Response(body, there.status, headers, "application/json" if body else None)


async def _request_hash(request: Request) -> bytes:
    head = f"{request.method} {request.url.path}\n".encode()
    return hashlib.sha256(head + await request.body()).digest()
