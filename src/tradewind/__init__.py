"""The public names of Tradewind, each loaded when it is first used.

>>> import tradewind as tw
>>> tw.__version__.count(".")
2
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from tradewind import compiled
from tradewind.version import VERSION

__version__ = VERSION

# The assertions of the core are part of its safety, and -O would strip them.
if not __debug__:
    sys.exit("tradewind: run Python without -O or PYTHONOPTIMIZE, the core needs its assertions")

compiled.prefer_plain_if_asked()

# Public name -> "module:attribute", or "module" where the name is the module itself.
NAMES: dict[str, str] = {
    "AccountTerms": "tradewind.model.account_terms:AccountTerms",
    "BacktestResult": "tradewind.runtime.backtest_result:BacktestResult",
    "Bar": "tradewind.model.market:Bar",
    "Clearing": "tradewind.sim.clearing:Clearing",
    "Client": "tradewind.api.client:Client",
    "Columns": "tradewind.model.columns:Columns",
    "Instrument": "tradewind.model.instruments:Instrument",
    "Leg": "tradewind.model.orders:Leg",
    "Limits": "tradewind.model.limits:Limits",
    "OrderFlag": "tradewind.model.orders:OrderFlag",
    "Quote": "tradewind.model.market:Quote",
    "Side": "tradewind.model.orders:Side",
    "Strategy": "tradewind.strategies.base:Strategy",
    "TimeInForce": "tradewind.model.orders:TimeInForce",
    "Trade": "tradewind.model.market:Trade",
    "actions": "tradewind.sim.actions",
    "backtest": "tradewind.runtime.backtest:backtest",
    "charges": "tradewind.sim.charges",
    "columns_from": "tradewind.model.frames:columns_from",
    "fees": "tradewind.sim.fees",
    "generate_bars": "tradewind.sim.market_bars:generate_bars",
    "latency": "tradewind.sim.latency",
    "signals": "tradewind.signals",
    "slippage": "tradewind.sim.slippage",
    "sweep": "tradewind.runtime.sweep:sweep",
}


def __getattr__(name: str) -> Any:
    if name == "COMPILED":
        return compiled.is_compiled()
    if name not in NAMES:
        raise AttributeError(f"module 'tradewind' has no attribute {name!r}")
    module, _, attribute = NAMES[name].partition(":")
    found = importlib.import_module(module)
    value = getattr(found, attribute) if attribute else found
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*NAMES, "COMPILED", "__version__"])
