"""The library: strategies by the names a command line or setting uses."""

from __future__ import annotations

import importlib

from tradewind.model.errors import UserError
from tradewind.strategies.base import Strategy

LIBRARY: dict[str, str] = {
    "accumulator": "tradewind.strategies.accumulator:Accumulator",
    "ma_crossover": "tradewind.strategies.ma_crossover:MaCrossover",
    "market_maker": "tradewind.strategies.market_maker:MarketMaker",
    "mean_reversion": "tradewind.strategies.mean_reversion:MeanReversion",
}
"""Name -> module:class."""


def library_strategy(name: str) -> type[Strategy]:
    """The class of a name.

    >>> library_strategy("ma_crossover").__name__
    'MaCrossover'
    """
    if name not in LIBRARY:
        raise UserError(f"there is no strategy {name!r}: choose from {', '.join(LIBRARY)}")
    module, _, attribute = LIBRARY[name].partition(":")
    found: type[Strategy] = getattr(importlib.import_module(module), attribute)
    return found
