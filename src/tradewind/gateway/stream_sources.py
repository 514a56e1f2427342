"""Sources of the stream that the engine does not push: alerts, jobs, the journal.

Each is asked only while some client wants its channel, and never more often than its interval.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool

from tradewind.gateway.routes.jobs import job_row
from tradewind.gateway.services import Services
from tradewind.gateway.told import Told
from tradewind.model.errors import TradewindError
from tradewind.model.messages import MarketRecorded
from tradewind.ports.jobs import Job
from tradewind.ports.journal import JournalReader, numbered
from tradewind.runtime.control_messages import HealthRequest

ALERTS_S = 1.0
JOBS_S = 0.5
JOURNAL_S = 0.25
JOBS_WATCHED_MAX = 200
"""The newest jobs whose changes are told."""
JOURNAL_RECORDS_MAX = 5_000
"""Records told at once; the rest follows at the next look."""

Publish = Callable[[Told], None]
Wanted = Callable[[str], bool]


class Sources:
    """Publishes what it finds, for the channels that `wanted` says somebody has."""

    def __init__(self, services: Services, publish: Publish, wanted: Wanted) -> None:
        self._services = services
        self._publish = publish
        self._wanted = wanted
        self._standing: set[str] = set()
        self._jobs: dict[str, tuple[str, int, str]] = {}
        self._journal_sequence = 0

    def begin_journal(self, sequence: int) -> None:
        """Tell the journal from there on, also what others have heard: clients leave that out."""
        known = self._journal_sequence
        self._journal_sequence = min(known, sequence) if known else sequence

    def start(self) -> list[asyncio.Task[None]]:
        """Begin to ask, on the running event loop."""
        sources: list[tuple[str, float, Callable[[], Awaitable[None]]]] = [
            ("alert", ALERTS_S, self._alerts),
            ("job", JOBS_S, self._changed_jobs),
            ("journal", JOURNAL_S, self._journal),
        ]
        return [asyncio.create_task(self._again(*source)) for source in sources]

    async def _again(
        self, channel: str, interval_s: float, look: Callable[[], Awaitable[None]]
    ) -> None:
        while True:
            await asyncio.sleep(interval_s)
            if not self._wanted(channel):
                self._forget(channel)
                continue
            try:
                await look()
            except TradewindError:
                continue  # It is looked at again; what is wrong is in the health.

    def _forget(self, channel: str) -> None:
        """Whoever comes next begins anew."""
        if channel == "alert":
            self._standing = set()
        elif channel == "job":
            self._jobs = {}
        elif channel == "journal":
            self._journal_sequence = 0

    async def _alerts(self) -> None:
        try:
            health = (await self._services.engine.read(HealthRequest())).answer
            sentences = {*health["reasons"], *health["degraded"]}
        except TradewindError as error:
            sentences = {str(error)}
        for sentence in sorted(sentences ^ self._standing):
            body = {"sentence": sentence, "is_standing": sentence in sentences}
            self._publish(Told("alert", 0, body))
        self._standing = sentences

    async def _changed_jobs(self) -> None:
        found = await run_in_threadpool(
            lambda: self._services.jobs.jobs(before=0, limit=JOBS_WATCHED_MAX)
        )
        for job in reversed(found):
            now = (job.state.value, job.progress, job.message)
            if self._jobs.get(job.job_id) != now:
                self._publish(Told("job", 0, job_body(job)))
        self._jobs = {job.job_id: (job.state.value, job.progress, job.message) for job in found}

    async def _journal(self) -> None:
        if not self._journal_sequence:
            self._journal_sequence = await run_in_threadpool(self._last_sequence)
            return
        after = self._journal_sequence
        found, self._journal_sequence = await run_in_threadpool(self.records, after)
        for update in found:
            self._publish(update)

    def records(self, after: int) -> tuple[list[Told], int]:
        """The journal's records behind a sequence, and how far that is. Blocking."""
        journal = self._services.open_journal()
        try:
            return _records(journal, after)
        finally:
            journal.close()

    def _last_sequence(self) -> int:
        journal = self._services.open_journal()
        try:
            return journal.last_sequence
        finally:
            journal.close()


def job_body(job: Job) -> dict[str, Any]:
    """A job as the stream tells it, with whose it is."""
    row = job_row(job)
    del row["request"]
    return row | {"user_id": job.user_id}


def _records(journal: JournalReader, after: int) -> tuple[list[Told], int]:
    found: list[Told] = []
    last = after
    for group in journal.groups(max(after, journal.first_sequence - 1, 0)):
        for sequence, record in numbered(group):
            if sequence > after and not isinstance(record, MarketRecorded):
                body: dict[str, Any] = msgspec.to_builtins(msgspec.structs.asdict(record))
                event = {"event": type(record).__name__}
                found.append(Told("journal", sequence, event | body))
        last = group.last
        if len(found) >= JOURNAL_RECORDS_MAX:
            break
    return found, last
