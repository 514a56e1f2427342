"""The options that name imported market data, and its columns."""

from __future__ import annotations

import argparse
from typing import get_args

from tradewind.cli.engine import home_of
from tradewind.cli.output import note
from tradewind.model.adjustment import Adjust, Adjustment
from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.errors import UserError
from tradewind.model.timeframes import timeframe_ns, timerange_ns
from tradewind.ports.history import History
from tradewind.runtime.adjusted import adjustment_of
from tradewind.wiring.histories import history_of_home


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a command instruments, kind, timeframe and time range."""
    parser.add_argument(
        "--instrument",
        required=True,
        action="append",
        metavar="ID",
        help="like GOOG.SIM; several with commas between them, or given again",
    )
    parser.add_argument("--timeframe", help="of bars, like 1d; needed with them")
    parser.add_argument(
        "--kind", choices=sorted(REQUIRED), default="bars", help="of market data; default: bars"
    )
    parser.add_argument("--timerange", help="like 20100101-20130101, its end excluded")
    add_adjust_argument(parser)


def add_adjust_argument(parser: argparse.ArgumentParser) -> None:
    """Give a command the choice of adjusting stored prices by stored corporate actions."""
    parser.add_argument(
        "--adjust",
        choices=get_args(Adjust),
        help="prices as traded, or as if later splits (and dividends) were over; default: none",
    )


def adjustment_asked_for(history: History, name: str, arguments: argparse.Namespace) -> Adjustment:
    """How an instrument's rows are adjusted; a note where splits are stored and nothing is said."""
    if arguments.adjust is None and not arguments.json:
        splits = [action for action in history.actions(name) if action.kind == "split"]
        if splits:
            note(f"{name}: prices are as traded, over the {splits[-1]}: see --adjust")
    return adjustment_of(history, name, arguments.adjust or "none")


def instruments_of(arguments: argparse.Namespace) -> list[str]:
    """The instruments named, each once and in their order.

    >>> instruments_of(argparse.Namespace(instrument=["GOOG.SIM, AAPL.SIM", "IBM.SIM"]))
    ['GOOG.SIM', 'AAPL.SIM', 'IBM.SIM']
    """
    names = [name.strip() for text in arguments.instrument for name in text.split(",")]
    for place, name in enumerate(names):
        if not name:
            raise UserError("--instrument has an empty name: write them like GOOG.SIM,AAPL.SIM")
        if name in names[:place]:
            raise UserError(f"--instrument {name} is given twice: give it once")
    return names


def stored_columns(arguments: argparse.Namespace) -> list[Columns]:
    """The rows asked for, at least one of each instrument."""
    is_bars = arguments.kind == "bars"
    if is_bars and arguments.timeframe is None:
        raise UserError("--timeframe is missing: say which bars, like --timeframe 1d")
    if is_bars:
        timeframe_ns(arguments.timeframe)
    history = history_of_home(home_of(arguments))
    return [_columns(history, name, arguments) for name in instruments_of(arguments)]


def _columns(history: History, name: str, arguments: argparse.Namespace) -> Columns:
    start_ns, end_ns = timerange_ns(arguments.timerange) if arguments.timerange else (None, None)
    columns = history.read(
        arguments.kind,
        name,
        start_ns=start_ns,
        end_ns=end_ns,
        timeframe=arguments.timeframe if arguments.kind == "bars" else None,
    )
    if len(columns) == 0:
        raise UserError(
            f"there are no {arguments.kind} of {name} in that time: "
            "widen the --timerange, `tradewind data list` shows what there is"
        )
    return adjustment_asked_for(history, name, arguments).of(columns)
