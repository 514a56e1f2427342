"""The entry point `tradewind`: finds the command, runs it, turns failures into exit codes."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from tradewind.cli.commands import COMMANDS
from tradewind.cli.output import note
from tradewind.model.errors import TradewindError, UserError
from tradewind.version import VERSION

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_WRONG_USE = 2
EXIT_HALTED = 3
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code: 0 ok, 1 failed, 2 wrong use, 3 halted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parsed = parser_for(words).parse_args(words)
    try:
        return int(parsed.run(parsed))
    except UserError as error:
        note(f"tradewind: {error}")
        return EXIT_WRONG_USE
    except TradewindError as error:
        note(f"tradewind: {error}")
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away; without this Python complains once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED


def parser_for(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of a command line; it loads the one command that the line names."""
    parser = argparse.ArgumentParser(
        prog="tradewind",
        description="An algorithmic trading platform.",
        epilog="example: tradewind doctor",
    )
    parser.add_argument("--version", action="version", version=f"tradewind {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    named = next((word for word in words if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == named:
            complete(command, command_module(name))
    return parser


def complete(parser: argparse.ArgumentParser, command: ModuleType) -> None:
    """Add a command's own arguments and example to its parser."""
    parser.epilog = f"example: {command.EXAMPLE}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_arguments(parser)
    parser.set_defaults(run=command.run)


def command_module(name: str) -> ModuleType:
    """Import the module of a command."""
    return importlib.import_module(f"tradewind.cli.commands.{name.replace('-', '_')}")
