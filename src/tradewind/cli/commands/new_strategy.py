"""`tradewind new-strategy`: writes a file with a strategy to begin with."""

from __future__ import annotations

import argparse
import keyword
import re
from pathlib import Path

from tradewind.cli.output import add_json_option, print_answer
from tradewind.cli.strategy_template import strategy_source
from tradewind.model.errors import OutsideError, UserError

EXAMPLE = "tradewind new-strategy my_cross --folder ."

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `new-strategy`."""
    parser.add_argument("name", metavar="NAME", help="of the file, like my_cross")
    parser.add_argument("--folder", default=".", help="where it goes; default: here")
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file, if there is none; 0."""
    name = checked_name(arguments.name)
    path = Path(arguments.folder) / f"{name}.py"
    try:
        with path.open("x") as file:
            file.write(strategy_source(class_name(name)))
    except FileExistsError:
        raise UserError(f"{path} is there already: choose another name, or remove it") from None
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"there is no folder {arguments.folder}: make it first") from None
    except OSError as error:
        raise OutsideError(
            f"{path} cannot be written: {error.strerror}; choose another --folder",
            fault="ours",
            retry=False,
        ) from None
    strategy = f"{path}:{class_name(name)}"
    run_it = f"tradewind backtest {strategy} --instrument GOOG.SIM --timeframe 1d"
    print_answer({"file": str(path), "strategy": strategy, "try": run_it}, arguments)
    return 0


def checked_name(text: str) -> str:
    """A name that is one of a Python file; `UserError` where it is none.

    >>> checked_name("my_cross")
    'my_cross'
    """
    if _NAME.fullmatch(text) is None or keyword.iskeyword(text):
        raise UserError(f"{text!r} is no name of a strategy: write it like my_cross (a-z, 0-9, _)")
    return text


def class_name(name: str) -> str:
    """The name of the class in the file.

    >>> class_name("my_cross")
    'MyCross'
    """
    return "".join(word.capitalize() for word in name.split("_")) or "Strategy"
