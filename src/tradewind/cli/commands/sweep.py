"""`tradewind sweep`: runs a strategy over imported market data once for each combination."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from tradewind.cli.commands.backtest import add_run_arguments, run_options
from tradewind.cli.engine import add_engine_options, output_width
from tradewind.cli.main import EXIT_FAILED, EXIT_OK
from tradewind.cli.output import note, print_answer
from tradewind.cli.progress import ProgressBar
from tradewind.cli.run_options import add_strategy_argument
from tradewind.cli.stored_data import add_data_arguments, instruments_of, stored_columns
from tradewind.cli.table import as_table
from tradewind.model.errors import UserError
from tradewind.runtime.strategy_file import parameters_of, strategy_class
from tradewind.runtime.sweep import SweepResult, SweepRun, sweep

EXAMPLE = (
    "tradewind sweep ma_crossover --instrument GOOG.SIM --timeframe 1d --grid fast=5,10,20 "
    "--grid slow=30:100:10 --param timeframe=1d --sort sharpe_ratio"
)
SHOWN = ("end_equity", "fills", "total_return", "sharpe_ratio", "max_drawdown")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sweep`."""
    add_strategy_argument(parser, "STRATEGY")
    parser.add_argument(
        "--grid",
        action="append",
        required=True,
        metavar="NAME=VALUES",
        help="a parameter and its values, like fast=5,10,20 or slow=30:100:10 (the end included)",
    )
    parser.add_argument(
        "--sort", default="sharpe_ratio", metavar="METRIC", help="default: sharpe_ratio"
    )
    parser.add_argument("--top", type=int, default=10, help="rows shown; default: 10")
    parser.add_argument("--workers", type=int, default=0, help="processes; default: one a core")
    add_data_arguments(parser)
    add_run_arguments(parser)
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run all combinations; 1 where a strategy was stopped by its own error."""
    if arguments.top < 1 or arguments.workers < 0:
        raise UserError("--top is at least 1 and --workers at least 0")
    grid = grid_of(arguments.grid)
    fixed = parameters_of(arguments.param)
    both = sorted(set(grid) & set(fixed))
    if both:
        raise UserError(f"{both[0]} is in --grid and in --param: give it once")
    found = strategy_class(arguments.strategy)
    found(**fixed, **{name: values[0] for name, values in grid.items()})
    with ProgressBar(1) as bar:
        result = sweep(
            found,
            {**{name: [value] for name, value in fixed.items()}, **grid},
            data=stored_columns(arguments),
            workers=arguments.workers,
            progress=bar.show_runs,
            **run_options(arguments),
        )
    return _print(result, arguments)


def grid_of(texts: list[str]) -> dict[str, list[str]]:
    """Names and values of `--grid NAME=VALUES`.

    >>> grid_of(["fast=5,10", "slow=30:50:10"])
    {'fast': ['5', '10'], 'slow': ['30', '40', '50']}
    """
    grid: dict[str, list[str]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not name or not values:
            raise UserError(f"--grid {text!r} is none: write it like fast=5,10,20 or fast=5:20:5")
        if name in grid:
            raise UserError(f"--grid {name} is given twice: give it once")
        grid[name] = _range(text, values) if ":" in values else values.split(",")
    return grid


def _range(text: str, values: str) -> list[str]:
    """Whole numbers from a first to a last by a step."""
    try:
        first, last, step = map(int, values.split(":"))
    except ValueError:
        raise UserError(f"--grid {text!r}: write a range like slow=30:100:10") from None
    if step < 1 or last < first:
        raise UserError(f"--grid {text!r}: give a last not below the first and a step above 0")
    return [str(value) for value in range(first, last + 1, step)]


def _print(result: SweepResult, arguments: argparse.Namespace) -> int:
    ranked = result.ranked(arguments.sort)
    if arguments.json:
        answer = {
            "strategy": arguments.strategy,
            "instruments": instruments_of(arguments),
            "workers": result.workers,
            "sorted_by": arguments.sort,
            "best": msgspec.to_builtins(ranked[0]) if ranked else None,
            "runs": [msgspec.to_builtins(run) for run in result.runs],
        }
        print_answer(answer, arguments)
    else:
        _show(ranked[: arguments.top])
    for name in ("refused", "stopped"):
        reasons = [getattr(run, name) for run in result.runs if getattr(run, name)]
        if reasons:
            note(f"{len(reasons)} of {len(result.runs)} runs were {name}, the first: {reasons[0]}")
    return EXIT_FAILED if any(run.stopped for run in result.runs) else EXIT_OK


def _show(runs: list[SweepRun]) -> None:
    if not runs:
        print("no run has this metric")
        return
    rows = [
        {**{name: str(value) for name, value in run.parameters.items()}, **_figures(run)}
        for run in runs
    ]
    print("\n".join(as_table(rows, {name: name for name in rows[0]}, output_width())))


def _figures(run: SweepRun) -> dict[str, str]:
    own: dict[str, Any] = {"end_equity": run.end_equity, "fills": run.fills}
    found = {name: own.get(name, run.metrics.get(name)) for name in SHOWN}
    return {
        name: f"{value:.4g}" if isinstance(value, float) else str("" if value is None else value)
        for name, value in found.items()
    }
