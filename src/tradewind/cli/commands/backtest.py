"""`tradewind backtest`: runs a strategy over imported market data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tradewind.cli.engine import add_engine_options, home_of
from tradewind.cli.run_answer import keep_run, print_run, run_answer
from tradewind.cli.run_options import (
    add_strategy_argument,
    add_terms_arguments,
    buffer_of,
    cash_of,
    fees_of,
    latency_of,
    slippage_of,
    strategy_of,
)
from tradewind.cli.stored_data import add_data_arguments, instruments_of, stored_columns
from tradewind.model.errors import UserError
from tradewind.runtime.backtest import backtest
from tradewind.sim.actions import events_of
from tradewind.sim.clearing import Clearing
from tradewind.sim.venue import FILL_RULES
from tradewind.wiring.histories import history_of_home

EXAMPLE = (
    "tradewind backtest ma_crossover --instrument GOOG.SIM --timeframe 1d --cash 100000 "
    "--fee 0.001 --param fast=10 --param slow=30"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `backtest`."""
    add_strategy_argument(parser, "STRATEGY")
    add_data_arguments(parser)
    add_run_arguments(parser)
    parser.add_argument(
        "--keep", metavar="FOLDER", help="write the equity curve and the fills there, as JSON"
    )
    parser.add_argument(
        "--corporate-actions",
        action="store_true",
        help="post stored splits and dividends to positions; prices must be as traded",
    )
    add_engine_options(parser)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a command the terms of a backtest and when market orders fill."""
    add_terms_arguments(parser)
    parser.add_argument(
        "--fill", choices=FILL_RULES, default="next_open", help="when market orders fill on bars"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the strategy; 0, or 1 where it was stopped by its own error."""
    strategy = strategy_of(arguments.strategy, arguments.param)
    columns = stored_columns(arguments)
    result = backtest(
        strategy, data=columns, clearing=clearing_of(arguments), **run_options(arguments)
    )
    if arguments.keep:
        keep_run(result, Path(arguments.keep))
    answer: dict[str, Any] = {
        "strategy": arguments.strategy,
        "parameters": {name: str(value) for name, value in strategy.parameters().items()},
        "instrument": ",".join(instruments_of(arguments)),
        "timeframe": arguments.timeframe,
        "kind": arguments.kind,
        "rows": sum(map(len, columns)),
        **run_answer(result),
        "periods_per_year": result.periods_per_year,
        "metrics": result.metrics,
    }
    return print_run(answer, arguments)


def clearing_of(arguments: argparse.Namespace) -> Clearing | None:
    """A clearing with the stored actions of the instruments, where it is asked for."""
    if not arguments.corporate_actions:
        return None
    if arguments.adjust not in (None, "none"):
        raise UserError("adjusted prices have their actions in them: leave --adjust out")
    history = history_of_home(home_of(arguments))
    names = instruments_of(arguments)
    return Clearing(
        actions=[event for name in names for event in events_of(history.actions(name), name)]
    )


def run_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of `runtime.backtest` that the command line says."""
    return {
        "cash": cash_of(arguments),
        "fees": fees_of(arguments),
        "slippage": slippage_of(arguments),
        "latency": latency_of(arguments),
        "fill": arguments.fill,
        "size": arguments.size,
        "cash_buffer": buffer_of(arguments),
        "mark": arguments.mark,
        "seed": arguments.seed,
    }
