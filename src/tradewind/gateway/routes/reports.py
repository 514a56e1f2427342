"""Reports: numbers about an account's trading, from its equity and fills as they were recorded."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.analysis.equity import samples_per_year
from tradewind.analysis.metrics import metrics
from tradewind.api import job_answers as told
from tradewind.gateway.access import UseServices
from tradewind.gateway.described import acts, answers
from tradewind.gateway.job_schemas import NewCosts, NewStatement
from tradewind.gateway.permissions import ALL_ACCOUNTS
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.routes.history import Moment, moment_ns
from tradewind.gateway.routes.jobs import Runner, queue
from tradewind.gateway.routes.trading import Reader
from tradewind.gateway.services import Services
from tradewind.model.orders import Side
from tradewind.ports.records import EquityRow, FillRow

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])

SAMPLES_MIN = 2


@router.get("/performance", summary="How an account traded", **answers(told.Report))
async def performance(
    request: Request,
    services: UseServices,
    principal: Reader,
    account: Annotated[str, Query(max_length=64, examples=["paper"])],
    start: Moment = "",
    end: Moment = "",
) -> Response:
    """Every metric that a backtest has, over a time of real or paper trading."""
    if not principal.may_see(account):
        raise Problem(404, f"there is no account {account!r} of yours")
    bounds = (moment_ns("start", start) or 0, moment_ns("end", end) or 2**63 - 1)
    return reply(request, await run_in_threadpool(partial(_report, services, account, bounds)))


@router.post(
    "/statements",
    status_code=202,
    summary="A statement: trial balance, positions, results",
    **acts(told.JobQueued),
)
async def new_statement(
    request: Request, wanted: NewStatement, services: UseServices, principal: Runner
) -> Response:
    """Put it in the queue: the books are folded from the journal, so it may take a while. For who
    may see all accounts.
    """
    _check_all_accounts(principal)
    return await queue(request, services, principal, "statement", wanted)


@router.post(
    "/costs", status_code=202, summary="What executing orders cost", **acts(told.JobQueued)
)
async def new_costs(
    request: Request, wanted: NewCosts, services: UseServices, principal: Runner
) -> Response:
    """Put it in the queue: slippage against arrival and VWAP, spread, timing, fees, latency of each
    order and in total. For who may see all accounts.
    """
    _check_all_accounts(principal)
    return await queue(request, services, principal, "costs", wanted)


def _check_all_accounts(principal: Principal) -> None:
    if ALL_ACCOUNTS not in principal.accounts:
        raise Problem(403, "this tells of all accounts, and some are not yours")


def _report(services: Services, account: str, bounds: tuple[int, int]) -> dict[str, Any]:
    records = services.records()
    try:
        samples = [
            row
            for row in reversed(records.rows(EquityRow, {"account": account}))
            if bounds[0] <= row.time_ns < bounds[1]
        ]
        fills = [
            _fill(row)
            for row in reversed(records.rows(FillRow, {"account": account}))
            if bounds[0] <= row.time_ns < bounds[1]
        ]
    finally:
        records.close()
    if len(samples) < SAMPLES_MIN:
        raise Problem(404, f"account {account!r} has no equity in that time to report on")
    times = np.array([row.time_ns for row in samples], np.int64)
    values = np.array([float(row.equity) for row in samples])
    return {
        "account": account,
        "currency": samples[-1].currency,
        "first_time_ns": int(times[0]),
        "last_time_ns": int(times[-1]),
        "samples": len(samples),
        "fills": len(fills),
        "metrics": metrics(times, values, fills, samples_per_year(times) or 0.0),
    }


def _fill(row: FillRow) -> tuple[int, str, int, float, float, float]:
    side = int(Side[row.side])
    return row.time_ns, row.instrument, side, float(row.quantity), float(row.price), float(row.fee)
