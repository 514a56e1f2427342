"""Jobs: what was asked for, how far it is, what came of it; and asking for a cancel."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from tradewind.api import job_answers as told
from tradewind.gateway import trail
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.described import acts, answers
from tradewind.gateway.job_commands import ATTEMPTS, KINDS
from tradewind.gateway.once import key_of, once
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.services import Services
from tradewind.ports.jobs import Job, JobState

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])

Runner = Annotated[Principal, require(Permission.RUN_JOBS)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Before = Annotated[int, Query(ge=0, lt=2**63, description="cursor of the last answer")]
WAITING_MAX = 1_000
"""Jobs in the queue; beyond it a new one is refused."""


@router.get("", summary="One's own jobs, newest first", **answers(told.JobsPage))
async def jobs(
    request: Request,
    services: UseServices,
    principal: Runner,
    kind: Annotated[str, Query(max_length=32, examples=["backtest"])] = "",
    limit: Limit = 100,
    before: Before = 0,
) -> Response:
    """Who may see all jobs gets those of all users."""
    return await jobs_page(request, services, principal, kind, limit, before)


@router.get("/{job_id}", summary="One job with its log and result", **answers(told.JobDetail))
async def job(job_id: str, request: Request, services: UseServices, principal: Runner) -> Response:
    """State, progress, the end of the log, and the result once it is done."""
    found = await own_job(services, principal, job_id)
    return reply(request, job_detail(found))


@router.post("/{job_id}/cancel", status_code=202, summary="Cancel a job", **acts(told.JobQueued))
async def cancel(
    job_id: str, request: Request, services: UseServices, principal: Runner
) -> Response:
    """One that waits is canceled at once, one that runs within seconds."""
    found = await own_job(services, principal, job_id)

    async def act() -> dict[str, Any]:
        ask = partial(services.jobs.ask_cancel, found.job_id, services.now_ns())
        await run_in_threadpool(ask)
        await trail.note(request, "job cancel asked", found.job_id)
        now = await own_job(services, principal, job_id)
        return {"job_id": job_id, "kind": now.kind, "state": now.state.value}

    return await once(request, services, principal, act, status=202)


async def queue(
    request: Request, services: Services, principal: Principal, kind: str, body: BaseModel
) -> Response:
    """Put a job in the queue, once for the request's key; its id comes from the key."""
    assert kind in KINDS, f"{kind} is no kind of job"
    text = f"{principal.user_id}\n{key_of(request)}"
    job_id = hashlib.sha256(text.encode()).hexdigest()[:24]
    asked = body.model_dump_json()

    async def act() -> dict[str, Any]:
        counts = await run_in_threadpool(services.jobs.counts)
        if counts.get(JobState.QUEUED, 0) >= WAITING_MAX:
            raise Problem(503, f"{WAITING_MAX} jobs wait already: try again", {"Retry-After": "60"})
        new = Job(
            job_id=job_id,
            kind=kind,
            user_id=principal.user_id,
            user_name=principal.name,
            request=asked,
            created_time_ns=services.now_ns(),
            attempts_max=ATTEMPTS.get(kind, 1),
        )
        await run_in_threadpool(services.jobs.add, new)
        services.runner.wake()
        await trail.note(request, "job asked", job_id, kind=kind)
        return {"job_id": job_id, "kind": kind, "state": JobState.QUEUED.value}

    return await once(request, services, principal, act, status=202)


async def jobs_page(
    request: Request,
    services: Services,
    principal: Principal,
    kind: str,
    limit: int,
    before: int,
) -> Response:
    """A page of the jobs that the principal may see."""
    user_id = "" if principal.may(Permission.SEE_ALL_JOBS) else principal.user_id
    read = partial(services.jobs.jobs, user_id=user_id, kind=kind, before=before, limit=limit)
    found = await run_in_threadpool(read)
    cursor = found[-1].number if len(found) == limit else 0
    return reply(request, {"rows": [job_row(each) for each in found], "next_before": cursor})


async def own_job(services: Services, principal: Principal, job_id: str, kind: str = "") -> Job:
    """A job that the principal may see; `Problem` where there is none."""
    found = await run_in_threadpool(services.jobs.job, job_id)
    is_own = found is not None and found.user_id == principal.user_id
    if found is None or not (is_own or principal.may(Permission.SEE_ALL_JOBS)):
        raise Problem(404, f"there is no job {job_id!r} of yours: see /api/v1/jobs")
    if kind and found.kind != kind:
        raise Problem(404, f"job {job_id!r} is a {found.kind}, not a {kind}")
    return found


def job_row(job: Job) -> dict[str, Any]:
    """A job as it is shown."""
    names = ("job_id", "kind", "progress", "message", "attempt")
    times = ("created_time_ns", "started_time_ns", "ended_time_ns")
    row = {name: getattr(job, name) for name in (*names, *times)}
    asked = msgspec.json.decode(job.request)
    return row | {"user": job.user_name, "state": job.state.value, "request": asked}


def job_detail(job: Job) -> dict[str, Any]:
    """A job with its log and result."""
    result = msgspec.json.decode(job.result) if job.result else {}
    return job_row(job) | {"log": job.log, "result": result}
