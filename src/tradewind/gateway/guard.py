"""The guard before every route: origin, size, rate limit of the address, who asks, their limit."""

from __future__ import annotations

import asyncio
import ipaddress
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewind.gateway.authentication import NotAuthenticated
from tradewind.gateway.bodies import checked_body
from tradewind.gateway.door import TOO_MANY, TOO_MANY_SENTENCE, Door
from tradewind.gateway.forwarded import Asked, asked_by, networks_of
from tradewind.gateway.hosts import TrustedHosts
from tradewind.gateway.kept_replies import Keeping, key_of
from tradewind.gateway.looking import Looking
from tradewind.gateway.once_kept import act_once, takes_key
from tradewind.gateway.pressure import RETRY_S
from tradewind.gateway.principal import LOCAL, Principal
from tradewind.gateway.problems import MEDIA_TYPE, Problem, problem
from tradewind.gateway.rate_limits import Allowance, RateLimit
from tradewind.gateway.services import Services
from tradewind.model.errors import OutsideError, TradewindError
from tradewind.runtime.control_messages import StatusRequest

Head = dict[bytes, bytes]
"""The headers of a request by their names in small letters."""
Raw = list[tuple[bytes, bytes]]
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
URGENT_PATHS = frozenset({"/health", "/ready", "/metrics", "/api/v1/risk/halt"})
LEAVING = [(b"connection", b"close")]
FORWARDED_HEADERS = (b"forwarded", b"x-forwarded-for", b"x-real-ip")
HSTS_NAME = "Strict-Transport-Security"
HSTS = "max-age=31536000; includeSubDomains"


class Guard:
    """Lets a request through with its principal in `scope["state"]`, or answers it itself."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services
        self._mode_look_at_ns = 0
        self._replies = services.replies
        self._looking = Looking(services.authentication)
        options = services.options
        protecting = SECURITY_HEADERS | ({HSTS_NAME: HSTS} if options.is_https else {})
        self._protecting = [
            (name.lower().encode(), value.encode()) for name, value in protecting.items()
        ]
        self._refusing = self._protected([(b"content-type", MEDIA_TYPE.encode())])
        self._bodies: dict[str, bytes | memoryview] = {}
        self._hosts = TrustedHosts(options.trusted_hosts)
        self._proxies = networks_of(options.trusted_proxies)
        per_minute = options.requests_per_minute
        burst = max(1, per_minute // BURST_SHARE)
        self._addresses = services.limit("address", per_minute=per_minute, burst=burst)
        self._principals = services.limit("user", per_minute=per_minute, burst=burst)
        self._keys = services.limit("key", per_minute=per_minute, burst=burst)
        self._logins = services.limit(
            "login", per_minute=LOGINS_PER_MINUTE, burst=LOGINS_PER_MINUTE // 3
        )
        # Behind a proxy all come from its address, and pages from elsewhere are told more.
        is_open = bool(self._proxies or options.allowed_origins or not options.needs_login)
        self.door = Door(
            self._addresses,
            services.metrics,
            services.now_ns,
            protecting=self._protecting,
            is_open=lambda: is_open or services.is_draining,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        # Of headers that are there twice the first counts, as in the framework.
        head: Head = dict(scope["headers"][::-1])
        limited: Raw = []
        try:
            await self._admit(scope, head, limited)
            if scope["type"] == "websocket":
                await self._app(scope, receive, send)
            elif scope["method"] == "GET" and scope["state"]["principal"] is not None:
                await self._read(scope, receive, send, limited)
            else:
                await self._act(scope, receive, send, limited)
        except (Problem, OutsideError) as error:
            refusal = error if isinstance(error, Problem) else _unavailable(error)
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4000 + refusal.status})
            elif refusal.status == TOO_MANY:
                await self._refuse(send, refusal, limited)
            else:
                answer = problem(refusal.status, refusal.detail, refusal.headers)
                await answer(scope, receive, self._with_headers(send, limited))

    async def _refuse(self, send: Send, refusal: Problem, limited: Raw) -> None:
        """Say that it is too much, at the least cost: there may be many to be told."""
        body = self._bodies.get(refusal.detail)
        if body is None:
            body = self._bodies[refusal.detail] = problem(TOO_MANY, refusal.detail).body
        own = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
        names = {name for name, _ in own}
        headers = [*own, *(each for each in limited if each[0] not in names), *self._refusing]
        length = (b"content-length", b"%d" % len(body))
        await send(_start(TOO_MANY, [*headers, length, *self._leaving()]))
        await send({"type": "http.response.body", "body": body})

    async def _read(self, scope: Scope, receive: Receive, send: Send, limited: Raw) -> None:
        """Tell a reading again that this user was just told, else let the route answer."""
        key = key_of(scope["path"], scope["query_string"], scope["state"]["principal"])
        found = self._replies.find(key) or await self._replies.again(key)
        if found is None:
            keeping = Keeping(
                self._with_headers(send, limited), self._replies, key, scope, self._protected
            )
            await self._route(scope, receive, keeping.send)
            return
        scope["route"] = found.route
        known = next((v for name, v in scope["headers"] if name == b"if-none-match"), b"")
        if known and found.tag and found.tag in known:
            tagged = [each for each in found.headers if each[0] != b"content-type"]
            await send(_start(304, [*tagged, *limited, *self._leaving()]))
            await send({"type": "http.response.body", "body": b""})
            return
        body = self._replies.body_of(found)
        length = (b"content-length", b"%d" % len(body))
        await send(_start(200, [*found.headers, *limited, length, *self._leaving()]))
        await send({"type": "http.response.body", "body": body})

    async def _act(self, scope: Scope, receive: Receive, send: Send, limited: Raw) -> None:
        """Check the body of what acts, and let the route answer."""
        if scope["method"] not in SAFE_METHODS:
            is_upload = scope["path"] in UPLOAD_PATHS and scope["state"]["principal"] is not None
            if not is_upload:
                receive = await checked_body(Headers(scope=scope), receive)
        send = self._with_headers(send, limited)
        principal = scope["state"]["principal"]
        if principal is not None and takes_key(scope):
            services = self._services
            await act_once(services, principal, scope, receive, send, route=self._route)
        else:
            await self._route(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        pressure = self._services.pressure
        reason = pressure.reason
        if reason and not _is_urgent(scope):
            pressure.refused += 1
            raise Problem(TOO_MANY, reason, {"Retry-After": str(RETRY_S)})
        pressure.routed += 1
        try:
            await self._within_deadline(scope, receive, send)
        finally:
            pressure.routed -= 1

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

    async def _admit(self, scope: Scope, head: Head, limited: Raw) -> None:
        """Put the principal into the scope; raises `Problem` where the request may not pass."""
        if not self._hosts.has(head.get(b"host", b"")):
            raise Problem(400, "this host is not trusted: see TRUSTED_HOSTS")
        peer = scope["client"][0] if scope.get("client") else ""
        state = scope.setdefault("state", {})
        state["address"] = address = self._address(scope, peer)
        if b"origin" in head:
            self._check_origin(scope, head[b"origin"].decode("latin-1"), head)
        if not self._services.options.needs_login:
            await self._check_local(head, peer)
            state["principal"] = LOCAL
            return
        now_ns = self._services.now_ns()
        tightest = await _take(self._addresses, address, now_ns)
        limited[:] = tightest.raw_headers()
        state["principal"] = None
        if scope["path"] in OPEN_PATHS:
            if scope["path"] in LOGIN_PATHS:
                limited[:] = (await _take(self._logins, address, now_ns)).raw_headers()
            return
        principal = state["principal"] = await self._principal(head, address)
        if principal is not None:
            await self._count(principal, now_ns, tightest, limited)

    async def _count(
        self, principal: Principal, now_ns: int, tightest: Allowance, limited: Raw
    ) -> None:
        """Count for the user and the key; the answer tells of the limit that it is nearest to."""
        taken = await _take(self._principals, principal.user_id, now_ns)
        if principal.key_id:
            of_key = await _take(self._keys, principal.key_id, now_ns)
            taken = of_key if of_key.remaining < taken.remaining else taken
        if taken.remaining <= tightest.remaining:
            limited[:] = taken.raw_headers()

    def _address(self, scope: Scope, peer: str) -> str:
        """Who really asks; raises `Problem` where that came unprotected and must not."""
        asked = Asked(peer, is_https=scope["scheme"] in ("https", "wss"))
        if self._proxies:
            asked = asked_by(peer, scope["scheme"], Headers(scope=scope), self._proxies)
        is_open = self._services.options.is_https and not asked.is_https
        if is_open and not is_loopback(asked.address):
            raise Problem(403, "this gateway answers over https only")
        return asked.address

    async def _check_local(self, head: Head, address: str) -> None:
        """Without a login only whoever sits at this computer is served, and only on paper."""
        if not is_loopback(address) or any(name in head for name in FORWARDED_HEADERS):
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

    def _check_origin(self, scope: Scope, origin: str, head: Head) -> None:
        """Refuse what a page from elsewhere sends in the name of who sits before it."""
        own = urlsplit(origin).netloc == head.get(b"host", b"").decode("latin-1")
        is_reading = scope["type"] == "http" and scope["method"] in SAFE_METHODS
        if not own and not is_reading and origin not in self._services.options.allowed_origins:
            raise Problem(403, "this origin is not allowed: see ALLOWED_ORIGINS")

    async def _principal(self, head: Head, address: str) -> Principal | None:
        credential = credential_of(head)
        if not credential:
            return None
        authentication = self._services.authentication
        await self._looking.look()
        found = authentication.known(credential, address)
        if found is not None:
            return found
        try:
            return await run_in_threadpool(authentication.principal, credential, address)
        except NotAuthenticated as error:
            raise Problem(401, str(error), {"WWW-Authenticate": "Bearer"}) from None

    def _with_headers(self, send: Send, limited: Raw) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = self._protected(list(message["headers"]))
                own = {name for name, _ in message["headers"]}
                headers += [each for each in limited if each[0] not in own]
                message = {**message, "headers": [*headers, *self._leaving()]}
            await send(message)

        return guarded

    def _protected(self, headers: Raw) -> Raw:
        """Headers of an answer with those that protect, where the route has not set its own."""
        own = {name for name, _ in headers}
        return headers + [each for each in self._protecting if each[0] not in own]

    def _leaving(self) -> Raw:
        return LEAVING if self._services.is_draining else []


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


def credential_of(head: Head) -> str:
    """The bearer token or API key of a request, "" where it has none.

    >>> credential_of({b"authorization": b"Bearer abc"}), credential_of({b"x-api-key": b"tw_1"})
    ('abc', 'tw_1')
    """
    scheme, _, token = head.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        return token.strip().decode("latin-1")
    # A browser's WebSocket can set no header but this one.
    protocols = [each.strip() for each in head.get(b"sec-websocket-protocol", b"").split(b",")]
    if len(protocols) == 2 and protocols[0] == b"bearer":
        return protocols[1].decode("latin-1")
    return head.get(b"x-api-key", b"").strip().decode("latin-1")


def _is_urgent(scope: Scope) -> bool:
    """What must reach the engine also when much else is refused: ends of orders, and halts."""
    return scope["method"] == "DELETE" or scope["path"] in URGENT_PATHS


def _unavailable(error: OutsideError) -> Problem:
    return Problem(503, str(error), {"Retry-After": str(RETRY_S)})


async def _take(limit: RateLimit, subject: str, now_ns: int) -> Allowance:
    allowance = await limit.take(subject, now_ns)
    if allowance.wait_ns:
        raise Problem(TOO_MANY, TOO_MANY_SENTENCE, allowance.headers())
    return allowance
