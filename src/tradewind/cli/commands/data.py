"""`tradewind data`: downloads, imports, exports, lists and checks market data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from tradewind.adapters.files.export import export
from tradewind.cli.data_actions import add_actions_arguments, print_actions
from tradewind.cli.data_check import add_check_arguments, check_series
from tradewind.cli.data_download import add_download_arguments, download_data
from tradewind.cli.data_import import add_import_arguments, import_data
from tradewind.cli.data_retain import add_retain_arguments, retain_data
from tradewind.cli.engine import add_engine_options, home_of, output_width
from tradewind.cli.main import EXIT_OK
from tradewind.cli.output import note, print_answer
from tradewind.cli.stored_data import add_adjust_argument, adjustment_asked_for
from tradewind.cli.table import as_table
from tradewind.model.column_merge import time_text
from tradewind.model.columns import REQUIRED
from tradewind.model.errors import UserError
from tradewind.model.timeframes import timerange_ns
from tradewind.ports.history import Entry, History, Series
from tradewind.runtime.adjusted import adjusted_batches
from tradewind.runtime.planned_history import PlannedHistory
from tradewind.wiring.histories import history_of_home

EXAMPLE = "tradewind data import GOOG.csv --instrument GOOG.SIM --tick 0.01 --lot 1 --currency USD"

LIST_COLUMNS = {
    "kind": "KIND",
    "instrument": "INSTRUMENT",
    "timeframe": "TIMEFRAME",
    "rows": "ROWS",
    "first": "FIRST",
    "last": "LAST",
    "megabytes": "MB",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `download`, `import`, `export`, `actions`, `list`, `where`, `check` and `retain`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    downloading = actions.add_parser("download", help="fetch a venue's past into the history")
    importing = actions.add_parser("import", help="take files into the history, all or none")
    exporting = actions.add_parser("export", help="write a series to a .csv or .parquet file")
    listing = actions.add_parser("list", help="list what is stored")
    asking = actions.add_parser("where", help="say which store answers a question, and why")
    acting = actions.add_parser("actions", help="show or import splits, dividends and new names")
    checking = actions.add_parser(
        "check", help="look for damage, gaps, doubles, stale prices, outliers"
    )
    retaining = actions.add_parser("retain", help="take what is too old out of the history")
    add_download_arguments(downloading)
    add_import_arguments(importing)
    _add_series_arguments(exporting)
    exporting.add_argument("--to", required=True, metavar="FILE", help="name.csv or name.parquet")
    exporting.add_argument("--timerange", help="like 20240101-20240630, its end excluded")
    add_adjust_argument(exporting)
    _add_series_arguments(asking)
    asking.add_argument("--timerange", help="like 20240101-20240630, its end excluded")
    add_actions_arguments(acting)
    _add_series_arguments(checking)
    add_check_arguments(checking)
    add_retain_arguments(retaining)
    answers = (
        (downloading, download_),
        (importing, import_),
        (exporting, export_),
        (acting, actions_),
        (listing, list_),
        (asking, where),
        (checking, check),
        (retaining, retain),
    )
    for action, answer in answers:
        add_engine_options(action)
        action.set_defaults(action=answer)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 when a check found what it must not."""
    history = history_of_home(home_of(arguments))
    return int(arguments.action(history, arguments))


def download_(history: History, arguments: argparse.Namespace) -> int:
    """Fetch a range of a venue's past, or what is missing of it."""
    answer = download_data(history, arguments)
    if not arguments.json:
        left_out = answer["rows_left_out"]
        answer["rows_left_out"] = ", ".join(f"{n} {why}" for why, n in left_out.items()) or 0
        answer["there_already"] = f"{100 * answer['there_already']:.0f} %"
        answer["timeframe"] = answer["timeframe"] or "-"
    print_answer(answer, arguments)
    return EXIT_OK


def import_(history: History, arguments: argparse.Namespace) -> int:
    """Take files into the history."""
    answer = import_data(history, arguments)
    if not arguments.json:
        left_out = answer["rows_left_out"]
        answer["rows_left_out"] = ", ".join(f"{n} {why}" for why, n in left_out.items()) or 0
        answer["timeframe"] = answer["timeframe"] or "-"
    print_answer(answer, arguments)
    return EXIT_OK


def export_(history: History, arguments: argparse.Namespace) -> int:
    """Write a series to a file."""
    series = _one_series(history, arguments)
    start_ns, end_ns = timerange_ns(arguments.timerange) if arguments.timerange else (None, None)
    batches = history.batches(
        series.kind,
        series.instrument_id,
        start_ns=start_ns,
        end_ns=end_ns,
        timeframe=series.timeframe,
    )
    adjustment = adjustment_asked_for(history, series.instrument_id, arguments)
    rows = export(adjusted_batches(batches, adjustment), Path(arguments.to))
    print_answer({"series": str(series), "rows": rows, "file": arguments.to}, arguments)
    return EXIT_OK


def actions_(history: History, arguments: argparse.Namespace) -> int:
    """Show an instrument's corporate actions, or import a file of them."""
    print_actions(history, arguments)
    return EXIT_OK


def where(history: History, arguments: argparse.Namespace) -> int:
    """Say which store answers a question, and why."""
    series = _one_series(history, arguments)
    start_ns, end_ns = timerange_ns(arguments.timerange) if arguments.timerange else (None, None)
    store, why = "the history", "there is one store: `tradewind doctor` says which"
    if isinstance(history, PlannedHistory):
        choice = history.choose(series, start_ns, end_ns)
        store, why = choice.store.name, choice.reason
    print_answer({"series": str(series), "store": store, "why": why}, arguments)
    return EXIT_OK


def list_(history: History, arguments: argparse.Namespace) -> int:
    """List what is stored."""
    entries = history.entries()
    if arguments.json:
        print_answer({"series": [_entry_answer(entry) for entry in entries]}, arguments)
    elif entries:
        rows = list(map(_entry_row, entries))
        print("\n".join(as_table(rows, LIST_COLUMNS, output_width())))
    else:
        note("the history is empty: fill it with tradewind data import")
    return EXIT_OK


def check(history: History, arguments: argparse.Namespace) -> int:
    """Check the files and the rows of an instrument's series."""
    return check_series(history, _series(history, arguments), arguments)


def retain(history: History, arguments: argparse.Namespace) -> int:
    """Drop what is older than the days to keep."""
    retain_data(history, arguments)
    return EXIT_OK


def _add_series_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("instrument", metavar="INSTRUMENT", help="like BTC/USDT.BINANCE")
    parser.add_argument("--kind", choices=sorted(REQUIRED), help="default: every kind it has")
    parser.add_argument("--timeframe", help="of bars; default: every timeframe it has")


def _series(history: History, arguments: argparse.Namespace) -> list[Entry]:
    """The stored series that the command line names, at least one."""
    entries = history.entries()
    found = [entry for entry in entries if _is_asked_for(entry.series, arguments)]
    if not found:
        history.instrument(arguments.instrument)
        there = ", ".join(
            str(entry.series)
            for entry in entries
            if entry.series.instrument_id == arguments.instrument
        )
        raise UserError(f"{arguments.instrument} has only {there}: name one of them")
    return found


def _one_series(history: History, arguments: argparse.Namespace) -> Series:
    found = _series(history, arguments)
    if len(found) > 1:
        names = ", ".join(str(entry.series) for entry in found)
        raise UserError(f"there are {names}: choose one with --kind or --timeframe")
    return found[0].series


def _is_asked_for(series: Series, arguments: argparse.Namespace) -> bool:
    return (
        series.instrument_id == arguments.instrument
        and arguments.kind in (None, series.kind)
        and arguments.timeframe in (None, series.timeframe)
    )


def _entry_answer(entry: Entry) -> dict[str, Any]:
    plain = msgspec.structs.asdict(entry) | msgspec.structs.asdict(entry.series)
    plain["series"] = str(entry.series)
    plain["instrument"] = plain.pop("instrument_id")
    return plain


def _entry_row(entry: Entry) -> dict[str, Any]:
    return _entry_answer(entry) | {
        "timeframe": entry.series.timeframe or "",
        "first": time_text(entry.first_ns)[:16],
        "last": time_text(entry.last_ns)[:16],
        "megabytes": f"{entry.size_bytes / 1e6:.1f}",
    }
