"""Jobs: long work that somebody asked for, from the wish to its result, kept over restarts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

LOG_BYTES_MAX = 64 * 1024
"""What is kept of a job's log: its end."""
ATTEMPTS_MAX = 3
"""A job whose process was ended from outside so often is not begun again."""

LOW, NORMAL, HIGH = range(3)
"""Priorities: workers take tickets of the higher ones first."""
BUSY_NS = 1_000_000_000
"""A job that finds all places taken is looked at again after so long."""
RETRY_NS = (10_000_000_000, 60_000_000_000, 300_000_000_000)
"""Waits before the second, third and every later attempt of a job that failed."""


class JobState(StrEnum):
    """Where a job stands; the last three are for good."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELED})


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One job. `request` is JSON of what was asked, `result` JSON of what came of it.

    `owner` runs it until `lease_until_ns`; without a sign of life by then another one may.
    `progress` counts thousandths. Times are nanoseconds in UTC, 0 is "not". A job that waits is
    not begun before `due_time_ns`; one that fails is tried `attempts_max` times in all.
    """

    job_id: str
    kind: str
    user_id: str
    user_name: str
    request: str
    state: JobState = JobState.QUEUED
    progress: int = 0
    message: str = ""
    log: str = ""
    result: str = ""
    created_time_ns: int = 0
    started_time_ns: int = 0
    ended_time_ns: int = 0
    attempt: int = 0
    owner: str = ""
    lease_until_ns: int = 0
    is_cancel_asked: bool = False
    number: int = 0
    priority: int = NORMAL
    due_time_ns: int = 0
    attempts_max: int = 1


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is put in the queue every so many seconds, next at `next_time_ns`."""

    name: str
    kind: str
    user_id: str
    user_name: str
    request: str
    every_s: int
    next_time_ns: int
    priority: int = NORMAL


class Jobs(Protocol):
    """Where jobs are kept; several runners may share it. All calls are short and blocking.

    With each job that is to be looked at, now or later, a ticket is kept in the outbox, in the
    same transaction: a message of a job's id to the queue of its priority.
    """

    def add(self, job: Job) -> None:
        """Put a new job in the queue; one that is there already stays as it is."""

    def job(self, job_id: str) -> Job | None:
        """The job of an id."""

    def jobs(self, *, user_id: str = "", kind: str = "", before: int, limit: int) -> list[Job]:
        """Jobs, newest first, without logs and results; `before` is the `number` of the last."""

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""

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
        """Take a job that waits and is due, or whose owner gave no sign of life; else None.

        None too where `slots` jobs run already, or as many of its kind as `kind_slots` allow. A
        job begun too often fails here. Unless it has ended, another ticket is kept.

        `ticket` is the id of the message that led here: in the transaction in which a job is
        begun it is noted, and the same message, delivered once more, begins nothing.
        """

    def keep(self, job: Job, *, until_ns: int) -> bool:
        """Write progress, message and log down and renew the lease.

        False where the job is not the owner's any more, or its cancel was asked for.
        """

    def finish(self, job: Job) -> bool:
        """Write the end down (or the way back to the queue); False where it is another's by now."""

    def ask_cancel(self, job_id: str, now_ns: int) -> None:
        """Cancel a job that waits; let the owner of a running one know."""

    def offer_again(self, now_ns: int) -> None:
        """Keep a ticket for each job that has not ended: tickets of a broker can be lost."""

    def forget_tickets(self, now_ns: int) -> int:
        """Take out what was noted of tickets too old to be delivered again; how many."""


class Schedules(Protocol):
    """What is put in the queue again and again, by one of the runners."""

    def put(self, schedule: Schedule) -> None:
        """Keep a schedule, in the place of one with its name."""

    def remove(self, name: str) -> bool:
        """Forget a schedule; False where there is none."""

    def schedules(self) -> list[Schedule]:
        """All of them, by name."""

    def lead(self, owner: str, *, now_ns: int, until_ns: int) -> bool:
        """Become, or stay, the one who puts jobs in the queue, until then."""

    def put_due_jobs(self, now_ns: int) -> int:
        """Put what is due in the queue, each time of a schedule once; how many jobs."""
