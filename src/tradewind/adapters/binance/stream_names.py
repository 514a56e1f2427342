"""Stream names: what one subscribes to for an instrument."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from tradewind.model.instruments import Instrument

PrintKind = Literal["trade", "aggTrade"]
StreamKind = Literal["trades", "quotes", "depth", "bars"]

STREAM_KINDS: tuple[StreamKind, ...] = ("trades", "quotes", "depth", "bars")
DEPTH_SPEED = "@100ms"


def stream_names(
    instrument: Instrument,
    kinds: Iterable[StreamKind],
    *,
    prints: PrintKind = "trade",
    timeframe: str = "1m",
) -> list[str]:
    """The streams of one instrument.

    >>> btc = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
    >>> stream_names(btc, ["trades", "quotes", "depth", "bars"])
    ['btcusdt@trade', 'btcusdt@bookTicker', 'btcusdt@depth@100ms', 'btcusdt@kline_1m']
    """
    symbol = (instrument.base + instrument.currency).lower()
    names: dict[StreamKind, str] = {
        "trades": prints,
        "quotes": "bookTicker",
        "depth": "depth" + DEPTH_SPEED,
        "bars": f"kline_{timeframe}",
    }
    return [f"{symbol}@{names[kind]}" for kind in kinds]
