"""`tradewind backtest`: runs a strategy over imported market data."""

from __future__ import annotations

import argparse
from typing import Any

from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.cli.engine import add_engine_options, home_of
from tradewind.cli.run_answer import print_run, run_answer
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
from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.errors import UserError
from tradewind.model.timeframes import timeframe_ns, timerange_ns
from tradewind.runtime.backtest import backtest
from tradewind.sim.venue import FILL_RULES

EXAMPLE = (
    "tradewind backtest ma_crossover --instrument GOOG.SIM --timeframe 1d --cash 100000 "
    "--fee 0.001 --param fast=10 --param slow=30"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `backtest`."""
    add_strategy_argument(parser, "STRATEGY")
    parser.add_argument("--instrument", required=True, metavar="ID", help="like GOOG.SIM")
    parser.add_argument("--timeframe", help="of bars, like 1d; needed with them")
    parser.add_argument(
        "--kind", choices=sorted(REQUIRED), default="bars", help="of market data; default: bars"
    )
    parser.add_argument("--timerange", help="like 20100101-20130101, its end excluded")
    add_terms_arguments(parser)
    parser.add_argument(
        "--fill", choices=FILL_RULES, default="next_open", help="when market orders fill on bars"
    )
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the strategy; 0, or 1 where it was stopped by its own error."""
    strategy = strategy_of(arguments.strategy, arguments.param)
    columns = _columns(arguments)
    result = backtest(
        strategy,
        data=[columns],
        cash=cash_of(arguments),
        fees=fees_of(arguments),
        slippage=slippage_of(arguments),
        latency=latency_of(arguments),
        fill=arguments.fill,
        size=arguments.size,
        cash_buffer=buffer_of(arguments),
        seed=arguments.seed,
    )
    answer: dict[str, Any] = {
        "strategy": arguments.strategy,
        "parameters": {name: str(value) for name, value in strategy.parameters().items()},
        "instrument": arguments.instrument,
        "timeframe": arguments.timeframe,
        "kind": arguments.kind,
        "rows": len(columns),
        **run_answer(result),
        "periods_per_year": result.periods_per_year,
        "metrics": result.metrics,
    }
    return print_run(answer, arguments)


def _columns(arguments: argparse.Namespace) -> Columns:
    """The rows asked for, at least one."""
    is_bars = arguments.kind == "bars"
    if is_bars and arguments.timeframe is None:
        raise UserError("--timeframe is missing: say which bars, like --timeframe 1d")
    if is_bars:
        timeframe_ns(arguments.timeframe)
    start_ns, end_ns = timerange_ns(arguments.timerange) if arguments.timerange else (None, None)
    columns = ParquetHistory(home_of(arguments)).read(
        arguments.kind,
        arguments.instrument,
        start_ns=start_ns,
        end_ns=end_ns,
        timeframe=arguments.timeframe if is_bars else None,
    )
    if len(columns) == 0:
        raise UserError(
            f"there are no {arguments.kind} of {arguments.instrument} in that time: "
            "widen the --timerange, `tradewind data list` shows what there is"
        )
    return columns
