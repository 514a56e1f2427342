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
from tradewind.gateway.services import Services
from tradewind.ports.kept_answers import PENDING, KeptAnswer

PATHS = (
    "/api/v1/users",
    "/api/v1/keys",
    "/api/v1/auth/password",
    "/api/v1/auth/second-factor",
    "/api/v1/data/uploads",
    "/api/v1/approvals",
)
"""What begins with one of them takes a key, where the request has one."""
METHODS = frozenset({"POST", "PATCH"})
HEADER = b"idempotency-key"
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
    hashed = f"{scope['method']} {scope['path']}\n".encode() + first.get("body", b"")
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
    finally:
        is_done = bool(told) and told[0]["status"] < 300
        if not is_done:
            await run_in_threadpool(services.kept_answers.abandon, principal.user_id, key)
    if is_done:
        text = b"".join(message.get("body", b"") for message in told).decode()
        sealed = services.factor.seal(SECRET + principal.user_id, text) if text else b""
        answer = KeptAnswer(
            principal.user_id, key, claim.request_hash, told[0]["status"], sealed, claim.time_ns
        )
        await services.finishing.do(answer)
    for message in told:
        await send(message)


def _again(first: Message, receive: Receive) -> Receive:
    """What was received already, and then the rest."""
    waiting = [first]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received
