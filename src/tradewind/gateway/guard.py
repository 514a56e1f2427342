"""The guard before every route: origin, size, rate limit of the address, who asks, their limit."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewind.gateway.authentication import NotAuthenticated
from tradewind.gateway.bodies import checked_body
from tradewind.gateway.forwarded import asked_by, networks_of
from tradewind.gateway.kept_replies import Keeping, key_of
from tradewind.gateway.principal import LOCAL, Principal
from tradewind.gateway.problems import Problem, problem
from tradewind.gateway.rate_limits import RateLimit
from tradewind.gateway.services import Services
from tradewind.model.errors import OutsideError, TradewindError
from tradewind.runtime.control_messages import StatusRequest

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UPLOAD_PATHS = frozenset({"/api/v1/data/uploads"})
"""Their bodies are bytes, bounded by the route itself, and only for who may send them."""
LOGIN_PATHS = frozenset({"/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/setup"})
OPEN_PATHS = LOGIN_PATHS | {"/health", "/ready"}
"""Whoever sends an old token along gets an answer here all the same."""
LOGINS_PER_MINUTE = 30
"""Of one address; the lock-out of a name comes on top."""
BURST_SHARE = 10
"""A burst is this part of what a minute allows."""
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
REQUEST_DEADLINE_S = 30.0
"""A request that takes longer gets 503; what it asked of the engine may still happen."""
UPLOAD_DEADLINE_S = 600.0
LIVE_MODE = "live"
LIVE_WITHOUT_LOGIN = (
    "the engine trades live and this gateway asks for no login: set "
    "TRADEWIND_AUTHENTICATION=required and start the gateway again"
)
MODE_LOOK_NS = 500_000_000
"""How often a gateway without a login looks whether the engine still trades on paper."""
FORWARDED_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip")
HSTS_NAME = "Strict-Transport-Security"
HSTS = "max-age=31536000; includeSubDomains"


class Guard:
    """Lets a request through with its principal in `scope["state"]`, or answers it itself."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services
        self._mode_look_at_ns = 0
        self._replies = services.replies
        protecting = SECURITY_HEADERS | ({HSTS_NAME: HSTS} if services.options.is_https else {})
        self._protecting = [
            (name.lower().encode(), value.encode()) for name, value in protecting.items()
        ]
        options = services.options
        self._proxies = networks_of(options.trusted_proxies)
        per_minute = options.requests_per_minute
        burst = max(1, per_minute // BURST_SHARE)
        self._addresses = services.limit("address", per_minute=per_minute, burst=burst)
        self._principals = services.limit("user", per_minute=per_minute, burst=burst)
        self._logins = services.limit(
            "login", per_minute=LOGINS_PER_MINUTE, burst=LOGINS_PER_MINUTE // 3
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        limited: dict[str, str] = {}
        guarded = self._with_headers(send, limited)
        try:
            receive = await self._admit(scope, receive, limited)
        except (Problem, OutsideError) as error:
            refusal = error if isinstance(error, Problem) else Problem(503, str(error))
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4000 + refusal.status})
            else:
                answer = problem(refusal.status, refusal.detail, refusal.headers)
                await answer(scope, receive, guarded)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, guarded)
        elif scope["method"] == "GET" and scope["state"]["principal"] is not None:
            await self._read(scope, receive, guarded)
        else:
            await self._within_deadline(scope, receive, guarded)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell a reading again that this user was just told, else let the route answer."""
        key = key_of(scope["path"], scope["query_string"], scope["state"]["principal"])
        found = self._replies.find(key)
        if found is None:
            keeping = Keeping(send, self._replies, key, scope)
            await self._within_deadline(scope, receive, keeping.send)
            return
        scope["route"] = found.route
        known = Headers(scope=scope).get("if-none-match", "").encode()
        if known and found.tag and found.tag in known:
            tagged = [each for each in found.headers if each[0] != b"content-type"]
            await send(_start(304, tagged))
            await send({"type": "http.response.body", "body": b""})
            return
        body = self._replies.body_of(found)
        await send(_start(200, [*found.headers, (b"content-length", b"%d" % len(body))]))
        await send({"type": "http.response.body", "body": body})

    async def _within_deadline(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            is_upload = scope["path"] in UPLOAD_PATHS
            async with asyncio.timeout(UPLOAD_DEADLINE_S if is_upload else REQUEST_DEADLINE_S):
                await self._app(scope, receive, noting)
        except TimeoutError:
            if has_begun:
                raise
            sentence = f"this took longer than {REQUEST_DEADLINE_S:g} s: look before asking again"
            await problem(503, sentence)(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive, limited: dict[str, str]) -> Receive:
        """Return what the route receives from; raises `Problem`."""
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else ""
        asked = asked_by(peer, scope["scheme"], headers, self._proxies)
        address = asked.address
        if self._services.options.is_https and not asked.is_https and not is_loopback(address):
            raise Problem(403, "this gateway answers over https only")
        state = scope.setdefault("state", {})
        state["address"] = address
        self._check_origin(scope, headers)
        is_local = not self._services.options.needs_login
        if is_local:
            await self._check_local(headers, peer)
        else:
            await _take(self._addresses, address, self._services.now_ns(), limited)
            if scope["path"] in LOGIN_PATHS:
                await _take(self._logins, address, self._services.now_ns(), limited)
        principal = LOCAL if is_local else None
        if not is_local and scope["path"] not in OPEN_PATHS:
            principal = await self._principal(headers, address)
        state["principal"] = principal
        if principal is not None and not is_local:
            await _take(self._principals, principal.user_id, self._services.now_ns(), limited)
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            if scope["path"] in UPLOAD_PATHS and principal is not None:
                return receive
            return await checked_body(headers, receive)
        return receive

    async def _check_local(self, headers: Headers, address: str) -> None:
        """Without a login only whoever sits at this computer is served, and only on paper."""
        if not is_loopback(address) or any(name in headers for name in FORWARDED_HEADERS):
            raise Problem(
                403,
                "without a login only this computer is served: set "
                "TRADEWIND_AUTHENTICATION=required",
            )
        if self._services.now_ns() < self._mode_look_at_ns:
            return
        try:
            status = (await self._services.engine.read(StatusRequest())).answer
        except TradewindError:
            return  # No engine, so nothing to trade with.
        if status["mode"] == LIVE_MODE:
            raise Problem(503, LIVE_WITHOUT_LOGIN)
        self._mode_look_at_ns = self._services.now_ns() + MODE_LOOK_NS

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        """Refuse what a page from elsewhere sends in the name of who sits before it."""
        origin = headers.get("origin")
        if origin is None:
            return
        own = urlsplit(origin).netloc == headers.get("host")
        is_reading = scope["type"] == "http" and scope["method"] in SAFE_METHODS
        if not own and not is_reading and origin not in self._services.options.allowed_origins:
            raise Problem(403, "this origin is not allowed: see ALLOWED_ORIGINS")

    async def _principal(self, headers: Headers, address: str) -> Principal | None:
        credential = credential_of(headers)
        if not credential:
            return None
        authentication = self._services.authentication
        if authentication.is_due():
            await run_in_threadpool(authentication.look)
        found = authentication.known(credential, address)
        if found is not None:
            return found
        try:
            return await run_in_threadpool(authentication.principal, credential, address)
        except NotAuthenticated as error:
            raise Problem(401, str(error), {"WWW-Authenticate": "Bearer"}) from None

    def _with_headers(self, send: Send, limited: Mapping[str, str]) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                headers = [each for each in self._protecting if each[0] not in own]
                headers += [
                    (name.lower().encode(), value.encode())
                    for name, value in limited.items()
                    if name.lower().encode() not in own
                ]
                if self._services.is_draining:
                    headers.append((b"connection", b"close"))
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        return guarded


def _start(status: int, headers: list[tuple[bytes, bytes]]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def is_loopback(address: str) -> bool:
    """True for an address of this computer itself.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("10.0.0.1"), is_loopback("")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def credential_of(headers: Headers) -> str:
    """The bearer token or API key of a request, "" where it has none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    # A browser's WebSocket can set no header but this one.
    protocols = [each.strip() for each in headers.get("sec-websocket-protocol", "").split(",")]
    if len(protocols) == 2 and protocols[0] == "bearer":
        return protocols[1]
    return headers.get("x-api-key", "").strip()


async def _take(limit: RateLimit, subject: str, now_ns: int, limited: dict[str, str]) -> None:
    allowance = await limit.take(subject, now_ns)
    limited.update(allowance.headers())
    if allowance.wait_ns:
        raise Problem(429, "too many requests: wait as Retry-After says", allowance.headers())
