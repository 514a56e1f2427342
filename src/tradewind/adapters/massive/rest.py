"""Calls to Massive: the key as Bearer, pages by `next_url` of known hosts only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from tradewind.adapters.massive.wire import decode_as, error_text
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.budget import RateBudget, Urgency, Window
from tradewind.adapters.net.http import Call, HttpClient, Repeat, Request
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.query import Value, encode_query
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.session import Session
from tradewind.model.errors import BadMessage
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Refused

REQUESTS_PER_MINUTE = 5
"""What the free plan allows."""
PATIENT_S = 180.0
"""What a page may take, waiting for its turn included."""
PAGES_MAX = 1_000_000
KNOWN_HOSTS = frozenset({"api.massive.com", "api.polygon.io"})
"""The new name and the old one: either may stand in a `next_url` of the other."""

ADVICE = {
    401: "check MASSIVE_API_KEY (or POLYGON_API_KEY)",
    403: "the plan of the key does not have this data",
    404: "there is no such ticker or date",
}


class Hosts(msgspec.Struct, frozen=True):
    """Where Massive is; `stream` is the real-time feed, delayed ones have other hosts."""

    rest: str = "https://api.massive.com"
    stream: str = "wss://socket.massive.com"


class HasNext(Protocol):
    """A page of something."""

    @property
    def next_url(self) -> str:
        """Where the next page is; empty behind the last."""


Answer = TypeVar("Answer")
Paged = TypeVar("Paged", bound=HasNext)


class MassiveRest:
    """Questions to Massive; each may be repeated."""

    def __init__(self, client: HttpClient, key: Secret, base: str) -> None:
        self.client = client
        self._key = key
        self._base_host = urlsplit(base).netloc

    async def get(self, path: str, parameters: Mapping[str, Value], answer: type[Answer]) -> Answer:
        """One answer."""
        query = encode_query(parameters)
        return await self._target(f"{path}?{query}" if query else path, answer)

    async def pages(
        self, path: str, parameters: Mapping[str, Value], answer: type[Paged]
    ) -> AsyncIterator[Paged]:
        """One page after the other, as long as there is a next one."""
        page = await self.get(path, parameters, answer)
        seen = {""}
        for _ in range(PAGES_MAX):
            yield page
            if page.next_url in seen:
                return
            seen = {"", page.next_url}
            page = await self._target(self.target_of(page.next_url), answer)

    def target_of(self, next_url: str) -> str:
        """Path and query of a next page; `BadAnswer` where another host would get our key.

        The page is always asked of the host that we are configured for.
        """
        parts = urlsplit(next_url)
        if parts.netloc != self._base_host and parts.hostname not in KNOWN_HOSTS:
            raise BadAnswer(f"Massive names a next page at {parts.hostname}: it is not asked")
        kept = "&".join(p for p in parts.query.split("&") if not p.lower().startswith("apikey="))
        return f"{parts.path}?{kept}" if kept else parts.path

    async def _target(self, target: str, answer: type[Answer]) -> Answer:
        headers = {"Authorization": f"Bearer {self._key.reveal()}", "Accept": "application/json"}
        request = Request(method="GET", target=target, headers=headers)
        call = Call(
            make=lambda: request,
            costs={"requests": 1},
            repeat=Repeat.HARMLESS,
            urgency=Urgency.ORDER,
            deadline_s=PATIENT_S,
        )
        response = await self.client.call(call)
        if response.status != 200:
            words = error_text(response.body)[:300].replace(self._key.reveal() or "\0", "***")
            advice = f": {ADVICE[response.status]}" if response.status in ADVICE else ""
            sentence = f"Massive says {response.status} {words or 'without a reason'}{advice}"
            raise Refused(sentence) if response.status < 500 else BadAnswer(sentence)
        try:
            return decode_as(answer, response.body)
        except BadMessage as error:
            raise BadAnswer(f"Massive's answer cannot be read: {error}") from None


def rest_of(
    hosts: Hosts,
    session: Session,
    key: Secret,
    *,
    clock: Clock,
    chance: Chance,
    requests_per_minute: int = REQUESTS_PER_MINUTE,
) -> MassiveRest:
    """The calls, with the budget of a plan."""
    budget = RateBudget([Window("requests", 60, requests_per_minute, counting="rolling")])
    client = HttpClient("massive", hosts.rest, session, budget, clock=clock, chance=chance)
    return MassiveRest(client, key, hosts.rest)
