"""`tradewind risk`: levels of the risk monitor, stress scenarios, terms of accounts, new code."""

from __future__ import annotations

import argparse
import json
from typing import Any

import msgspec

from tradewind.cli.engine import add_engine_options, home_of, output_width, person
from tradewind.cli.output import print_answer
from tradewind.cli.table import as_table
from tradewind.model.account_terms import AccountTerms
from tradewind.model.errors import UserError
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import ChangeRiskRuleRequest, RiskRulesRequest

EXAMPLE = "tradewind risk levels drawdown warn=0.05 flatten=0.2"
COLUMNS = {"rule": "RULE", "name": "NAME", "setting": "SETTING", "value": "VALUE"}
NONE = "none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `risk`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    showing = actions.add_parser("show", help="every level, scenario and term that is set")
    showing.set_defaults(action=show)
    levels = actions.add_parser("levels", help="change at which values of a measure what is done")
    levels.add_argument("name", metavar="MEASURE", help="drawdown, leverage, stress_loss, ...")
    scenario = actions.add_parser("scenario", help="put in a stress scenario, or take one away")
    scenario.add_argument("name", metavar="NAME", help='like "coins halve"')
    terms = actions.add_parser("terms", help="change the terms of an account, or take them away")
    terms.add_argument("name", metavar="ACCOUNT")
    approving = actions.add_parser("approve", help="let the code of a strategy trade in full")
    approving.add_argument("name", metavar="STRATEGY")
    approving.add_argument("code", metavar="CODE", help="its hash, as `tradewind risk show` says")
    approving.set_defaults(action=approve)
    for action, kind, form in (
        (levels, "levels", "LEVEL=VALUE"),
        (scenario, "scenarios", "INSTRUMENT=SHARE"),
        (terms, "terms", "TERM=VALUE"),
    ):
        action.add_argument(
            "changes", nargs="+", metavar=form, help="`none` as a value takes one away"
        )
        action.set_defaults(action=change, kind=kind)
    for action in (showing, levels, scenario, terms, approving):
        add_engine_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0 once it is durable."""
    arguments.action(arguments)
    return 0


def show(arguments: argparse.Namespace) -> None:
    """Print the rules."""
    found = ask(home_of(arguments), RiskRulesRequest())
    if arguments.json:
        print_answer(found, arguments)
        return
    rows = [
        {"rule": kind, "name": name, "setting": setting, "value": text_of(value)}
        for kind in ("levels", "scenarios", "terms", "code")
        for name, settings in found[kind].items()
        for setting, value in (settings or {"": NONE}).items()
    ]
    print("\n".join(as_table(rows, COLUMNS, output_width())) if rows else "no rule is set")


def change(arguments: argparse.Namespace) -> None:
    """Change one rule and print what holds now."""
    kind, changes = arguments.kind, parsed_changes(arguments.kind, arguments.changes)
    request = ChangeRiskRuleRequest(kind, arguments.name, changes, person())
    print_answer(ask(home_of(arguments), request), arguments)


def approve(arguments: argparse.Namespace) -> None:
    """Approve the code of a strategy."""
    changes = {"code": arguments.code}
    request = ChangeRiskRuleRequest("code", arguments.name, changes, person())
    print_answer(ask(home_of(arguments), request), arguments)


def parsed_changes(kind: str, words: list[str]) -> dict[str, Any] | None:
    """Changes out of the words of a command line; None for the one word `none`.

    >>> parsed_changes("levels", ["warn=0.05", "flatten=none"])
    {'warn': '0.05', 'flatten': None}
    >>> parsed_changes("terms", ["kind=cash", "settlement_days=1"])
    {'kind': 'cash', 'settlement_days': 1}
    """
    if words == [NONE] and kind != "levels":
        return None
    return dict(parsed_change(kind, word) for word in words)


def parsed_change(kind: str, word: str) -> tuple[str, Any]:
    """One change out of one word."""
    name, equals, text = word.rpartition("=")
    if not equals or not name or not text:
        raise UserError(f"{word!r} is no change: write it like warn=0.05")
    if text == NONE and kind != "scenarios":
        return name, None
    plain = {field.name for field in msgspec.structs.fields(AccountTerms) if is_text(field)}
    if kind != "terms" or name in plain:
        return name, text
    try:
        return name, json.loads(text)
    except ValueError:
        raise UserError(
            f"{name}: {text!r} cannot be read: write 1, or JSON like '[\"2026-12-25\"]'"
        ) from None


def is_text(field: msgspec.structs.FieldInfo) -> bool:
    """Whether a term is plain text."""
    return isinstance(field.default, str)


def text_of(value: Any) -> str:
    """A value of a rule, for people."""
    return value if isinstance(value, str) else json.dumps(value)
