"""Jobs: long work that somebody asked for, from the wish to its result, kept over restarts."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

LOG_BYTES_MAX = 64 * 1024
"""What is kept of a job's log: its end."""
ATTEMPTS_MAX = 3
"""A job whose process was ended from outside so often is not begun again."""


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
    `progress` counts thousandths. Times are nanoseconds in UTC, 0 is "not".
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


class Jobs(Protocol):
    """Where jobs are kept; several runners may share it. All calls are short and blocking."""

    def add(self, job: Job) -> None:
        """Put a new job in the queue; one that is there already stays as it is."""

    def job(self, job_id: str) -> Job | None:
        """The job of an id."""

    def jobs(self, *, user_id: str = "", kind: str = "", before: int, limit: int) -> list[Job]:
        """Jobs, newest first, without logs and results; `before` is the `number` of the last."""

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""

    def claim(self, owner: str, *, now_ns: int, until_ns: int, slots: int) -> Job | None:
        """Take the oldest job that waits, or whose owner gave no sign of life; None without one.

        None too where `slots` jobs run already. A job begun too often fails here.
        """

    def keep(self, job: Job, *, until_ns: int) -> bool:
        """Write progress, message and log down and renew the lease.

        False where the job is not the owner's any more, or its cancel was asked for.
        """

    def finish(self, job: Job) -> None:
        """Write the end down (or the way back to the queue) if the job is still the owner's."""

    def ask_cancel(self, job_id: str, now_ns: int) -> None:
        """Cancel a job that waits; let the owner of a running one know."""
