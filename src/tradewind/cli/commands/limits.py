"""`tradewind limits`: the limits of a running engine, shown or changed, with who changed them."""

from __future__ import annotations

import argparse
import json
from typing import Any

import msgspec

from tradewind.cli.engine import add_engine_options, home_of, output_width, person
from tradewind.cli.output import print_answer
from tradewind.cli.table import as_table
from tradewind.model.errors import UserError
from tradewind.model.limits import Limits
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import ChangeLimitsRequest, LimitsRequest

EXAMPLE = "tradewind limits set --scope account:paper leverage=2 open_orders=none"
COLUMNS = {"scope": "SCOPE", "limit": "LIMIT", "value": "VALUE"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `limits`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    showing = actions.add_parser("show", help="every limit that is set, by scope")
    showing.set_defaults(action=show)
    setting = actions.add_parser("set", help="change limits of one scope, from the next order on")
    setting.add_argument(
        "--scope",
        required=True,
        help="firm, account:NAME, strategy:NAME, instrument:ID or venue:NAME",
    )
    setting.add_argument(
        "changes", nargs="+", metavar="LIMIT=VALUE", help="`none` takes a limit away"
    )
    setting.set_defaults(action=change)
    for action in (showing, setting):
        add_engine_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0 once it is durable."""
    arguments.action(arguments)
    return 0


def show(arguments: argparse.Namespace) -> None:
    """Print the limits of every scope."""
    found = ask(home_of(arguments), LimitsRequest())
    _print(found, found["limits"], arguments)


def _print(
    answer: dict[str, Any], scopes: list[dict[str, Any]], arguments: argparse.Namespace
) -> None:
    """The answer as JSON where that is wanted, else a row for each limit of some scopes."""
    rows = [
        {"scope": one["scope"], "limit": name, "value": _text(value)}
        for one in scopes
        for name, value in one["limits"].items()
    ]
    if arguments.json:
        print_answer(answer, arguments)
    elif rows:
        print("\n".join(as_table(rows, COLUMNS, output_width())))
    else:
        print("no limit is set")


def change(arguments: argparse.Namespace) -> None:
    """Change some limits of a scope."""
    changes = dict(parsed_change(word) for word in arguments.changes)
    request = ChangeLimitsRequest(arguments.scope, changes, person())
    done = ask(home_of(arguments), request)
    _print(done, [done], arguments)


def parsed_change(word: str) -> tuple[str, Any]:
    """A limit and its value out of one word of a command line.

    >>> parsed_change("leverage=2"), parsed_change("open_orders=5"), parsed_change("capital=none")
    (('leverage', '2'), ('open_orders', 5), ('capital', None))
    """
    name, equals, text = word.partition("=")
    kinds = {field.name: str(field.type) for field in msgspec.structs.fields(Limits)}
    if not equals or not text:
        raise UserError(f"{word!r} is no change of a limit: write it like leverage=2")
    if name not in kinds:
        raise UserError(f"there is no limit {name!r}: known are {', '.join(kinds)}")
    if text == "none":
        return name, None
    if kinds[name] == "str | None":
        return name, text
    try:
        return name, json.loads(text)
    except ValueError:
        raise UserError(
            f"{name}: {text!r} cannot be read: write 5, true, or JSON like "
            '\'["GOOG.SIM"]\' or \'{"GOOG.SIM": "100"}\''
        ) from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
