"""Corporate actions as the command line shows and imports them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from tradewind.adapters.files.action_files import ACTION_FORMATS, read_actions
from tradewind.cli.engine import output_width
from tradewind.cli.output import note, print_answer
from tradewind.cli.table import as_table
from tradewind.model.column_merge import time_text
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData, UserError
from tradewind.ports.history import History

COLUMNS = {
    "ex_date": "EX-DATE",
    "kind": "KIND",
    "new": "NEW",
    "old": "OLD",
    "amount": "AMOUNT",
    "factor": "FACTOR",
}


def add_actions_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `data actions`."""
    formats = "; ".join(f"{name}: {form.summary}" for name, form in ACTION_FORMATS.items())
    parser.add_argument("instrument", metavar="INSTRUMENT", help="like AAPL.ALPACA")
    parser.add_argument("--import", dest="file", metavar="FILE", help="take a file's actions")
    parser.add_argument("--format", choices=sorted(ACTION_FORMATS), default="csv", help=formats)
    parser.add_argument("--replace", action="store_true", help="take them over stored ones")


def print_actions(history: History, arguments: argparse.Namespace) -> None:
    """Import where a file is named, else list."""
    name = arguments.instrument
    history.instrument(name)
    if arguments.file:
        print_answer({"instrument": name, **_import(history, arguments)}, arguments)
        return
    if arguments.replace:
        raise UserError("--replace goes with --import FILE: name the file")
    rows = [_row(action) for action in history.actions(name)]
    if arguments.json:
        print_answer({"instrument": name, "actions": rows}, arguments)
    elif rows:
        print("\n".join(as_table(rows, COLUMNS, output_width())))
    else:
        note(f"{name} has no corporate actions: download them with --actions, or --import a file")


def _import(history: History, arguments: argparse.Namespace) -> dict[str, Any]:
    path = Path(arguments.file)
    found = read_actions(path, arguments.format)
    if not found:
        raise BadData(f"{path.name} has no actions: is it of the format {arguments.format}?")
    written = history.write_actions(
        arguments.instrument, found, on_conflict="replace" if arguments.replace else "refuse"
    )
    return {
        name.replace("rows", "actions"): count
        for name, count in msgspec.structs.asdict(written).items()
    }


def _row(action: CorporateAction) -> dict[str, Any]:
    is_split, is_dividend = action.kind == "split", action.kind == "dividend"
    return {
        "ex_date": time_text(action.ex_date_ns)[:10],
        "ex_date_ns": action.ex_date_ns,
        "kind": action.kind,
        "new": "" if is_dividend else action.new,
        "old": "" if is_dividend else action.old,
        "amount": action.amount if is_dividend else "",
        "factor": action.factor if is_split or is_dividend else "",
    }
