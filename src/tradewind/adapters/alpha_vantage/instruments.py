"""Instruments of Alpha Vantage: it tells no grids, so they are by asset class."""

from __future__ import annotations

from tradewind.model.errors import UserError
from tradewind.model.ids import split_instrument_id
from tradewind.model.instruments import FIAT, Instrument

VENUE = "ALPHAVANTAGE"


def instrument_of(instrument_id: str) -> Instrument:
    """The definition of an instrument: equities and crypto with four digits, currencies with five.

    >>> [instrument_of(f"{each}.ALPHAVANTAGE").tick for each in ("IBM", "EUR/USD", "BTC/USD")]
    ['0.01', '0.00001', '0.0001']
    """
    symbol, venue = split_instrument_id(instrument_id)
    if venue != VENUE:
        raise UserError(f"{instrument_id} is not of {VENUE}: write it like IBM.{VENUE}")
    base, slash, quote = symbol.partition("/")
    if not slash:
        return Instrument(
            instrument_id,
            tick="0.01",
            lot="0.0001",
            currency="USD",
            base=base,
            kind="equity",
            calendar="XNYS",
            price_digits=4,
        )
    if base in FIAT and quote in FIAT:
        return Instrument(instrument_id, tick="0.00001", lot="1", kind="fx", calendar="24/5")
    return Instrument(instrument_id, tick="0.0001", lot="0.000001")
