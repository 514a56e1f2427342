"""Acting once for routes that keep no answer themselves: users, keys, passwords, uploads.

Such an answer may hold a secret that is shown once, so what is kept of it is encrypted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Scope, Send

from tradewind.gateway.once import check_key, repeated_answer
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.services import Services
from tradewind.ports.kept_answers import PENDING, KeptAnswer

PATHS = (
    "/api/v1/users",
    "/api/v1/keys",
    "/api/v1/auth/password",
    "/api/v1/auth/second-factor",
    "/api/v1/data/uploads",
)
"""What begins with one of them takes a key, where the request has one."""
METHODS = frozenset({"POST", "PATCH"})
HEADER = b"idempotency-key"
DONE, OPEN = 299, 500
"""Up to the one something was done; from the other on nobody knows, and the key stays taken."""
SECRET = "kept answer "
"""Before the user's id, where it binds an encrypted answer to whom it was given."""

Route = Callable[[Scope, Receive, Send], Awaitable[None]]


def takes_key(scope: Scope) -> bool:
    """True for a request that is to act once here: one of these paths, with a key."""
    return (
        scope["method"] in METHODS
        and scope["path"].startswith(PATHS)
        and any(name == HEADER for name, _ in scope["headers"])
    )


async def act_once(
    services: Services, principal: Principal, scope: Scope, receive: Receive, send: Send, *,
    route: Route,
) -> None:  # fmt: skip
    """Let the route answer and keep that, or give what it answered before to the same request.

    What was refused gives the key back. Raises `Problem`.
    """
    key = check_key(
        next(value for name, value in scope["headers"] if name == HEADER).decode("latin-1")
    )
    first = await receive()
    # A body that is not whole comes in pieces of any size: then its length has to do.
    is_whole = not first.get("more_body", False)
    same = first.get("body", b"") if is_whole else _length_of(scope)
    hashed = f"{scope['method']} {scope['path']}\n".encode() + same
    claim = KeptAnswer(
        principal.user_id, key, hashlib.sha256(hashed).digest(), PENDING, b"", services.now_ns()
    )
    there = await services.claiming.do(claim)
    if there is not None:
        opened = services.factor.open(SECRET + principal.user_id, there.body) if there.body else ""
        await repeated_answer(claim, there, (opened or "").encode())(scope, receive, send)
        return
    told: list[Message] = []

    async def listening(message: Message) -> None:
        told.append(message)

    try:
        await route(scope, _again(first, receive), listening)
    except Problem:
        await run_in_threadpool(services.kept_answers.abandon, principal.user_id, key)
        raise
    status = told[0]["status"] if told else OPEN
    if DONE < status < OPEN:
        await run_in_threadpool(services.kept_answers.abandon, principal.user_id, key)
    elif status <= DONE:
        text = b"".join(message.get("body", b"") for message in told).decode()
        sealed = services.factor.seal(SECRET + principal.user_id, text) if text else b""
        answer = KeptAnswer(
            principal.user_id, key, claim.request_hash, status, sealed, claim.time_ns
        )
        await services.finishing.do(answer)
    for message in told:
        await send(message)


def _length_of(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name == b"content-length"), b"")


def _again(first: Message, receive: Receive) -> Receive:
    """What was received already, and then the rest."""
    waiting = [first]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received
