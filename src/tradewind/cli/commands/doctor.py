"""`tradewind doctor`: looks over this installation and says what is missing."""

from __future__ import annotations

import argparse
import platform
from importlib.util import find_spec

from tradewind import compiled
from tradewind.cli.output import add_json_option, print_answer
from tradewind.version import VERSION

EXAMPLE = "tradewind doctor --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `doctor`."""
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 0 when all is well, 1 when something is to be mended."""
    stale = compiled.stale_modules()
    answer = {
        "tradewind": VERSION,
        "python": platform.python_version(),
        "compiled": compiled.is_compiled(),
        "stale_modules": stale,
        "gateway": find_spec("fastapi") is not None,
    }
    print_answer(answer, arguments)
    return 1 if stale else 0
