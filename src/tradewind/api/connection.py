"""A connection to a gateway: requests with their answers as types, repeated only where harmless."""

from __future__ import annotations

import http.client
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from tradewind.api.answer import Answer, Problem
from tradewind.model.errors import OutsideError, TradewindError, UserError

TRIES = 3
"""How often a request is sent that may be repeated without harm."""
PAUSE_S = 0.2
PAUSE_S_MAX = 5.0
"""No longer is waited for a gateway that asks to come back later: then its answer is given."""
ANSWER_BYTES_MAX = 64 * 1024 * 1024
BUSY = frozenset({429, 503})
KEY = "Idempotency-Key"

Kind = TypeVar("Kind", bound=Answer)
Query = Mapping[str, str | int | None]


class ApiError(TradewindError):
    """The gateway refused: its status and its sentence.

    >>> ApiError(404, "there is no order j0-person-1").status
    404
    """

    def __init__(self, status: int, detail: str, wait_s: float = 0.0) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.wait_s = wait_s


class Connection:
    """Asks one gateway, one request at a time; threads take turns.

    `credential` gives the headers that say who asks; `renew` may get new ones after a 401.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(
                f"{url!r} is no address of a gateway: write it like http://127.0.0.1:8000"
            )
        self.url = url.rstrip("/")
        self.credential: Callable[[], dict[str, str]] = dict
        self.renew: Callable[[], bool] = lambda: False
        self._base = parts.path.rstrip("/")
        self._lock = threading.RLock()
        port = parts.port
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._http: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, port, timeout=timeout_s, context=context
            )
        else:
            self._http = http.client.HTTPConnection(parts.hostname, port, timeout=timeout_s)

    def get(
        self,
        path: str,
        kind: type[Kind],
        *,
        query: Query | None = None,
        **places: str,
    ) -> Kind:
        """Read; repeated where the gateway does not answer."""
        content = self._asked("GET", path, places, query, None, {}, tries=TRIES)
        return _decoded(content, kind)

    def act(
        self,
        method: str,
        path: str,
        kind: type[Kind],
        *,
        body: Mapping[str, Any] | None = None,
        key: str = "",
        **places: str,
    ) -> Kind:
        """Act once: with one idempotency key, so that repeating it does no harm."""
        headers = {KEY: key or secrets.token_hex(16)}
        content = self._asked(method, path, places, None, body or {}, headers, tries=TRIES)
        return _decoded(content, kind)

    def send(
        self,
        method: str,
        path: str,
        kind: type[Kind],
        *,
        body: Mapping[str, Any] | bytes | None = None,
        query: Query | None = None,
        **places: str,
    ) -> Kind:
        """Send what must not be repeated blindly: once."""
        return _decoded(self._asked(method, path, places, query, body, {}, tries=1), kind)

    def drop(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        **places: str,
    ) -> None:
        """Send once what has an empty answer."""
        self._asked(method, path, places, None, body, {}, tries=1)

    def close(self) -> None:
        """Let go of the socket."""
        with self._lock:
            self._http.close()

    def _asked(
        self,
        method: str,
        path: str,
        places: Mapping[str, str],
        query: Query | None,
        body: Mapping[str, Any] | bytes | None,
        headers: dict[str, str],
        *,
        tries: int,
    ) -> bytes:
        target = self._base + filled(path, places) + _question(query)
        is_renewed = False
        pause_s = PAUSE_S
        while True:
            tries -= 1
            try:
                return self._once(method, target, body, headers)
            except ApiError as error:
                if error.status == 401 and not is_renewed and self.renew():
                    is_renewed, tries = True, tries + 1
                    continue
                waits = error.wait_s or pause_s
                if error.status not in BUSY or tries <= 0 or waits > PAUSE_S_MAX:
                    raise
                time.sleep(waits)
            except OutsideError:
                if tries <= 0:
                    raise
                time.sleep(pause_s)
            pause_s *= 2

    def _once(
        self,
        method: str,
        target: str,
        body: Mapping[str, Any] | bytes | None,
        headers: Mapping[str, str],
    ) -> bytes:
        content: bytes | None = None
        sent = {**headers, **self.credential(), "Accept": "application/json"}
        if isinstance(body, bytes):
            content, sent["Content-Type"] = body, "application/octet-stream"
        elif body is not None:
            content, sent["Content-Type"] = msgspec.json.encode(body), "application/json"
        with self._lock:
            try:
                self._http.request(method, target, content, sent)
                answer = self._http.getresponse()
                found = answer.read(ANSWER_BYTES_MAX + 1)
            except (OSError, http.client.HTTPException) as error:
                self._http.close()
                raise OutsideError(
                    f"the gateway at {self.url} did not answer: {error or type(error).__name__}",
                    fault="theirs",
                    retry=method == "GET",
                ) from None
        if len(found) > ANSWER_BYTES_MAX:
            self.close()
            raise OutsideError("the answer is too large: ask for less", fault="ours", retry=False)
        if answer.status >= 400:
            raise _refusal(answer.status, found, answer.headers.get("Retry-After", ""))
        return found


def filled(path: str, places: Mapping[str, str]) -> str:
    """A path with its places filled in, so that no value can leave its own.

    >>> filled("/api/v1/orders/{order_id}", {"order_id": "../users?x"})
    '/api/v1/orders/..%2Fusers%3Fx'
    """
    for name, value in places.items():
        if value in ("", ".", ".."):
            raise UserError(f"{name} is {value!r}: give its name")
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path


def _question(query: Query | None) -> str:
    given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else ""


def _decoded(content: bytes, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise OutsideError(
            f"the gateway's answer is not {kind.__name__}: {error}", fault="theirs", retry=False
        ) from None


def _refusal(status: int, content: bytes, retry_after: str) -> ApiError:
    try:
        detail = msgspec.json.decode(content, type=Problem).detail
    except msgspec.DecodeError:
        detail = f"the gateway answered {status}"
    return ApiError(status, detail, float(retry_after) if retry_after.isdigit() else 0.0)
