"""Posting JSON for a notification: once, within a deadline, no redirects, no secrets in errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec

from tradewind.adapters.notify.targets import PublicResolver, Reach, check_url
from tradewind.model.errors import OutsideError

DEADLINE_S = 10.0
ANSWER_BYTES_MAX = 1 << 20


class Poster:
    """One channel's connection; addresses may hold secrets and are never shown."""

    def __init__(self, name: str, reach: Reach, *, deadline_s: float = DEADLINE_S) -> None:
        self._name = name
        self._reach: Reach = reach
        self._deadline_s = deadline_s
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self, url: str, body: object, *, headers: Mapping[str, str] | None = None
    ) -> Any:
        """The answer's JSON, or None where there is none; `OutsideError` otherwise.

        Answers of 408, 429 and 5xx, and no answer, may be tried again; others are refusals.
        """
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return await self._ask(url, data, {"Content-Type": "application/json", **(headers or {})})

    async def _ask(self, url: str, data: bytes, headers: Mapping[str, str]) -> Any:
        check_url(url, self._reach)
        try:
            async with self._opened().post(
                url, data=data, headers=headers, allow_redirects=False
            ) as answer:
                content = await answer.content.read(ANSWER_BYTES_MAX)
                status = answer.status
        except aiohttp.InvalidURL:
            raise self._failed("its address is no address", retry=False) from None
        except (TimeoutError, aiohttp.ClientError) as error:
            raise self._failed(type(error).__name__, retry=True) from None
        if not 200 <= status < 300:
            retry = status in (408, 429) or status >= 500
            raise self._failed(f"it answered {status}", retry=retry)
        try:
            return msgspec.json.decode(content)
        except msgspec.DecodeError:
            return None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = PublicResolver() if self._reach == "public" else None
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, limit=4),
                timeout=aiohttp.ClientTimeout(total=self._deadline_s),
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _failed(self, why: str, *, retry: bool) -> OutsideError:
        return OutsideError(
            f"{self._name} was not told: {why}", fault="theirs" if retry else "ours", retry=retry
        )
