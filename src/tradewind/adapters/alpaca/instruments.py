"""Instruments of Alpaca: its assets with their grids, and the symbols it calls them by."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from tradewind.adapters.alpaca.account_wire import Asset
from tradewind.adapters.net.decimals import floor_units
from tradewind.model.errors import UserError
from tradewind.model.ids import split_instrument_id
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import DIGITS_MAX, digits_of

VENUE = "ALPACA"
EQUITY = "us_equity"
CRYPTO = "crypto"
CALENDAR = "XNYS"
"""When equities trade."""

PRICE_DIGITS = 4
"""Digits of equity prices: trades off the exchanges are printed with four."""
QUANTITY_DIGITS = 4
"""With more, the volume of a busy day would not fit."""
FRACTION_LOT = "0.0001"
"""The venue trades fractions down to nine digits; we order down to four."""
FRACTION_NOTIONAL_MIN = "1"


class Listing(msgspec.Struct, frozen=True):
    """An instrument with what the venue calls it; positions of crypto are called without `/`.

    `least_quantity` is what an order has at least, in units; equities have no such thing.
    """

    instrument: Instrument
    symbol: str
    asset_id: str
    is_crypto: bool
    is_tradable: bool
    least_quantity: int = 0


class Listings:
    """Listings by instrument id, symbol and asset id.

    >>> aapl = Asset(id="b0b6", kind="us_equity", symbol="AAPL", status="active", tradable=True)
    >>> listings = Listings([listing_of(aapl)])
    >>> listings.by_symbol("AAPL").instrument.id, listings.of("AAPL.ALPACA").symbol
    ('AAPL.ALPACA', 'AAPL')
    """

    def __init__(self, listings: Iterable[Listing]) -> None:
        self.all = list(listings)
        self._by_id = {each.instrument.id: each for each in self.all}
        self._by_name = {each.symbol.replace("/", ""): each for each in self.all}
        self._by_name |= {each.asset_id: each for each in self.all if each.asset_id}
        self._by_name |= {each.symbol: each for each in self.all}

    def of(self, instrument_id: str) -> Listing:
        """The listing of an instrument; `UserError` where there is none."""
        found = self._by_id.get(instrument_id)
        if found is None:
            raise UserError(f"{instrument_id} is not listed: name it when the venue is connected")
        return found

    def by_symbol(self, symbol: str) -> Listing | None:
        """The listing of a symbol of the wire."""
        return self._by_name.get(symbol)

    def by_asset(self, asset_id: str, symbol: str) -> Listing | None:
        """The listing of an asset, by its id or, where that is not known, by its symbol."""
        return self._by_name.get(asset_id) or self._by_name.get(symbol)


def symbol_of(instrument_id: str) -> str:
    """The venue's symbol of an instrument.

    >>> symbol_of("BRK.B.ALPACA"), symbol_of("BTC/USD.ALPACA")
    ('BRK.B', 'BTC/USD')
    """
    symbol, venue = split_instrument_id(instrument_id)
    if venue != VENUE:
        raise UserError(f"{instrument_id} is not of {VENUE}: write it like AAPL.{VENUE}")
    return symbol


def listing_of(asset: Asset) -> Listing:
    """The listing that an asset is.

    Equities have a tick of 0.01 and four digits of price (below $1 the venue takes four); crypto
    has its own steps, with at least four digits of price, and what is left of the ten for its
    quantity.

    >>> btc = listing_of(Asset(id="276e", kind="crypto", symbol="BTC/USD", status="active",
    ...     tradable=True, quantity_step=Decimal("0.000000001"), price_step=Decimal("0.01")))
    >>> btc.instrument.tick, btc.instrument.lot, btc.instrument.price_digits
    ('0.01', '0.000001', 4)
    """
    is_crypto = asset.kind == CRYPTO
    instrument = _crypto(asset) if is_crypto else _equity(asset)
    tradable = asset.tradable and asset.status == "active"
    # rounded up: what is less than the venue's least would be refused
    least = -floor_units(-(asset.least_quantity or Decimal(0)), instrument.quantity_digits)
    return Listing(instrument, asset.symbol, asset.id, is_crypto, tradable, least)


def _equity(asset: Asset) -> Instrument:
    return Instrument(
        f"{asset.symbol}.{VENUE}",
        tick="0.01",
        lot=FRACTION_LOT if asset.fractionable else "1",
        currency="USD",
        base=asset.symbol,
        min_notional=FRACTION_NOTIONAL_MIN if asset.fractionable else "0",
        kind="equity",
        calendar=CALENDAR,
        price_digits=PRICE_DIGITS,
        quantity_digits=QUANTITY_DIGITS,
    )


def _crypto(asset: Asset) -> Instrument:
    tick = asset.price_step or Decimal("0.01")
    step = asset.quantity_step or Decimal("0.0001")
    tick_text = _text(tick)
    price_digits = min(max(PRICE_DIGITS, digits_of(tick_text)), DIGITS_MAX)
    quantity_digits = min(max(digits_of(_text(step)), 0), DIGITS_MAX - price_digits)
    lot = max(step, Decimal(1).scaleb(-quantity_digits))
    return Instrument(
        f"{asset.symbol}.{VENUE}",
        tick=tick_text,
        lot=_text(lot),
        kind="spot",
        price_digits=price_digits,
        quantity_digits=max(quantity_digits, digits_of(_text(lot))),
    )


def _text(value: Decimal) -> str:
    return f"{value.normalize():f}"
