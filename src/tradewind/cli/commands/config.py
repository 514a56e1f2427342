"""`tradewind config`: checks the settings, shows where each came from, prints their reference."""

from __future__ import annotations

import argparse

from tradewind.cli.output import add_json_option, note, print_answer
from tradewind.wiring.catalog import SETTINGS
from tradewind.wiring.settings import BadSettings, read_settings
from tradewind.wiring.settings_reference import env_example, settings_markdown

EXAMPLE = "tradewind config show --json"
DOCUMENTS = {"markdown": settings_markdown, "env": env_example}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `check`, `show` and `reference`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    checking = actions.add_parser("check", help="list every fault at once; exit code 2 if any")
    showing = actions.add_parser("show", help="print each value and where it came from")
    printing = actions.add_parser("reference", help="print the reference of all settings")
    printing.add_argument(
        "--format", choices=sorted(DOCUMENTS), default="markdown", help="default: markdown"
    )
    for action, answer in ((checking, check), (showing, show), (printing, reference)):
        action.set_defaults(action=answer)
    add_json_option(checking)
    add_json_option(showing)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 2 when a setting is wrong."""
    return int(arguments.action(arguments))


def check(arguments: argparse.Namespace) -> int:
    """List every fault."""
    _, faults = read_settings()
    if arguments.json:
        print_answer({"ok": not faults, "faults": faults}, arguments)
        return 2 if faults else 0
    for fault in faults:
        note(fault)
    if not faults:
        print(f"{len(SETTINGS)} settings are in order")
    return 2 if faults else 0


def show(arguments: argparse.Namespace) -> int:
    """Print the value of each setting and its source."""
    settings, faults = read_settings()
    if faults:
        raise BadSettings(faults)
    if arguments.json:
        values = {
            setting.name: {"value": settings.shown(setting), "from": settings.where(setting)}
            for setting in SETTINGS
        }
        print_answer(values, arguments)
        return 0
    value_width = max(len(settings.shown(setting)) for setting in SETTINGS)
    lines = {
        setting.name: f"{settings.shown(setting):<{value_width}}  {settings.where(setting)}"
        for setting in SETTINGS
    }
    print_answer(lines, arguments)
    return 0


def reference(arguments: argparse.Namespace) -> int:
    """Print a generated document."""
    print(DOCUMENTS[arguments.format](), end="")
    return 0
