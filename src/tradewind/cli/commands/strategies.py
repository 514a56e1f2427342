"""`tradewind strategies`: lists the strategies of the library with their parameters."""

from __future__ import annotations

import argparse
import inspect
from typing import Any

from tradewind.cli.output import add_json_option, print_answer
from tradewind.strategies.base import Strategy
from tradewind.strategies.library import LIBRARY, library_strategy

EXAMPLE = "tradewind strategies --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `strategies`."""
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """List them; 0."""
    found = {name: library_strategy(name) for name in LIBRARY}
    if arguments.json:
        answers = [_answer(name, strategy) for name, strategy in found.items()]
        print_answer({"strategies": answers}, arguments)
    else:
        print("\n\n".join(_lines(name, strategy) for name, strategy in found.items()))
    return 0


def _answer(name: str, strategy: type[Strategy]) -> dict[str, Any]:
    return {"name": name, "summary": summary_of(strategy), "parameters": _parameters(strategy)}


def _lines(name: str, strategy: type[Strategy]) -> str:
    lines = [name, f"  {summary_of(strategy)}"]
    for parameter, about in _parameters(strategy).items():
        lines.append(f"  --param {parameter}={about['default']}  ({about['type']})")
    return "\n".join(lines)


def _parameters(strategy: type[Strategy]) -> dict[str, dict[str, str]]:
    defaults = strategy().parameters()
    return {
        name: {"type": kind.__name__, "default": str(defaults[name])}
        for name, kind in strategy.parameter_types().items()
    }


def summary_of(strategy: type[Strategy]) -> str:
    """The first sentence of a strategy's docstring.

    >>> summary_of(library_strategy("ma_crossover"))
    'Trade the cross of two averages of the close.'
    """
    return (inspect.getdoc(strategy) or "").split("\n\n")[0].replace("\n", " ")
