"""The job runner: takes jobs from their store, runs each as a command in its own process."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool

from tradewind.gateway.job_commands import arguments_of
from tradewind.model.errors import TradewindError
from tradewind.ports.jobs import LOG_BYTES_MAX, Job, Jobs, JobState

MODULE = "tradewind.cli.job_process"
"""What a job's process runs: the command line, which this package does not know."""
POLL_S = 1.0
"""How often the store is asked for jobs that another process put there."""
KEEP_S = 1.0
"""How often progress is written down and the lease renewed."""
LEASE_NS = 15_000_000_000
RESULT_BYTES_MAX = 16 * 1024 * 1024
LINE_BYTES_MAX = 64 * 1024
STOP_DEADLINE_S = 3.0
"""A process that takes longer to end is killed."""
RUN_S_MAX = 24 * 3600
"""A job that takes longer is ended."""
_BAR = re.compile(r"\[(#*)(\.*)\]\s*(.*)")


class JobRunner:
    """Runs jobs of one store, at most `slots` at once over all runners of it."""

    def __init__(
        self,
        jobs: Jobs,
        home: Path,
        *,
        slots: int,
        now_ns: Callable[[], int] = time.time_ns,
        command: Sequence[str] = (sys.executable, "-m", MODULE),
    ) -> None:
        self._jobs = jobs
        self._home = home
        self._slots = slots
        self._now_ns = now_ns
        self._command = tuple(command)
        self._owner = secrets.token_hex(8)
        self._wake: asyncio.Event | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._taking: asyncio.Task[None] | None = None
        self._failure = ""
        self._is_stopping = False

    def start(self) -> None:
        """Take jobs from now on, on the running event loop."""
        if self._slots and self._taking is None:
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
            return "the job runner ended: restart the gateway"
        return self._failure

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
        self._taking = None

    async def _take(self) -> None:
        while not self._is_stopping:
            try:
                while not self._is_stopping and (job := await self._claimed()) is not None:
                    task = asyncio.create_task(self._run(job))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
                self._failure = ""
            except TradewindError as error:
                self._failure = str(error)
            if not self._is_stopping:
                await self._rest()

    async def _rest(self) -> None:
        assert self._wake is not None, "it was started"
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()

    async def _claimed(self) -> Job | None:
        if len(self._running) >= self._slots:
            return None
        now_ns = self._now_ns()

        def claim() -> Job | None:
            return self._jobs.claim(
                self._owner, now_ns=now_ns, until_ns=now_ns + LEASE_NS, slots=self._slots
            )

        return await run_in_threadpool(claim)

    async def _run(self, job: Job) -> None:
        work = _Work(job, self._home)
        try:
            await work.start(self._command)
            ended = await self._watched(work)
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
        with contextlib.suppress(TradewindError):  # The lease runs out, and it is begun again.
            await run_in_threadpool(self._jobs.finish, ended)
        self.wake()

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
