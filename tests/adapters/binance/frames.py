"""Small hand-made frames, one of each kind, spot and USD-M, and how to bend them."""

from __future__ import annotations

import json
from typing import Any

from tradewind.model.instruments import Instrument

BTC = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001", quantity_digits=8)
ETH = Instrument("ETH/USDT.BINANCE-USDM", tick="0.05", lot="0.001", kind="perpetual")

MS = 1_000_000
STAMP_MS = 1_700_000_000_123

Fields = dict[str, Any]

SPOT_TRADE: Fields = {
    "e": "trade", "E": STAMP_MS + 1, "s": "BTCUSDT", "t": 41, "p": "61000.12000000",
    "q": "0.02000000", "T": STAMP_MS, "m": True, "M": True,
}  # fmt: skip
USDM_TRADE: Fields = {
    "e": "trade", "E": STAMP_MS + 1, "T": STAMP_MS, "s": "ETHUSDT", "t": 42, "p": "2681.60",
    "q": "1.500", "X": "MARKET", "m": False,
}  # fmt: skip
AGGREGATE_TRADE: Fields = {
    "e": "aggTrade", "E": STAMP_MS + 1, "s": "BTCUSDT", "a": 9, "p": "61000.12000000",
    "q": "0.02000000", "f": 41, "l": 43, "T": STAMP_MS, "m": False, "M": True,
}  # fmt: skip
SPOT_TICKER: Fields = {
    "u": 700, "s": "BTCUSDT", "b": "61000.11000000", "B": "3.78826000", "a": "61000.12000000",
    "A": "1.54698000",
}  # fmt: skip
USDM_TICKER: Fields = {
    "e": "bookTicker", "u": 701, "s": "ETHUSDT", "b": "2681.60", "B": "1.165", "a": "2681.65",
    "A": "73.077", "T": STAMP_MS, "E": STAMP_MS + 1,
}  # fmt: skip
SPOT_DEPTH: Fields = {
    "e": "depthUpdate", "E": STAMP_MS, "s": "BTCUSDT", "U": 690, "u": 700,
    "b": [["61000.11000000", "3.78826000"], ["55653.87000000", "0.00000000"]],
    "a": [["61000.12000000", "1.54698000"]],
}  # fmt: skip
USDM_DEPTH: Fields = {
    "e": "depthUpdate", "E": STAMP_MS + 1, "T": STAMP_MS, "s": "ETHUSDT", "U": 690, "u": 701,
    "pu": 688, "b": [["2681.60", "1.165"]], "a": [["2681.65", "73.077"]],
}  # fmt: skip
SPOT_SNAPSHOT: Fields = {
    "lastUpdateId": 699, "bids": [["61000.11000000", "3.78826000"]],
    "asks": [["61000.12000000", "1.54698000"]],
}  # fmt: skip
USDM_SNAPSHOT: Fields = {
    "lastUpdateId": 700, "E": STAMP_MS + 1, "T": STAMP_MS, "bids": [["2681.60", "16.969"]],
    "asks": [["2681.65", "64.369"]],
}  # fmt: skip
KLINE: Fields = {
    "e": "kline", "E": STAMP_MS, "s": "BTCUSDT",
    "k": {
        "t": 1_699_999_980_000, "T": 1_700_000_039_999, "s": "BTCUSDT", "i": "1m", "f": 1, "L": 9,
        "o": "61000.00000000", "c": "61002.00000000", "h": "61003.00000000",
        "l": "60999.00000000", "v": "12.50000000", "n": 9, "x": True, "q": "1.0", "V": "1.0",
        "Q": "1.0", "B": "0",
    },
}  # fmt: skip

SPOT_STREAMS = {
    "btcusdt@trade": SPOT_TRADE,
    "btcusdt@aggTrade": AGGREGATE_TRADE,
    "btcusdt@bookTicker": SPOT_TICKER,
    "btcusdt@depth@100ms": SPOT_DEPTH,
    "btcusdt@depth": SPOT_DEPTH,
    "btcusdt@kline_1m": KLINE,
}
USDM_STREAMS = {
    "ethusdt@trade": USDM_TRADE,
    "ethusdt@bookTicker": USDM_TICKER,
    "ethusdt@depth@0ms": USDM_DEPTH,
}


def raw(frame: Fields, **changed: object) -> bytes:
    """Return the bytes of a frame with some fields changed."""
    return json.dumps(frame | changed).encode()


def without(frame: Fields, name: str) -> bytes:
    """Return the bytes of a frame that lacks a field."""
    return json.dumps({key: value for key, value in frame.items() if key != name}).encode()


def combined(stream: str, frame: Fields) -> bytes:
    """Return the bytes of a frame as the combined stream wraps it."""
    return json.dumps({"stream": stream, "data": frame}).encode()


def kline(**changed: object) -> bytes:
    """Return the bytes of a kline frame with some fields of its bar changed."""
    return raw(KLINE, k=KLINE["k"] | changed)
