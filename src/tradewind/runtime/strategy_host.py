"""Registers strategies with an engine and runs their first and last call."""

from __future__ import annotations

import hashlib
import inspect
import re
from weakref import WeakKeyDictionary

from tradewind.core.engine import Engine
from tradewind.core.view import View
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.ids import STRATEGY_NAME_LENGTH_MAX, check_strategy_name
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.orders import Sizing
from tradewind.strategies.base import Strategy

SIZINGS = {"at_fill": Sizing.AT_FILL, "at_signal": Sizing.AT_SIGNAL}


def strategy_name(strategy: Strategy) -> str:
    """A short name for order ids, from the class.

    >>> class MovingAverageCross(Strategy): ...
    >>> strategy_name(MovingAverageCross())
    'moving_ave'
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(strategy).__name__).lower()
    letters = re.sub(r"[^a-z0-9_]", "", words).lstrip("_0123456789") or "strategy"
    return check_strategy_name(letters[:STRATEGY_NAME_LENGTH_MAX].rstrip("_"))


def code_hash(strategy: Strategy) -> str:
    """A short hash of the strategy's source, kept in every run; of its name without source."""
    kind = type(strategy)
    known = _code_hashes.get(kind)
    if known is None:
        known = _code_hashes[kind] = hashlib.sha256(_source(kind).encode()).hexdigest()[:16]
    return known


_code_hashes: WeakKeyDictionary[type[Strategy], str] = WeakKeyDictionary()
"""Finding the source of a class reads and parses its whole file, so once a class is enough."""


def _source(kind: type[Strategy]) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        return kind.__qualname__


def parse_sizing(text: str) -> Sizing:
    """`at_fill` or `at_signal`."""
    if text not in SIZINGS:
        raise UserError(f"size={text!r}: choose one of {', '.join(SIZINGS)}")
    return SIZINGS[text]


def attach(
    engine: Engine,
    strategy: Strategy,
    *,
    name: str,
    account: str,
    instruments: list[Instrument],
    sizing: Sizing,
    cash_buffer: int = 0,
    limits: Limits | None = None,
) -> None:
    """Register a strategy, with its limits if any, give it its view and call `on_start`.

    A `UserError` of `on_start` (a parameter that makes no sense) goes to the caller; any other
    error stops the strategy, as in every other call.
    """
    parameters = {key: str(value) for key, value in strategy.parameters().items()}
    time_ns = engine.state.time_ns
    code, named = code_hash(strategy), tuple(each.id for each in instruments)
    engine.step(m.StrategyRegistered(time_ns, name, account, code, parameters, named))
    if limits is not None:
        engine.step(m.LimitsChanged(time_ns, f"strategy:{name}", limits, "settings"))
    book = engine.state.strategy(name)
    strategy.attach(View(engine, book, sizing=sizing, cash_buffer=cash_buffer), instruments)
    begin(engine, book.index, strategy)


def begin(engine: Engine, number: int, strategy: Strategy) -> None:
    """Call `on_start` of an attached strategy."""
    refused: list[UserError] = []

    def start(_: None) -> None:
        try:
            strategy.on_start()
        except UserError as error:
            refused.append(error)

    engine.call(number, start, None)
    if refused:
        raise refused[0]


def end(engine: Engine, number: int, strategy: Strategy) -> None:
    """Call `on_stop` of an attached strategy that was not stopped."""
    if not engine.state.strategies[number].is_stopped:
        engine.call(number, lambda _: strategy.on_stop(), None)
