"""The relay: hands what the outbox keeps to the broker, and takes it out when the broker has it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from tradewind.model.errors import TradewindError
from tradewind.ports.broker import Broker, Message, Outbox

BATCH = 200
POLL_S = 0.2
CLAIM_NS = 30_000_000_000
"""What a relay has claimed and not handed over by then is another one's: it died."""
RETRY_S = (0.1, 0.1, 0.2, 0.2, 0.2, 0.5)
"""Waits between attempts while the broker fails; the last one for ever. A second of short ones: by
then a cluster that lost a node has another leader, and who waits longer is felt longer."""


class Relay:
    """One of any number. A message may be handed over twice, never not at all."""

    def __init__(
        self, outbox: Outbox, broker: Broker, *, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._outbox = outbox
        self._broker = broker
        self._now_ns = now_ns
        self._wake = asyncio.Event()
        self.complaint = ""
        """Why nothing is handed over, "" while it is."""

    def wake(self) -> None:
        """Look for messages at once."""
        self._wake.set()

    async def run(self) -> None:
        """Hand over until canceled."""
        failures = 0
        while True:
            try:
                count = await self.step()
            except TradewindError as error:
                self.complaint = str(error)
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
                continue
            self.complaint, failures = "", 0
            if count < BATCH:
                await self._rest()

    async def step(self) -> int:
        """Hand over what is due; how many messages."""
        now_ns = self._now_ns()
        claim = partial(self._outbox.claim, now_ns=now_ns, until_ns=now_ns + CLAIM_NS, limit=BATCH)
        messages = await asyncio.to_thread(claim)
        failure: TradewindError | None = None
        for queue in dict.fromkeys(one.queue for one in messages):
            part = [one for one in messages if one.queue == queue]
            try:
                await self._hand_over(part)
            except TradewindError as error:
                failure = error  # Another queue may go on.
        if failure is not None:
            raise failure
        return len(messages)

    async def _hand_over(self, messages: list[Message]) -> None:
        message_ids = [one.message_id for one in messages]
        try:
            await self._broker.publish(messages)
        except TradewindError:
            await asyncio.to_thread(self._outbox.release, message_ids)
            raise
        await asyncio.to_thread(self._outbox.sent, message_ids)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()
