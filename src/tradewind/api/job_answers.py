"""Answers about jobs and what comes of them: backtests, sweeps, downloads, imports, reports."""

from __future__ import annotations

from typing import Any

from tradewind.api.answer import Answer, Page


class Job(Answer, frozen=True, kw_only=True):
    """A job: `state` is queued, running, done, failed or canceled; `progress` is in thousandths."""

    job_id: str
    kind: str
    user: str
    state: str
    progress: int
    message: str
    request: dict[str, Any]
    created_time_ns: int
    created_time: str
    started_time_ns: int
    started_time: str
    ended_time_ns: int
    ended_time: str
    attempt: int


class JobsPage(Page, frozen=True, kw_only=True):
    """Jobs, newest first."""

    rows: list[Job]


class JobDetail(Job, frozen=True, kw_only=True):
    """A job with the end of its log and what came of it (empty until then)."""

    log: str
    result: dict[str, Any]


class JobQueued(Answer, frozen=True, kw_only=True):
    """The job that was put in the queue."""

    job_id: str
    kind: str
    state: str


class Curve(Answer, frozen=True, kw_only=True):
    """Equity over the run, a point every `step` samples."""

    job_id: str
    step: int
    time_ns: list[int]
    equity: list[float]


class BacktestFill(Answer, frozen=True, kw_only=True):
    """One execution of a backtest."""

    time_ns: int
    time: str
    order_id: str
    instrument: str
    side: str
    quantity: str
    price: str
    fee: str
    fee_currency: str


class BacktestFills(Answer, frozen=True, kw_only=True):
    """Executions in order; `next_after` is `after` of the next part, 0 at the end."""

    job_id: str
    fills: list[BacktestFill]
    next_after: int


class Uploaded(Answer, frozen=True, kw_only=True):
    """A file that was taken; an import names its id within a day."""

    upload_id: str
    size_bytes: int
    sha256: str


class Report(Answer, frozen=True, kw_only=True):
    """Numbers about an account's trading; a metric that is not defined is null."""

    account: str
    currency: str
    first_time_ns: int
    first_time: str
    last_time_ns: int
    last_time: str
    samples: int
    fills: int
    metrics: dict[str, float | None]
