"""What is traded: an instrument with its grid, currencies and the factors its money needs."""

from __future__ import annotations

from typing import Literal

import msgspec

from tradewind.model.errors import UserError
from tradewind.model.ids import split_instrument_id
from tradewind.model.numbers import DIGITS_MAX, digits_of, money_of, parse_units

FIAT_DIGITS = 6
CRYPTO_DIGITS = 8
FIAT = frozenset(
    [
        "AED",
        "ARS",
        "AUD",
        "BGN",
        "BRL",
        "CAD",
        "CHF",
        "CLP",
        "CNH",
        "CNY",
        "COP",
        "CZK",
        "DKK",
        "EGP",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "JPY",
        "KRW",
        "KZT",
        "MXN",
        "MYR",
        "NGN",
        "NOK",
        "NZD",
        "PEN",
        "PHP",
        "PKR",
        "PLN",
        "RON",
        "RUB",
        "SAR",
        "SEK",
        "SGD",
        "THB",
        "TRY",
        "TWD",
        "UAH",
        "USD",
        "VND",
        "ZAR",
    ]
)

Kind = Literal["spot", "equity", "perpetual", "fx"]


def currency_digits(currency: str) -> int:
    """Digits money of a currency is kept with: 6 for fiat, 8 for all else.

    >>> currency_digits("USD"), currency_digits("USDT")
    (6, 8)
    """
    return FIAT_DIGITS if currency in FIAT else CRYPTO_DIGITS


class Instrument(msgspec.Struct, frozen=True, omit_defaults=True):
    """One version of an instrument at a venue.

    `tick` and `lot` are decimal text; prices and quantities are integers of `price_digits` and
    `quantity_digits`, which default to the digits of tick and lot and are together at most 10.
    `multiplier` is what one unit of quantity at price 1 costs in `currency`. `stress_move` is
    the share of price that stands for the distance to a stop where an order has none.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> goog.price_digits, goog.quantity_digits, goog.symbol, goog.venue
    (2, 0, 'GOOG', 'SIM')
    >>> btc = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
    >>> btc.base, btc.currency, btc.quantity_digits
    ('BTC', 'USDT', 5)
    """

    id: str
    tick: str = "0.01"
    lot: str = "1"
    currency: str = ""
    base: str = ""
    min_notional: str = "0"
    multiplier: int = 1
    kind: Kind = "spot"
    calendar: str = "24/7"
    version: int = 1
    price_digits: int = -1
    quantity_digits: int = -1
    stress_move: str = "0.2"

    def __post_init__(self) -> None:
        symbol, _venue = split_instrument_id(self.id)
        if "/" in symbol:
            base, quote = symbol.split("/")
            self._settle("base", self.base or base)
            self._settle("currency", self.currency or quote)
        if not self.currency:
            raise UserError(f"{self.id} needs a currency: Instrument({self.id!r}, currency=...)")
        self._settle_digits()

    def _settle_digits(self) -> None:
        if self.price_digits < 0:
            self._settle("price_digits", digits_of(self.tick))
        if self.quantity_digits < 0:
            self._settle("quantity_digits", digits_of(self.lot))
        if self.price_digits + self.quantity_digits > DIGITS_MAX:
            raise UserError(
                f"{self.id} has {self.price_digits} + {self.quantity_digits} digits of price and "
                f"quantity: together they may be at most {DIGITS_MAX}"
            )
        if self.tick_units <= 0 or self.lot_units <= 0 or self.multiplier <= 0:
            raise UserError(f"{self.id}: tick, lot and multiplier must be greater than zero")

    def _settle(self, name: str, value: object) -> None:
        msgspec.structs.force_setattr(self, name, value)

    @property
    def symbol(self) -> str:
        """The name without the venue: `BTC/USDT`."""
        return split_instrument_id(self.id)[0]

    @property
    def venue(self) -> str:
        """The venue it trades at: `BINANCE`."""
        return split_instrument_id(self.id)[1]

    @property
    def tick_units(self) -> int:
        """The smallest price step in units of `price_digits`."""
        return parse_units(self.tick, self.price_digits)

    @property
    def lot_units(self) -> int:
        """The smallest quantity step in units of `quantity_digits`."""
        return parse_units(self.lot, self.quantity_digits)

    @property
    def money_digits(self) -> int:
        """Digits of money in the instrument's currency."""
        return currency_digits(self.currency)

    @property
    def min_notional_money(self) -> int:
        """The smallest notional of an order in money units of the currency."""
        return money_of(self.min_notional, self.money_digits)

    @property
    def money_factor(self) -> int:
        """Factor of `multiply_units` from price times quantity to money units."""
        shift = self.money_digits - self.price_digits - self.quantity_digits
        return self.multiplier * int(10 ** max(0, shift))

    @property
    def money_divisor(self) -> int:
        """Divisor of `multiply_units` from price times quantity to money units."""
        shift = self.price_digits + self.quantity_digits - self.money_digits
        return int(10 ** max(0, shift))
