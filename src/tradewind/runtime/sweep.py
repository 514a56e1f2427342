"""Sweeps: one strategy over many parameters, the same data for all, on several processes.

Workers are forked, so that they see the columns where they already lie: nothing is copied, and a
strategy may stand in a script or a notebook. A worker only runs the engine, which takes no lock
that another thread of ours could have held at the fork.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import msgspec

from tradewind.analysis.metrics import Metrics
from tradewind.core.journal_hash import market_digest
from tradewind.model.columns import Columns
from tradewind.model.errors import OutsideError, UserError
from tradewind.model.instruments import Instrument
from tradewind.runtime.backtest import backtest, batches_of
from tradewind.strategies.base import Parameter, Strategy

RUNS_MAX = 100_000
"""Combinations of one sweep."""
RUNS_WAITING = 4
"""Runs handed to each worker ahead of time."""

Grid = Mapping[str, Sequence[Parameter]]
Where = Callable[[dict[str, Parameter]], bool]


class SweepRun(msgspec.Struct, frozen=True):
    """What came of one combination of parameters; money is decimal text.

    `refused` says why the strategy did not take its parameters, `stopped` what it raised.
    """

    parameters: dict[str, Parameter]
    end_equity: str = ""
    orders: int = 0
    fills: int = 0
    metrics: Metrics = {}
    journal_hash: str = ""
    refused: str = ""
    stopped: str = ""


class SweepResult(msgspec.Struct, frozen=True):
    """All runs in the order of the grid."""

    runs: list[SweepRun]
    workers: int

    def ranked(self, metric: str = "sharpe_ratio") -> list[SweepRun]:
        """Runs with the largest value of a metric first; those that have none are left out."""
        if not any(metric in run.metrics for run in self.runs) and any(
            run.metrics for run in self.runs
        ):
            known = ", ".join(next(run.metrics for run in self.runs if run.metrics))
            raise UserError(f"there is no metric {metric!r}: known are {known}")
        measured = [run for run in self.runs if run.metrics.get(metric) is not None]
        return sorted(measured, key=lambda run: -_value(run, metric))


def sweep(
    strategy: type[Strategy],
    grid: Grid,
    *,
    where: Where | None = None,
    workers: int = 0,
    progress: Callable[[int, int], None] | None = None,
    instrument: Instrument | None = None,
    bars: object = None,
    trades: object = None,
    quotes: object = None,
    depth: object = None,
    data: Sequence[Columns] = (),
    **options: Any,
) -> SweepResult:
    """Run a strategy once for each combination of the grid, as `backtest` would alone.

    `where` keeps only combinations it is true for. `workers` are processes, by default one a
    core; with 1 all runs in this process. `progress` is told how many of how many are done. Data
    and `options` are those of `backtest`.

    >>> from tradewind.sim.market_bars import generate_bars
    >>> from tradewind.strategies.ma_crossover import MaCrossover
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> day = generate_bars(goog, 7, start_time_ns=0, duration_ns=60 * 10**9, count=500)
    >>> grid = {"fast": [5, 10], "slow": [10, 30], "timeframe": ["1m"]}
    >>> result = sweep(MaCrossover, grid, data=[day], workers=1,
    ...                where=lambda one: one["fast"] < one["slow"])
    >>> [run.parameters["slow"] for run in result.runs]
    [10, 30, 30]
    """
    combinations = combinations_of(grid, where)
    batches = batches_of(instrument, data, bars=bars, trades=trades, quotes=quotes, depth=depth)
    job = Job(strategy, combinations, batches, market_digest(batches), options)
    count = min(workers or available_cores(), len(combinations))
    tell = progress or (lambda done, total: None)
    if count == 1:
        return SweepResult(list(_alone(job, tell)), 1)
    return SweepResult(_together(job, count, tell), count)


def combinations_of(grid: Grid, where: Where | None = None) -> list[dict[str, Parameter]]:
    """Every combination, the last name varying fastest.

    >>> combinations_of({"fast": [1, 2], "slow": [3]})
    [{'fast': 1, 'slow': 3}, {'fast': 2, 'slow': 3}]
    """
    total = 1
    for name, values in grid.items():
        if isinstance(values, str) or not len(values):
            raise UserError(f"{name}={values!r} is no list of values: give one like [5, 10, 20]")
        total *= len(values)
    if total > RUNS_MAX:
        raise UserError(f"the grid has {total} combinations, at most {RUNS_MAX}: make it coarser")
    found = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    kept = [one for one in found if where is None or where(one)]
    if not kept:
        raise UserError("no combination of the grid is left: loosen its condition")
    return kept


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


class Job(msgspec.Struct, frozen=True):
    """What all runs share."""

    strategy: type[Strategy]
    combinations: list[dict[str, Parameter]]
    batches: list[Columns]
    market: bytes
    options: dict[str, Any]

    def run(self, number: int) -> SweepRun:
        """One backtest."""
        parameters = self.combinations[number]
        try:
            result = backtest(self.strategy(**parameters), data=self.batches, **self.options)
        except UserError as error:
            return SweepRun(parameters, refused=str(error))
        return SweepRun(
            parameters,
            end_equity=str(result.end_equity),
            orders=result.order_count,
            fills=result.fill_count,
            metrics=result.metrics,
            journal_hash=result.journal_hash_beside(self.market),
            stopped="; ".join(result.stopped.values()),
        )


_job: Job | None = None
"""Set before the fork, so that workers find it in their memory."""


def _run(number: int) -> SweepRun:
    assert _job is not None
    return _job.run(number)


def _alone(job: Job, tell: Callable[[int, int], None]) -> Iterator[SweepRun]:
    total = len(job.combinations)
    for number in range(total):
        run = job.run(number)
        tell(number + 1, total)
        yield run


def _together(job: Job, workers: int, tell: Callable[[int, int], None]) -> list[SweepRun]:
    global _job  # noqa: PLW0603  # the one way into a forked worker that copies nothing
    context = multiprocessing.get_context("fork")
    _job = job
    try:
        with (
            warnings.catch_warnings(),
            ProcessPoolExecutor(workers, mp_context=context) as pool,
        ):
            # numpy's own threads are idle at the fork, see the head of this file.
            warnings.simplefilter("ignore", DeprecationWarning)
            return _collected(pool, workers, len(job.combinations), tell)
    except BrokenProcessPool:
        raise OutsideError(
            "a process of the sweep was ended from outside, often for want of memory: use fewer "
            "workers or less data",
            fault="ours",
            retry=False,
        ) from None
    finally:
        _job = None


def _collected(
    pool: ProcessPoolExecutor, workers: int, total: int, tell: Callable[[int, int], None]
) -> list[SweepRun]:
    """Hand out a few runs at a time, so that an interrupt does not wait for all."""
    found: dict[int, SweepRun] = {}
    numbers = iter(range(total))
    running: dict[Future[SweepRun], int] = {}
    while len(found) < total:
        for number in itertools.islice(numbers, workers * RUNS_WAITING - len(running)):
            running[pool.submit(_run, number)] = number
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            found[running.pop(future)] = future.result()
        tell(len(found), total)
    return [found[number] for number in range(total)]


def _value(run: SweepRun, metric: str) -> float:
    value = run.metrics[metric]
    assert value is not None
    return value
