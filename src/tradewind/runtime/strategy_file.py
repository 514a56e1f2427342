"""Strategies by what a person types: a name of the library, or a file and a class in it."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from tradewind.model.errors import TradewindError, UserError
from tradewind.strategies.base import Parameter, Strategy
from tradewind.strategies.library import LIBRARY, library_strategy

OWN_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, OSError,
    RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What the code of a file may raise while it is loaded; its own kinds of errors go through."""


class BrokenStrategy(TradewindError):
    """A strategy's own code raised while it was loaded."""


def strategy_class(text: str) -> type[Strategy]:
    """The class that `ma_crossover` or `path/to/file.py:Class` names; `UserError` where none does.

    The class may be left out where the file has one strategy only.

    >>> strategy_class("market_maker").__name__
    'MarketMaker'
    """
    path, colon, name = text.rpartition(":") if ":" in text else (text, "", "")
    if not path.endswith(".py"):
        if text not in LIBRARY:
            raise UserError(
                f"there is no strategy {text!r}: choose from {', '.join(LIBRARY)}, or name a file "
                "and its class, like my_strategy.py:MyStrategy"
            )
        return library_strategy(text)
    found = strategies_of(load_module(Path(path)))
    if name in found:
        return found[name]
    there = ", ".join(found) or "none"
    if colon or len(found) != 1:
        wanted = f"no strategy {name!r}" if colon else "not one strategy only"
        raise UserError(f"{path} has {wanted} (it has: {there}): name one as {path}:CLASS")
    return next(iter(found.values()))


def make_strategy(text: str, parameters: Mapping[str, Parameter]) -> Strategy:
    """A strategy by name or file with its parameters; `UserError` where one makes no sense.

    >>> make_strategy("ma_crossover", {"slow": "40"}).parameters()["slow"]
    40
    """
    found = strategy_class(text)
    try:
        return found(**parameters)
    except UserError:
        raise
    except OWN_ERRORS as error:
        raise BrokenStrategy(
            f"strategy {text} cannot be made: {type(error).__name__}: {error}; mend its __init__"
        ) from error


def parameters_of(texts: Iterable[str]) -> dict[str, str]:
    """Names and texts of `--param NAME=VALUE`.

    >>> parameters_of(["fast=10", "kind=sma"])
    {'fast': '10', 'kind': 'sma'}
    """
    parameters: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"--param {text!r} is none: write it like fast=10")
        if name in parameters:
            raise UserError(f"--param {name} is given twice: give it once")
        parameters[name] = value
    return parameters


def load_module(path: Path) -> ModuleType:
    """Run a file as a module of its own; an error that its code raises is told in a sentence."""
    if not path.is_file():
        raise UserError(f"there is no file {path}: give the path of a strategy")
    resolved = path.resolve()
    name = f"{path.stem}_{hashlib.sha256(str(resolved).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise UserError(f"{path} is no Python file: its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # type hints are looked up there
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise UserError(f"{path} line {error.lineno} is not Python: {error.msg}") from None
    except OWN_ERRORS as error:
        raise BrokenStrategy(
            f"{path} cannot be loaded: {type(error).__name__}: {error}; run it with python to see"
        ) from error
    return module


def strategies_of(module: ModuleType) -> dict[str, type[Strategy]]:
    """The strategy classes that a module defines itself."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Strategy)
        and value.__module__ == module.__name__
    }
