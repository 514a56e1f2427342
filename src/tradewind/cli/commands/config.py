"""`tradewind config`: checks the settings, shows where each came from, prints their reference."""

from __future__ import annotations

import argparse

from tradewind.cli.main import EXIT_OK, EXIT_WRONG_USE
from tradewind.cli.output import add_json_option, note, print_answer
from tradewind.wiring.catalog import SETTINGS
from tradewind.wiring.settings import Settings, load_settings, read_settings
from tradewind.wiring.settings_reference import (
    env_example,
    env_production,
    settings_markdown,
)
from tradewind.wiring.venues import venues_markdown

EXAMPLE = "tradewind config show --json"


def openapi_json() -> str:
    """The OpenAPI document; only who asks for it loads the gateway."""
    from tradewind.wiring import api_reference

    return api_reference.openapi_json()


def api_markdown() -> str:
    """The page of the HTTP API."""
    from tradewind.wiring import api_reference

    return api_reference.api_markdown()


DOCUMENTS = {
    "api": api_markdown,
    "env": env_example,
    "markdown": settings_markdown,
    "openapi": openapi_json,
    "production": env_production,
    "venues": venues_markdown,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `check`, `show` and `reference`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    checking = actions.add_parser(
        "check", help="print each value, then every fault; exit code 2 if any"
    )
    showing = actions.add_parser("show", help="print each value and where it came from")
    printing = actions.add_parser(
        "reference", help="print the reference of settings, venues or the API"
    )
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
    """Print what `show` prints, then every fault; a faulty setting has its default."""
    settings, faults = read_settings()
    if arguments.json:
        print_answer({"ok": not faults, "faults": faults, "settings": told(settings)}, arguments)
    else:
        print_answer(lines(settings), arguments)
        for fault in faults:
            note(fault)
    return EXIT_WRONG_USE if faults else EXIT_OK


def show(arguments: argparse.Namespace) -> int:
    """Print the value of each setting and its source."""
    settings = load_settings()
    print_answer(told(settings) if arguments.json else lines(settings), arguments)
    return EXIT_OK


def told(settings: Settings) -> dict[str, dict[str, str]]:
    """Return each setting's value and source, secrets masked."""
    return {
        setting.name: {"value": settings.shown(setting), "from": settings.where(setting)}
        for setting in SETTINGS
    }


def lines(settings: Settings) -> dict[str, str]:
    """Return each setting's value and source in one aligned text."""
    width = max(len(settings.shown(setting)) for setting in SETTINGS)
    return {
        setting.name: f"{settings.shown(setting):<{width}}  {settings.where(setting)}"
        for setting in SETTINGS
    }


def reference(arguments: argparse.Namespace) -> int:
    """Print a generated document."""
    print(DOCUMENTS[arguments.format](), end="")
    return EXIT_OK
