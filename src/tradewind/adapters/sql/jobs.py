"""Jobs in a SQL database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, and_, func, insert, select, update

from tradewind.adapters.sql import inbox
from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.engine import is_postgres
from tradewind.adapters.sql.outbox import keep
from tradewind.adapters.sql.tables import JOBS
from tradewind.ports.broker import JOBS_HIGH, JOBS_LOW, JOBS_NORMAL, Message
from tradewind.ports.jobs import ATTEMPTS_MAX, BUSY_NS, ENDED, LOG_BYTES_MAX, Job, JobState

TICKET_QUEUES = (JOBS_LOW.name, JOBS_NORMAL.name, JOBS_HIGH.name)
"""By priority."""
CONSUMER = "jobs"
"""Who notes in the inbox which tickets began a job."""
CLAIM_LOCK = 4_207_003
"""PostgreSQL's advisory lock of whoever counts which places are taken."""
OFFERED_MAX = 10_000
_LONG = frozenset({"log", "result"})
_SHORT = [column for column in JOBS.c if column.name not in _LONG]


class SqlJobs:
    """The `Jobs` of a database that `open_database` gave."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, job: Job) -> None:
        """Put a new job in the queue; one that is there already stays as it is."""
        values = msgspec.structs.asdict(job)
        del values["number"]
        with writing(self._engine) as connection:
            known = connection.execute(select(JOBS.c.number).where(JOBS.c.job_id == job.job_id))
            if known.first() is None:
                connection.execute(insert(JOBS).values(values))
                keep_ticket(connection, job, job.due_time_ns)

    def job(self, job_id: str) -> Job | None:
        """The job of an id."""
        with reading(self._engine) as connection:
            return _job(connection, job_id)

    def jobs(self, *, user_id: str = "", kind: str = "", before: int, limit: int) -> list[Job]:
        """Jobs, newest first, without logs and results."""
        question = select(*_SHORT).order_by(JOBS.c.number.desc()).limit(limit)
        if user_id:
            question = question.where(JOBS.c.user_id == user_id)
        if kind:
            question = question.where(JOBS.c.kind == kind)
        if before:
            question = question.where(JOBS.c.number < before)
        with reading(self._engine) as connection:
            return [_of(row) for row in connection.execute(question).mappings()]

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        question = select(JOBS.c.state, func.count()).group_by(JOBS.c.state)
        with reading(self._engine) as connection:
            return {JobState(state): count for state, count in connection.execute(question)}

    def claim(
        self,
        job_id: str,
        owner: str,
        *,
        ticket: str,
        now_ns: int,
        until_ns: int,
        slots: int,
        kind_slots: Mapping[str, int],
    ) -> Job | None:
        """Take a job that waits and is due, or whose owner gave no sign of life; else None."""
        with writing(self._engine) as connection:
            if inbox.is_noted(connection, CONSUMER, ticket):
                return None
            if is_postgres(self._engine):  # Two claims at once would count the same places.
                connection.execute(select(func.pg_advisory_xact_lock(CLAIM_LOCK)))
            _end_lost(connection, job_id, now_ns)
            job = _job(connection, job_id)
            if job is None or job.state in ENDED:
                return None
            again_ns = _busy_until(connection, job, now_ns, slots, kind_slots)
            if again_ns:
                keep_ticket(connection, job, again_ns)
                return None
            values = {
                "state": JobState.RUNNING,
                "owner": owner,
                "lease_until_ns": until_ns,
                "started_time_ns": now_ns,
                "attempt": JOBS.c.attempt + 1,
            }
            if not inbox.is_first(connection, CONSUMER, ticket, now_ns):
                return None
            connection.execute(update(JOBS).where(JOBS.c.job_id == job_id).values(values))
            keep_ticket(connection, job, until_ns)  # Somebody looks whether the owner lives.
            return _job(connection, job_id)

    def keep(self, job: Job, *, until_ns: int) -> bool:
        """Write progress, message and log down and renew the lease."""
        values = {
            "progress": job.progress,
            "message": job.message[:200],
            "log": job.log[-LOG_BYTES_MAX:],
            "lease_until_ns": until_ns,
        }
        with writing(self._engine) as connection:
            mine = update(JOBS).where(_is_mine(job)).values(values)
            if connection.execute(mine).rowcount == 0:
                return False
            asked = select(JOBS.c.is_cancel_asked).where(JOBS.c.job_id == job.job_id)
            return not connection.execute(asked).scalar_one()

    def finish(self, job: Job) -> bool:
        """Write the end down, or the way back to the queue, if the job is still the owner's."""
        names = ("state", "progress", "result", "ended_time_ns", "due_time_ns")
        values: dict[str, Any] = {name: getattr(job, name) for name in names}
        values |= {"message": job.message[:200], "log": job.log[-LOG_BYTES_MAX:]}
        values |= {"owner": "", "lease_until_ns": 0}
        with writing(self._engine) as connection:
            done = connection.execute(update(JOBS).where(_is_mine(job)).values(values))
            if done.rowcount and job.state is JobState.QUEUED:
                keep_ticket(connection, job, job.due_time_ns)
            return done.rowcount == 1

    def ask_cancel(self, job_id: str, now_ns: int) -> None:
        """Cancel a job that waits; let the owner of a running one know."""
        canceled = {"state": JobState.CANCELED, "ended_time_ns": now_ns}
        with writing(self._engine) as connection:
            one = update(JOBS).where(JOBS.c.job_id == job_id)
            connection.execute(one.values(is_cancel_asked=True))
            connection.execute(one.where(JOBS.c.state == JobState.QUEUED).values(canceled))

    def offer_again(self, now_ns: int) -> None:
        """Keep a ticket for each job that has not ended: tickets of a broker can be lost."""
        with writing(self._engine) as connection:
            question = select(*_SHORT).where(JOBS.c.state.not_in(ENDED)).limit(OFFERED_MAX)
            for row in connection.execute(question).mappings().all():
                job = _of(row)
                keep_ticket(connection, job, max(now_ns, job.lease_until_ns, job.due_time_ns))

    def forget_tickets(self, now_ns: int) -> int:
        """Take out what was noted of old tickets."""
        with writing(self._engine) as connection:
            return inbox.forget(connection, now_ns=now_ns)


def keep_ticket(connection: Connection, job: Job, due_time_ns: int) -> None:
    """Keep a ticket in the outbox: at that time somebody looks at the job."""
    # The attempt tells tickets of one time apart: that of a job given back is not its first one.
    ticket = Message(
        message_id=f"{job.job_id}.{job.attempt}.{due_time_ns}",
        queue=TICKET_QUEUES[job.priority],
        body=job.job_id.encode(),
    )
    keep(connection, ticket, due_time_ns=due_time_ns)


def _busy_until(
    connection: Connection, job: Job, now_ns: int, slots: int, kind_slots: Mapping[str, int]
) -> int:
    """When to look at a job again that cannot be begun now; 0 where it can."""
    if job.state is JobState.RUNNING and job.lease_until_ns >= now_ns:
        return job.lease_until_ns + 1
    if job.state is JobState.QUEUED and job.due_time_ns > now_ns:
        return job.due_time_ns
    is_taken = and_(JOBS.c.state == JobState.RUNNING, JOBS.c.lease_until_ns >= now_ns)
    question = select(JOBS.c.kind, func.count()).where(is_taken).group_by(JOBS.c.kind)
    running = {row[0]: row[1] for row in connection.execute(question)}
    is_full = running.get(job.kind, 0) >= kind_slots.get(job.kind, slots)
    return now_ns + BUSY_NS if is_full or sum(running.values()) >= slots else 0


def _end_lost(connection: Connection, job_id: str, now_ns: int) -> None:
    """Fail what was ended from outside too often, cancel what shall not be begun again."""
    is_lost = and_(
        JOBS.c.job_id == job_id,
        JOBS.c.state == JobState.RUNNING,
        JOBS.c.lease_until_ns < now_ns,
    )
    asked = update(JOBS).where(is_lost, JOBS.c.is_cancel_asked)
    connection.execute(asked.values(state=JobState.CANCELED, ended_time_ns=now_ns))
    message = f"its process was ended from outside {ATTEMPTS_MAX} times"
    often = update(JOBS).where(is_lost, JOBS.c.attempt >= ATTEMPTS_MAX)
    failed = {"state": JobState.FAILED, "ended_time_ns": now_ns, "message": message}
    connection.execute(often.values(failed))


def _is_mine(job: Job) -> Any:
    return and_(
        JOBS.c.job_id == job.job_id,
        JOBS.c.owner == job.owner,
        JOBS.c.attempt == job.attempt,
        JOBS.c.state == JobState.RUNNING,
    )


def _job(connection: Connection, job_id: str) -> Job | None:
    row = connection.execute(select(JOBS).where(JOBS.c.job_id == job_id)).mappings().first()
    return _of(row) if row else None


def _of(row: Any) -> Job:
    return Job(**{**row, "state": JobState(row["state"])})
