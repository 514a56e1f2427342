"""Schedules in a SQL database: led by one runner, each time of a schedule put in the queue once."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, or_, select, update

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.jobs import keep_ticket
from tradewind.adapters.sql.queue_tables import LEASES, SCHEDULES
from tradewind.adapters.sql.tables import JOBS
from tradewind.ports.jobs import Job, Schedule

LEASE = "schedules of jobs"
SECOND_NS = 1_000_000_000


class SqlSchedules:
    """The `Schedules` of a database that `open_database` gave."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, schedule: Schedule) -> None:
        """Keep a schedule, in the place of one with its name."""
        with writing(self._engine) as connection:
            connection.execute(delete(SCHEDULES).where(SCHEDULES.c.name == schedule.name))
            connection.execute(insert(SCHEDULES).values(msgspec.structs.asdict(schedule)))

    def remove(self, name: str) -> bool:
        """Forget a schedule; False where there is none."""
        with writing(self._engine) as connection:
            gone = connection.execute(delete(SCHEDULES).where(SCHEDULES.c.name == name))
            return gone.rowcount == 1

    def schedules(self) -> list[Schedule]:
        """All of them, by name."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(SCHEDULES).order_by(SCHEDULES.c.name)).mappings()
            return [_schedule(row) for row in rows]

    def lead(self, owner: str, *, now_ns: int, until_ns: int) -> bool:
        """Become, or stay, the one who puts jobs in the queue, until then."""
        mine = or_(LEASES.c.owner == owner, LEASES.c.until_ns < now_ns)
        taken = update(LEASES).where(LEASES.c.name == LEASE, mine)
        values = {"owner": owner, "until_ns": until_ns, "epoch": LEASES.c.epoch + 1}
        with writing(self._engine) as connection:
            if connection.execute(taken.values(values)).rowcount:
                return True
            known = select(LEASES.c.name).where(LEASES.c.name == LEASE)
            if connection.execute(known).first() is not None:
                return False
            first = {"name": LEASE, "owner": owner, "until_ns": until_ns, "epoch": 1}
            connection.execute(insert(LEASES).values(first))
            return True

    def put_due_jobs(self, now_ns: int) -> int:
        """Put what is due in the queue, each time of a schedule once; how many jobs.

        Of times that were missed, while nobody led, the last one counts.
        """
        due = select(SCHEDULES).where(SCHEDULES.c.next_time_ns <= now_ns)
        with writing(self._engine) as connection:
            found = [_schedule(row) for row in connection.execute(due).mappings()]
            return sum(_put_one(connection, schedule, now_ns) for schedule in found)


def _put_one(connection: Connection, schedule: Schedule, now_ns: int) -> int:
    """Move a schedule on and put its job in the queue, unless another leader just did."""
    every_ns = schedule.every_s * SECOND_NS
    missed = (now_ns - schedule.next_time_ns) // every_ns
    time_ns = schedule.next_time_ns + missed * every_ns
    moved = update(SCHEDULES).where(
        SCHEDULES.c.name == schedule.name, SCHEDULES.c.next_time_ns == schedule.next_time_ns
    )
    if connection.execute(moved.values(next_time_ns=time_ns + every_ns)).rowcount == 0:
        return 0
    job = Job(
        job_id=hashlib.sha256(f"{schedule.name}\n{time_ns}".encode()).hexdigest()[:24],
        kind=schedule.kind,
        user_id=schedule.user_id,
        user_name=schedule.user_name,
        request=schedule.request,
        priority=schedule.priority,
        created_time_ns=now_ns,
    )
    values = msgspec.structs.asdict(job)
    del values["number"]
    known = select(JOBS.c.number).where(JOBS.c.job_id == job.job_id)
    if connection.execute(known).first() is not None:
        return 0  # A schedule taken away and put back at the same times.
    connection.execute(insert(JOBS).values(values))
    keep_ticket(connection, job, 0)
    return 1


def _schedule(row: Any) -> Schedule:
    return Schedule(**row)
