"""The options that name imported market data, and its columns."""

from __future__ import annotations

import argparse

from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.cli.engine import home_of
from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.errors import UserError
from tradewind.model.timeframes import timeframe_ns, timerange_ns


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
    history = ParquetHistory(home_of(arguments))
    return [_columns(history, name, arguments) for name in instruments_of(arguments)]


def _columns(history: ParquetHistory, name: str, arguments: argparse.Namespace) -> Columns:
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
    return columns
