"""`tradewind data retain`: takes what is too old out of the history of market data."""

from __future__ import annotations

import argparse
import time
from typing import Any

from tradewind.cli.output import print_answer
from tradewind.model.column_merge import time_text
from tradewind.model.columns import REQUIRED
from tradewind.model.errors import UserError
from tradewind.ports.history import History

DAY_NS = 86_400 * 10**9
DAYS_MAX = 36_500
EVERY = "all"


def add_retain_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `data retain`: both are asked for, as what goes is gone."""
    parser.add_argument(
        "--kind",
        required=True,
        choices=[*sorted(REQUIRED), EVERY],
        help="what goes: one kind of data, or all",
    )
    parser.add_argument(
        "--days",
        required=True,
        type=int,
        metavar="N",
        help="how many days are kept; files and partitions that are wholly older go",
    )


def retain_data(history: History, arguments: argparse.Namespace) -> None:
    """Drop what is older, and say what went."""
    if not 1 <= arguments.days <= DAYS_MAX:
        raise UserError(f"--days is {arguments.days}: give 1 to {DAYS_MAX} days to keep")
    before_ns = time.time_ns() - arguments.days * DAY_NS
    kinds = sorted(REQUIRED) if arguments.kind == EVERY else [arguments.kind]
    gone = [name for kind in kinds for name in history.retain(kind, before_ns=before_ns)]
    answer: dict[str, Any] = {"older_than": time_text(before_ns), "pieces": len(gone)}
    if arguments.json:
        answer["names"] = gone
    print_answer(answer, arguments)
