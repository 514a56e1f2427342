"""What holds of jobs with each broker: inherit `JobCases` and say how to make a store."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.jobs import SqlJobs
from tradewind.adapters.sql.outbox import SqlOutbox
from tradewind.adapters.sql.schedules import SqlSchedules
from tradewind.gateway import job_runner
from tradewind.gateway.job_runner import JobRunner, JobStore
from tradewind.ports.broker import Broker
from tradewind.ports.jobs import HIGH, LOW, NORMAL, RETRY_NS, Job, JobState, Schedule

PATIENCE_S = 60.0
SCRIPT = """
import json, pathlib, sys, time
home = pathlib.Path({home!r})
until = int([word for word in sys.argv if word.startswith("--until=")][0].removeprefix("--until="))
with (home / "begun.txt").open("a") as file:
    file.write(f"{{until}}\\n")
begun = (home / "begun.txt").read_text().split().count(str(until))
if until == 1 and begun == 1:
    print("tradewind: the venue is closed", file=sys.stderr)
    sys.exit(1)
if until == 2:
    sys.exit(2)
while until == 3 and begun == 1:
    time.sleep(0.05)
print(json.dumps({{"until": until}}))
"""
FAILS_ONCE, REFUSES, HANGS_ONCE, WORKS, WORKS_TOO = 1, 2, 3, 4, 5


class JobCases:
    """Subclass it as `Test...`; each test has a home and a database of its own."""

    @pytest.fixture(autouse=True)
    def _home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(job_runner, "POLL_S", 0.05)
        monkeypatch.setattr(job_runner, "SCHEDULE_S", 0.0)
        self.home = tmp_path
        self.engine = open_database(sqlite_url(tmp_path / "security.db"))
        self.jobs = SqlJobs(self.engine)
        self.schedules = SqlSchedules(self.engine)
        self.ahead_ns = 0

    def new_broker(self) -> Broker:
        """One whose queues are empty."""
        raise NotImplementedError

    def now_ns(self) -> int:
        return time.time_ns() + self.ahead_ns

    def runner(self, slots: int = 2) -> JobRunner:
        store = JobStore(self.jobs, self.schedules, SqlOutbox(self.engine), self.new_broker())
        command = (sys.executable, "-c", SCRIPT.format(home=str(self.home)))
        return JobRunner(store, self.home, slots=slots, now_ns=self.now_ns, command=command)

    def put(self, until: int, **fields: int) -> str:
        job = Job(
            job_id=f"job{until}",
            kind="statement",
            user_id="u1",
            user_name="ann",
            request=json.dumps({"until": until}),
        )
        self.jobs.add(msgspec.structs.replace(job, **fields))
        return job.job_id

    def begun(self) -> list[int]:
        """What was begun, in its order."""
        file = self.home / "begun.txt"
        return [int(word) for word in file.read_text().split()] if file.exists() else []

    def found(self, job_id: str) -> Job:
        job = self.jobs.job(job_id)
        assert job is not None
        return job

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await asyncio.sleep(0.02)

    def work(self, work: Callable[[], Awaitable[None]], *runners: JobRunner) -> None:
        """Do work while runners run."""

        async def whole() -> None:
            for runner in runners:
                runner.start()
            try:
                await work()
            finally:
                for runner in runners:
                    await runner.stop()

        asyncio.run(whole())

    def test_a_job_runs_once_and_its_result_is_kept(self) -> None:
        async def work() -> None:
            await self.until(lambda: self.found(job_id).state is JobState.DONE)

        job_id = self.put(WORKS)
        self.work(work, self.runner(), self.runner())
        done = self.found(job_id)
        assert (done.result, done.attempt, done.progress) == ('{"until": 4}\n', 1, 1000)
        assert self.begun() == [WORKS]

    def test_a_job_that_fails_is_tried_again_later_and_a_wrong_one_is_not(self) -> None:
        async def work() -> None:
            await self.until(lambda: self.found(wrong).state is JobState.FAILED)
            await self.until(lambda: self.found(again).due_time_ns > 0)
            waiting = self.found(again)
            assert (waiting.state, waiting.message) == (JobState.QUEUED, "the venue is closed")
            assert waiting.due_time_ns - self.now_ns() > RETRY_NS[0] - 10**9 * PATIENCE_S
            self.ahead_ns = RETRY_NS[0]
            await self.until(lambda: self.found(again).state is JobState.DONE)

        wrong = self.put(REFUSES, attempts_max=3)
        again = self.put(FAILS_ONCE, attempts_max=2)
        self.work(work, self.runner())
        assert (self.found(again).attempt, self.found(wrong).attempt) == (2, 1)

    def test_what_is_more_urgent_is_begun_first(self) -> None:
        async def work() -> None:
            await self.until(lambda: len(self.begun()) == 3)

        self.put(WORKS, priority=LOW)
        self.put(WORKS_TOO, priority=NORMAL)
        self.put(REFUSES, priority=HIGH)
        self.work(work, self.runner(slots=1))
        assert self.begun() == [REFUSES, WORKS_TOO, WORKS]

    def test_a_running_job_is_canceled_within_seconds(self) -> None:
        async def work() -> None:
            await self.until(lambda: self.begun() == [HANGS_ONCE])
            self.jobs.ask_cancel(job_id, self.now_ns())
            await self.until(lambda: self.found(job_id).state is JobState.CANCELED)

        job_id = self.put(HANGS_ONCE)
        self.work(work, self.runner())

    def test_a_runner_that_ends_gives_its_job_back_and_the_next_one_does_it(self) -> None:
        async def hangs() -> None:
            await self.until(lambda: self.begun() == [HANGS_ONCE])

        async def works() -> None:
            await self.until(lambda: self.found(job_id).state is JobState.DONE)

        job_id = self.put(HANGS_ONCE)
        self.work(hangs, self.runner())
        assert self.found(job_id).state is JobState.QUEUED
        self.work(works, self.runner())
        assert self.found(job_id).attempt == 2

    def test_a_schedule_puts_one_job_in_the_queue_each_time_whoever_leads(self) -> None:
        async def work() -> None:
            for count in (1, 2):
                await self.until(lambda count=count: self.done() == count)
                self.ahead_ns += 3600 * 10**9

        request = json.dumps({"until": WORKS})
        schedule = Schedule(
            name="nightly", kind="statement", user_id="u1", user_name="ann", request=request,
            every_s=3600, next_time_ns=self.now_ns(),
        )  # fmt: skip
        self.schedules.put(schedule)
        self.work(work, self.runner(), self.runner())
        assert self.begun().count(WORKS) in (2, 3), "the third may have begun before the end"

    def done(self) -> int:
        return self.jobs.counts().get(JobState.DONE, 0)
