"""Jobs in a SQL database."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, and_, func, insert, or_, select, update

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.tables import JOBS
from tradewind.ports.jobs import ATTEMPTS_MAX, LOG_BYTES_MAX, Job, JobState

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

    def claim(self, owner: str, *, now_ns: int, until_ns: int, slots: int) -> Job | None:
        """Take the oldest job that waits, or whose owner gave no sign of life."""
        is_free = or_(
            JOBS.c.state == JobState.QUEUED,
            and_(JOBS.c.state == JobState.RUNNING, JOBS.c.lease_until_ns < now_ns),
        )
        is_taken = and_(JOBS.c.state == JobState.RUNNING, JOBS.c.lease_until_ns >= now_ns)
        with writing(self._engine) as connection:
            _end_lost(connection, now_ns)
            running = connection.execute(select(func.count()).where(is_taken)).scalar_one()
            if running >= slots:
                return None
            oldest = select(JOBS.c.job_id).where(is_free).order_by(JOBS.c.number).limit(1)
            if connection.dialect.name != "sqlite":
                oldest = oldest.with_for_update(skip_locked=True)
            job_id = connection.execute(oldest).scalar()
            if job_id is None:
                return None
            values = {
                "state": JobState.RUNNING,
                "owner": owner,
                "lease_until_ns": until_ns,
                "started_time_ns": now_ns,
                "attempt": JOBS.c.attempt + 1,
            }
            connection.execute(update(JOBS).where(JOBS.c.job_id == job_id).values(values))
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

    def finish(self, job: Job) -> None:
        """Write the end down if the job is still the owner's."""
        names = ("state", "progress", "result", "ended_time_ns")
        values: dict[str, Any] = {name: getattr(job, name) for name in names}
        values |= {"message": job.message[:200], "log": job.log[-LOG_BYTES_MAX:]}
        values |= {"owner": "", "lease_until_ns": 0}
        with writing(self._engine) as connection:
            connection.execute(update(JOBS).where(_is_mine(job)).values(values))

    def ask_cancel(self, job_id: str, now_ns: int) -> None:
        """Cancel a job that waits; let the owner of a running one know."""
        canceled = {"state": JobState.CANCELED, "ended_time_ns": now_ns}
        with writing(self._engine) as connection:
            one = update(JOBS).where(JOBS.c.job_id == job_id)
            connection.execute(one.values(is_cancel_asked=True))
            connection.execute(one.where(JOBS.c.state == JobState.QUEUED).values(canceled))


def _end_lost(connection: Connection, now_ns: int) -> None:
    """Fail what was ended from outside too often, cancel what shall not be begun again."""
    is_lost = and_(JOBS.c.state == JobState.RUNNING, JOBS.c.lease_until_ns < now_ns)
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
