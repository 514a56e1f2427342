"""Backtests and sweeps: asked for as jobs, their results, equity curves and fills."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import job_answers as told
from tradewind.gateway.access import UseServices
from tradewind.gateway.described import acts, answers
from tradewind.gateway.job_commands import job_folder
from tradewind.gateway.job_schemas import NewBacktest, NewSweep, Run
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.routes.jobs import (
    Before,
    Limit,
    Runner,
    job_detail,
    jobs_page,
    own_job,
    queue,
)
from tradewind.gateway.services import Services
from tradewind.model.errors import UserError
from tradewind.strategies.library import library_strategy

router = APIRouter(prefix="/api/v1", tags=["research"])

POINTS_MAX = 10_000
EQUITY_FILE, FILLS_FILE = "equity.json", "fills.json"


@router.post("/backtests", status_code=202, summary="Run a backtest", **acts(told.JobQueued))
async def new_backtest(
    request: Request, wanted: NewBacktest, services: UseServices, principal: Runner
) -> Response:
    """Put it in the queue: a library strategy over stored data, in a process of its own."""
    _check(wanted, wanted.parameters)
    return await queue(request, services, principal, "backtest", wanted)


@router.get("/backtests", summary="Backtests, newest first", **answers(told.JobsPage))
async def backtests(
    request: Request,
    services: UseServices,
    principal: Runner,
    limit: Limit = 100,
    before: Before = 0,
) -> Response:
    """One's own, or all for who may see all jobs."""
    return await jobs_page(request, services, principal, "backtest", limit, before)


@router.get(
    "/backtests/{job_id}",
    summary="A backtest: metrics, journal hash, state hash",
    **answers(told.JobDetail),
)
async def backtest(
    job_id: str, request: Request, services: UseServices, principal: Runner
) -> Response:
    """The job, whose `result` has the numbers once it is done."""
    return reply(request, job_detail(await own_job(services, principal, job_id, "backtest")))


@router.get("/backtests/{job_id}/equity", summary="The equity curve", **answers(told.Curve))
async def curve(
    job_id: str,
    request: Request,
    services: UseServices,
    principal: Runner,
    points: Annotated[int, Query(ge=2, le=POINTS_MAX, description="at most so many")] = 2_000,
) -> Response:
    """Equity at bar closes, thinned out evenly where there are more points; the last is there."""
    await own_job(services, principal, job_id, "backtest")
    kept = await run_in_threadpool(_left, services, job_id, EQUITY_FILE)
    times, values = kept["time_ns"], kept["equity"]
    step = max(1, -(-len(times) // points))
    places = [*range(0, len(times) - 1, step), len(times) - 1] if times else []
    body = {
        "job_id": job_id,
        "step": step,
        "time_ns": [times[place] for place in places],
        "equity": [values[place] for place in places],
    }
    return reply(request, body)


@router.get("/backtests/{job_id}/fills", summary="The fills", **answers(told.BacktestFills))
async def fills(
    job_id: str,
    request: Request,
    services: UseServices,
    principal: Runner,
    limit: Limit = 1000,
    after: Annotated[int, Query(ge=0, lt=2**31, description="cursor of the last answer")] = 0,
) -> Response:
    """Executions in order."""
    await own_job(services, principal, job_id, "backtest")
    kept = await run_in_threadpool(_left, services, job_id, FILLS_FILE)
    end = after + limit
    following = end if end < len(kept) else 0
    return reply(request, {"job_id": job_id, "fills": kept[after:end], "next_after": following})


@router.post("/sweeps", status_code=202, summary="Sweep parameters", **acts(told.JobQueued))
async def new_sweep(
    request: Request, wanted: NewSweep, services: UseServices, principal: Runner
) -> Response:
    """Put it in the queue; its result ranks the combinations by `sort`."""
    firsts = {name: values[0] for name, values in wanted.grid.items()}
    _check(wanted, wanted.parameters | firsts)
    return await queue(request, services, principal, "sweep", wanted)


@router.get("/sweeps", summary="Sweeps, newest first", **answers(told.JobsPage))
async def sweeps(
    request: Request,
    services: UseServices,
    principal: Runner,
    limit: Limit = 100,
    before: Before = 0,
) -> Response:
    """One's own, or all for who may see all jobs."""
    return await jobs_page(request, services, principal, "sweep", limit, before)


def _check(wanted: Run, parameters: dict[str, str]) -> None:
    """Refuse at once what the run would refuse: an unknown strategy or parameter, no timeframe."""
    library_strategy(wanted.strategy)(**parameters)
    if wanted.kind == "bars" and not wanted.timeframe:
        raise UserError("timeframe is missing: say which bars, like 1m")


def _left(services: Services, job_id: str, name: str) -> Any:
    """What a run left in a file, decoded."""
    file: Path = job_folder(services.home, job_id) / name
    try:
        return msgspec.json.decode(file.read_bytes())
    except FileNotFoundError:
        raise Problem(409, "there is nothing yet: wait until the job is done") from None
