"""What commands print: text for people, or with --json one JSON document for programs.

The convention of every command that answers something: it takes `--json` (`add_json_option`),
builds one dict of plain values, and hands it to `print_answer`, which prints it as JSON or as
aligned lines. The keys are stable; money is text with all its digits; times are integers of
nanoseconds in UTC. Answers go to stdout, everything else (progress, notes, errors) to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any


def print_answer(answer: Mapping[str, Any], arguments: argparse.Namespace) -> None:
    """Print one answer to stdout, as JSON when `--json` was given; an empty one only so."""
    if arguments.json:
        print(json.dumps(answer, indent=1))
    elif answer:
        print(as_lines(answer))


def as_lines(answer: Mapping[str, Any]) -> str:
    """Return `key  value` lines with the values under each other.

    >>> print(as_lines({"fills": 2, "end_equity": "100.00"}))
    fills       2
    end_equity  100.00
    """
    width = max(map(len, answer), default=0)
    return "\n".join(f"{key:<{width}}  {value}" for key, value in answer.items())


def note(text: str) -> None:
    """Tell the person something that is not the answer."""
    print(text, file=sys.stderr)


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Give a command the option `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")
