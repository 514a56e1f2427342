"""The job runner: takes tickets of jobs from the broker, runs each as a command in a process."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
from starlette.concurrency import run_in_threadpool

from tradewind.gateway.job_commands import arguments_of
from tradewind.model.errors import TradewindError
from tradewind.ports.broker import (
    JOBS_HIGH,
    JOBS_LOW,
    JOBS_NORMAL,
    Broker,
    Delivery,
    Message,
    Outbox,
)
from tradewind.ports.jobs import LOG_BYTES_MAX, RETRY_NS, Job, Jobs, JobState, Schedules
from tradewind.runtime.relay import Relay

MODULE = "tradewind.cli.job_process"
"""What a job's process runs: the command line, which this package does not know."""
POLL_S = 0.5
"""How often outbox and broker are asked for what another process put there."""
OFFER_S = 3600.0
"""How often a ticket is written for every job that has not ended, in case one was lost."""
SCHEDULE_S = 2.0
"""How often schedules are looked at, and the lease of who leads is renewed."""
FAILED_CODE = 1
"""A command ends with it where something outside failed; with 2 where the request was wrong."""
KEEP_S = 1.0
"""How often progress is written down and the lease renewed."""
LEASE_NS = 15_000_000_000
RESULT_BYTES_MAX = 16 * 1024 * 1024
LINE_BYTES_MAX = 64 * 1024
STOP_DEADLINE_S = 3.0
"""A process that takes longer to end is killed."""
RUN_S_MAX = 24 * 3600
"""A job that takes longer is ended."""
TICKETS = (JOBS_HIGH.name, JOBS_NORMAL.name, JOBS_LOW.name)
"""In the order in which they are taken."""
_BAR = re.compile(r"\[(#*)(\.*)\]\s*(.*)")


class JobStore(NamedTuple):
    """Where jobs are, and how they come to a worker."""

    jobs: Jobs
    schedules: Schedules
    outbox: Outbox
    broker: Broker


class JobRunner:
    """Runs jobs as tickets of the broker name them, at most `slots` at once over all runners.

    It also hands on what the outbox keeps, and, as the one that leads, puts scheduled jobs there;
    without slots it does only that.
    """

    def __init__(
        self,
        store: JobStore,
        home: Path,
        *,
        slots: int,
        kind_slots: Mapping[str, int] | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        command: Sequence[str] = (sys.executable, "-m", MODULE),
    ) -> None:
        self._jobs = store.jobs
        self._schedules = store.schedules
        self._broker = store.broker
        self._relay = Relay(store.outbox, store.broker, now_ns=now_ns)
        self._home = home
        self._slots = slots
        self._kind_slots = kind_slots or {}
        self._now_ns = now_ns
        self._command = tuple(command)
        self._owner = secrets.token_hex(8)
        self._wake: asyncio.Event | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._taking: asyncio.Task[None] | None = None
        self._failure = ""
        self._ended: dict[JobState, int] = {}
        self._is_stopping = False
        self._offer_at_s = self._schedule_at_s = 0.0

    def start(self) -> None:
        """Take jobs from now on, on the running event loop."""
        if self._taking is None:
            self._wake = asyncio.Event()
            self._is_stopping = False
            self._taking = asyncio.create_task(self._take())

    def wake(self) -> None:
        """Look for jobs at once."""
        if self._wake is not None:
            self._wake.set()

    @property
    def complaint(self) -> str:
        """Why no jobs are taken, "" while they are."""
        if self._taking is not None and self._taking.done():
            return "the job runner ended: start this process again"
        return self._failure

    @property
    def running_count(self) -> int:
        """How many jobs run here now."""
        return len(self._running)

    def ended(self) -> list[tuple[dict[str, str], int]]:
        """How many jobs ended here, by a label with their state."""
        return [({"state": state.value}, count) for state, count in self._ended.items()]

    async def stop(self) -> None:
        """End all processes and give their jobs back to the queue."""
        self._is_stopping = True
        self.wake()
        if self._taking is not None:
            # Not canceled: a job that is being claimed just now would belong to nobody.
            await asyncio.gather(self._taking, return_exceptions=True)
        await asyncio.sleep(0)  # A task that never began could not give its job back.
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(TradewindError):  # What it holds is handed out again anyway.
            await self._broker.close()
        self._taking = None

    async def _take(self) -> None:
        while not self._is_stopping:
            try:
                await self._look()
                self._failure = ""
            except TradewindError as error:
                self._failure = str(error)
            if not self._is_stopping:
                await self._rest()

    async def _look(self) -> None:
        """Do what is due: schedules, tickets, jobs."""
        now_s = time.monotonic()
        if now_s >= self._offer_at_s:
            await run_in_threadpool(self._jobs.offer_again, self._now_ns())
            await run_in_threadpool(self._jobs.forget_tickets, self._now_ns())
            self._offer_at_s = now_s + OFFER_S
        if now_s >= self._schedule_at_s:
            await run_in_threadpool(self._put_scheduled)
            self._schedule_at_s = now_s + SCHEDULE_S
        await self._relay.step()
        while not self._is_stopping and len(self._running) < self._slots:
            ticket = await self._broker.take(TICKETS, wait_s=0)
            if ticket is None:
                return
            await self._follow(ticket)

    def _put_scheduled(self) -> None:
        """Put scheduled jobs in the queue, where no other runner does."""
        now_ns = self._now_ns()
        if self._schedules.schedules() and self._schedules.lead(
            self._owner, now_ns=now_ns, until_ns=now_ns + LEASE_NS
        ):
            self._schedules.put_due_jobs(now_ns)

    async def _follow(self, ticket: Delivery) -> None:
        """Begin the job that a ticket names, if it can be begun; the ticket is used up."""
        job = await self._claimed(ticket.message)
        if job is not None:
            task = asyncio.create_task(self._run(job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        await self._broker.done(ticket)

    async def _rest(self) -> None:
        assert self._wake is not None, "it was started"
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()

    async def _claimed(self, ticket: Message) -> Job | None:
        now_ns = self._now_ns()
        claim = partial(
            self._jobs.claim,
            ticket.body.decode(errors="replace"),
            self._owner,
            ticket=ticket.message_id,
            now_ns=now_ns,
            until_ns=now_ns + LEASE_NS,
            slots=self._slots,
            kind_slots=self._kind_slots,
        )
        return await run_in_threadpool(claim)

    async def _run(self, job: Job) -> None:
        work = _Work(job, self._home)
        try:
            await work.start(self._command)
            ended = self._tried_again(await self._watched(work), work.code)
        except asyncio.CancelledError:
            await work.end()
            again = msgspec.structs.replace(work.job, state=JobState.QUEUED, message="")
            self._jobs.finish(again)
            raise
        except (OSError, TradewindError) as error:
            await work.end()
            ended = msgspec.structs.replace(
                work.job, state=JobState.FAILED, message=str(error), ended_time_ns=self._now_ns()
            )
        self._ended[ended.state] = self._ended.get(ended.state, 0) + 1
        with contextlib.suppress(TradewindError):  # The lease runs out, and it is begun again.
            await run_in_threadpool(self._jobs.finish, ended)
        self.wake()

    def _tried_again(self, job: Job, code: int | None) -> Job:
        """A job that failed by no fault of the request goes back to the queue, for later."""
        is_last = job.attempt >= job.attempts_max
        if job.state is not JobState.FAILED or code != FAILED_CODE or is_last:
            return job
        wait_ns = RETRY_NS[min(job.attempt, len(RETRY_NS)) - 1]
        due_ns = self._now_ns() + wait_ns
        return msgspec.structs.replace(
            job, state=JobState.QUEUED, due_time_ns=due_ns, ended_time_ns=0, progress=0
        )

    async def _watched(self, work: _Work) -> Job:
        """Wait for the end, with a sign of life now and then; returns how it ended."""
        waiting = asyncio.create_task(work.wait())
        until_s = time.monotonic() + RUN_S_MAX
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=KEEP_S)
            if done:
                return msgspec.structs.replace(waiting.result(), ended_time_ns=self._now_ns())
            until_ns = self._now_ns() + LEASE_NS
            keep = partial(self._jobs.keep, work.job, until_ns=until_ns)
            goes_on = await run_in_threadpool(keep)
            if not goes_on or time.monotonic() > until_s:
                await work.end()
                await asyncio.gather(waiting, return_exceptions=True)
                state, message = JobState.CANCELED, "canceled"
                if goes_on:
                    state, message = JobState.FAILED, f"it took longer than {RUN_S_MAX} s"
                return msgspec.structs.replace(
                    work.job, state=state, message=message, ended_time_ns=self._now_ns()
                )


class _Work:
    """One process and what it says; `job` has its progress, message and log so far."""

    def __init__(self, job: Job, home: Path) -> None:
        self.job = job
        self._home = home
        self._process: asyncio.subprocess.Process | None = None

    @property
    def code(self) -> int | None:
        """What the process ended with."""
        return self._process.returncode if self._process is not None else None

    async def start(self, command: Sequence[str]) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *command,
            *arguments_of(self.job, self._home),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
        )

    async def wait(self) -> Job:
        """Read what it says until it ends."""
        process = self._process
        assert process is not None, "it was started"
        result, _ = await asyncio.gather(self._read_result(process), self._read_lines(process))
        code = await process.wait()
        if code == 0:
            return msgspec.structs.replace(
                self.job, state=JobState.DONE, progress=1000, result=result, message=""
            )
        lines = self.job.log.splitlines()
        message = lines[-1].removeprefix("tradewind: ") if lines else f"it ended with code {code}"
        return msgspec.structs.replace(
            self.job, state=JobState.FAILED, message=message, result=result
        )

    async def end(self) -> None:
        """End the process, politely first."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_DEADLINE_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _read_result(self, process: asyncio.subprocess.Process) -> str:
        assert process.stdout is not None, "it is a pipe"
        found = bytearray()
        while block := await process.stdout.read(LINE_BYTES_MAX):
            found += block
            if len(found) > RESULT_BYTES_MAX:
                process.terminate()
                self._note(f"its result is larger than {RESULT_BYTES_MAX} bytes")
                return ""
        text = found.decode(errors="replace")
        try:
            msgspec.json.decode(text)
        except msgspec.DecodeError:
            return ""
        return text

    async def _read_lines(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None, "it is a pipe"
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:
                continue  # A line beyond the limit is left out.
            if not line:
                return
            self._take(line.decode(errors="replace").rstrip())

    def _take(self, line: str) -> None:
        bar = _BAR.match(line)
        if bar is None:
            self._note(line)
            return
        done, left, text = len(bar[1]), len(bar[2]), bar[3]
        share = 1000 * done // (done + left) if done + left else 0
        self.job = msgspec.structs.replace(self.job, progress=share, message=text)

    def _note(self, line: str) -> None:
        log = f"{self.job.log}{line}\n"[-LOG_BYTES_MAX:]
        self.job = msgspec.structs.replace(self.job, log=log)
