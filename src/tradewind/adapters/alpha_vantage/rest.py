"""Calls to Alpha Vantage: one endpoint, the quota before, the verdict behind each answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradewind.adapters.alpha_vantage.answers import Answers
from tradewind.adapters.alpha_vantage.quota import Quota
from tradewind.adapters.alpha_vantage.wire import decode, verdict
from tradewind.adapters.net.http import Call, HttpClient, Repeat, Request
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.query import encode_query
from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import BadMessage
from tradewind.ports.trading import Refused

BASE = "https://www.alphavantage.co"
DEADLINE_S = 60.0


class AlphaVantageRest:
    """Questions; an answer is kept and given again while it is young enough."""

    def __init__(self, client: HttpClient, key: Secret, quota: Quota, answers: Answers) -> None:
        self.client = client
        self.quota = quota
        self._key = key
        self._answers = answers

    async def ask(self, parameters: Mapping[str, str], *, max_age_ns: int) -> dict[str, Any]:
        """An answer with rows; {} where there are none; `Refused` with the venue's words."""
        question = encode_query(parameters)
        kept = self._answers.find(question, max_age_ns)
        if kept is not None:
            return decode(kept)
        body = await self._fetch(question)
        answer = self._judged(body)
        self._answers.keep(question, body)
        return answer

    async def _fetch(self, question: str) -> bytes:
        await self.quota.take()
        target = f"/query?{question}&apikey={encode_query({'': self._key.reveal()})[1:]}"
        request = Request(method="GET", target=target)
        # a repeat would cost one more of the day's few, so there is none
        call = Call(make=lambda: request, repeat=Repeat.NEVER, deadline_s=DEADLINE_S)
        response = await self.client.call(call)
        if response.status != 200:
            raise BadAnswer(f"Alpha Vantage answers {response.status}")
        return response.body

    def _judged(self, body: bytes) -> dict[str, Any]:
        try:
            answer = decode(body)
        except BadMessage as error:
            raise BadAnswer(f"Alpha Vantage's answer cannot be read: {error}") from None
        judged, words = verdict(answer)
        words = words[:300].replace(self._key.reveal() or "\0", "***")
        if judged == "rate":
            if "day" in words.lower():
                self.quota.used_up()
            raise Refused(f"Alpha Vantage takes no more requests: {words}")
        if judged == "premium":
            raise Refused(f"the plan of the key does not have this data: {words}")
        if judged == "refused":
            raise Refused(
                f"Alpha Vantage refuses: {words}; check ALPHA_VANTAGE_API_KEY and the name"
            )
        return {} if judged == "empty" else answer
