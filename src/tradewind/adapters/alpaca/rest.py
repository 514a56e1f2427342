"""Calls to Alpaca's HTTP interfaces: keys in headers, answers judged once, 200 a minute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tradewind.adapters.alpaca.account_wire import error_of
from tradewind.adapters.alpaca.page_wire import decode_as
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.budget import RateBudget, Urgency, Window
from tradewind.adapters.net.http import DEADLINE_S, Call, HttpClient, Method, Repeat, Request
from tradewind.adapters.net.outcome import BadAnswer, RateLimited
from tradewind.adapters.net.query import Value, encode_query, encoded
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.socket import SILENCE_S
from tradewind.model.errors import BadMessage
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Refused

REQUESTS_PER_MINUTE = 200
MINUTE_S = 60
COST = {"requests": 1}
PATIENT_S = 120.0
"""What a download may take for a page: waiting for the next minute's requests included."""

Answer = TypeVar("Answer")

ADVICE = {
    401: "the key is wrong, revoked or of the other account: check ALPACA_API_KEY and "
    "ALPACA_SECRET_KEY (paper and live have their own)",
    403: "the account may not do this",
    404: "Alpaca does not have it",
    418: "this address is banned for a while",
    429: "we sent more than the venue allows",
}
"""What a status means, where the venue's own message does not say what to do."""

DUPLICATE_WORDS = ("client_order_id", "unique")


class Hosts(msgspec.Struct, frozen=True):
    """Where Alpaca is; `feed` is what the plan of the account pays for.

    A connection that nothing comes on for `silence_s` is made anew.
    """

    trading: str
    data: str = "https://data.alpaca.markets"
    account_stream: str = ""
    data_stream: str = "wss://stream.data.alpaca.markets"
    feed: str = "iex"
    silence_s: float = SILENCE_S


PAPER = Hosts(
    "https://paper-api.alpaca.markets", account_stream="wss://paper-api.alpaca.markets/stream"
)
LIVE = Hosts("https://api.alpaca.markets", account_stream="wss://api.alpaca.markets/stream")


class Keys(msgspec.Struct, frozen=True):
    """The id of a key and its secret; neither shows itself."""

    key_id: Secret
    secret: Secret

    def headers(self) -> dict[str, str]:
        """What proves that a request is ours."""
        return {
            "APCA-API-KEY-ID": self.key_id.reveal(),
            "APCA-API-SECRET-KEY": self.secret.reveal(),
        }


class NotThere(Refused):
    """The venue has no such thing (404)."""


class Duplicate(BadAnswer):
    """The venue has an order of this id already, which then is ours: it wants to be asked."""


class AlpacaRest:
    """One host of Alpaca; every call either answers, is `Refused`, or is an `OutsideError`."""

    def __init__(self, client: HttpClient, keys: Keys) -> None:
        self.client = client
        self._keys = keys

    async def get(
        self,
        path: str,
        parameters: Mapping[str, Value],
        answer: type[Answer],
        urgency: Urgency = Urgency.BACKGROUND,
    ) -> Answer:
        """What a question answers; repeated where it failed."""
        query = encode_query(parameters)
        request = self._request("GET", f"{path}?{query}" if query else path, b"")
        body = await self._call(request, Repeat.HARMLESS, urgency)
        return _decoded(answer, body)

    async def send(self, method: Method, path: str, message: object = None) -> bytes:
        """What a command answers; sent once. A refusal for the rate is one: it was not done."""
        body = b"" if message is None else msgspec.json.encode(message)
        try:
            return await self._call(self._request(method, path, body), Repeat.NEVER, Urgency.ORDER)
        except RateLimited as error:
            sentence = self._sentence(error.status, error.body)
            raise Refused(f"{sentence} (nothing for {error.retry_after_s:g} s)") from None

    async def place(self, message: object, answer: type[Answer]) -> Answer:
        """What sending a new order answers; an answer that cannot be read leaves it open."""
        return _decoded(answer, await self.send("POST", "/v2/orders", message))

    async def replace(self, venue_id: str, message: object, answer: type[Answer]) -> Answer:
        """What sending other terms for an order answers."""
        path = f"/v2/orders/{encoded(venue_id)}"
        return _decoded(answer, await self.send("PATCH", path, message))

    def _request(self, method: Method, target: str, body: bytes) -> Request:
        headers = self._keys.headers() | {"Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        return Request(method=method, target=target, body=body, headers=headers)

    async def _call(self, request: Request, repeat: Repeat, urgency: Urgency) -> bytes:
        deadline_s = PATIENT_S if urgency is Urgency.BACKGROUND else DEADLINE_S
        call = Call(
            make=lambda: request,
            costs=COST,
            repeat=repeat,
            urgency=urgency,
            deadline_s=deadline_s,
        )
        response = await self.client.call(call)
        if 200 <= response.status < 300:
            return response.body
        sentence = self._sentence(response.status, response.body)
        if response.status == 404:
            raise NotThere(sentence)
        if response.status == 422 and all(word in sentence for word in DUPLICATE_WORDS):
            raise Duplicate(sentence)
        if response.status in (400, 401, 403, 405, 409, 410, 415, 422):
            raise Refused(sentence)
        raise BadAnswer(sentence)

    def _sentence(self, status: int, body: bytes) -> str:
        """The venue's own words, without our keys should it repeat them, and our explanation."""
        told = error_of(body)
        words = told.message[:300]
        for secret in (self._keys.key_id, self._keys.secret):
            words = words.replace(secret.reveal(), "***") if secret else words
        code = f" ({told.code})" if told.code else ""
        advice = f": {ADVICE[status]}" if status in ADVICE else ""
        return f"Alpaca says {status} {words or 'without a reason'}{code}{advice}"


def rest_of(
    name: str, base: str, session: Session, keys: Keys, *, clock: Clock, chance: Chance
) -> AlpacaRest:
    """The calls to one host, with a budget of its own."""
    budget = RateBudget([Window("requests", MINUTE_S, REQUESTS_PER_MINUTE, counting="rolling")])
    client = HttpClient(
        name, base, session, budget, clock=clock, chance=chance, note_headers=note_headers
    )
    return AlpacaRest(client, keys)


def note_headers(headers: Mapping[str, str], budget: RateBudget, now_ns: int) -> None:
    """Take over the venue's own count of our requests, where it tells one."""
    limit, remaining = (
        headers.get("X-RateLimit-Limit", ""),
        headers.get("X-RateLimit-Remaining", ""),
    )
    if limit.isdecimal() and remaining.isdecimal() and int(limit) > 0:
        budget.set_limit("requests", MINUTE_S, int(limit))
        budget.note_used("requests", MINUTE_S, int(limit) - int(remaining), now_ns)


def _decoded(answer: type[Answer], body: bytes) -> Answer:
    try:
        return decode_as(answer, body)
    except BadMessage as error:
        raise BadAnswer(f"Alpaca's answer cannot be read: {error}") from None
