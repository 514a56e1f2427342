"""Incremental signals and bars: each value from the last one, nothing recomputed.

>>> from tradewind import signals
>>> signals.EMA(3).warmup
3
"""

from __future__ import annotations

import importlib
from typing import Any

NAMES: dict[str, str] = {
    "ADX": "adx",
    "ATR": "atr",
    "Band": "band",
    "BarBuilder": "bars",
    "Bollinger": "bollinger",
    "Crossing": "crossing",
    "Deviation": "deviation",
    "EMA": "ema",
    "MACD": "macd",
    "PriceSignal": "price_signal",
    "RSI": "rsi",
    "SMA": "sma",
    "Signal": "signal",
    "VWAP": "vwap",
    "ZScore": "zscore",
}
"""Public class -> module: each is loaded when it is first used."""


def __getattr__(name: str) -> Any:
    if name not in NAMES:
        raise AttributeError(f"module 'tradewind.signals' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"tradewind.signals.{NAMES[name]}"), name)
    globals()[name] = value
    return value
