"""Instruments of ccxt's spot markets, with their steps as exact text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradewind.model.errors import BadNumber, UserError
from tradewind.model.ids import split_instrument_id
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import DIGITS_MAX, digits_of

TICK_SIZE_MODE = 4
"""ccxt's `precisionMode` in which a precision is a step; else it counts digits."""


def symbol_of(instrument_id: str, venue: str) -> str:
    """ccxt's symbol of an instrument.

    >>> symbol_of("BTC/USD.KRAKEN", "KRAKEN")
    'BTC/USD'
    """
    symbol, named = split_instrument_id(instrument_id)
    if named != venue or "/" not in symbol:
        raise UserError(f"{instrument_id} is not of {venue}: write it like BTC/USDT.{venue}")
    return symbol


def instrument_of(market: Mapping[str, Any], venue: str, precision_mode: int) -> Instrument:
    """The instrument that a spot market is; what does not fit into ten digits is made coarser.

    {"symbol":"BTC/USDT","spot":true,"precision":{"amount":"0.00001","price":"0.01"},
     "limits":{"cost":{"min":"5"}},"active":true, ...}

    >>> market = {"symbol": "BTC/USD", "precision": {"amount": "0.00000001", "price": "0.1"}}
    >>> btc = instrument_of(market, "KRAKEN", TICK_SIZE_MODE)
    >>> btc.id, btc.tick, btc.lot
    ('BTC/USD.KRAKEN', '0.1', '0.00000001')
    """
    precision = market.get("precision") or {}
    tick = _step(precision.get("price"), precision_mode)
    lot = _step(precision.get("amount"), precision_mode)
    price_digits = min(digits_of(tick), DIGITS_MAX)
    least = Decimal(1).scaleb(price_digits - DIGITS_MAX)
    coarser = max(Decimal(lot), least)
    limits = (market.get("limits") or {}).get("cost") or {}
    return Instrument(
        f"{market['symbol']}.{venue}",
        tick=tick,
        lot=f"{coarser.normalize():f}",
        min_notional=str(limits.get("min") or "0"),
    )


def _step(precision: object, mode: int) -> str:
    if precision is None:
        raise BadNumber("the venue tells no step of price or quantity: it cannot be traded exactly")
    value = Decimal(str(precision))
    if mode != TICK_SIZE_MODE:
        value = Decimal(1).scaleb(-int(value))
    return f"{value.normalize():f}"
