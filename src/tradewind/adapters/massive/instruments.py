"""Instruments of Massive: tickers by asset class, and grids for what it tells no grid of."""

from __future__ import annotations

from decimal import Decimal

from tradewind.model.errors import UserError
from tradewind.model.ids import split_instrument_id
from tradewind.model.instruments import FIAT, Instrument
from tradewind.model.numbers import DIGITS_MAX

VENUE = "MASSIVE"

EQUITY_DIGITS = 4
"""Of prices and of quantities: off the exchanges equities are printed with four digits."""
CURRENCY_DIGITS = 5
CRYPTO_DIGITS_MIN = 4
CRYPTO_DIGITS_MAX = 8
MARKETS = {"equity": "stocks", "spot": "crypto", "fx": "forex"}
"""The WebSocket of each kind of instrument."""


def kind_of(instrument_id: str) -> str:
    """Whether an instrument is an equity, a pair of currencies, or crypto.

    >>> [kind_of(f"{each}.MASSIVE") for each in ("AAPL", "EUR/USD", "BTC/USD")]
    ['equity', 'fx', 'spot']
    """
    symbol, venue = split_instrument_id(instrument_id)
    if venue != VENUE:
        raise UserError(f"{instrument_id} is not of {VENUE}: write it like AAPL.{VENUE}")
    base, slash, quote = symbol.partition("/")
    if not slash:
        return "equity"
    return "fx" if base in FIAT and quote in FIAT else "spot"


def ticker_of(instrument_id: str) -> str:
    """The venue's ticker.

    >>> [ticker_of(f"{each}.MASSIVE") for each in ("AAPL", "EUR/USD", "BTC/USD")]
    ['AAPL', 'C:EURUSD', 'X:BTCUSD']
    """
    symbol = split_instrument_id(instrument_id)[0].replace("/", "")
    prefix = {"equity": "", "fx": "C:", "spot": "X:"}[kind_of(instrument_id)]
    return prefix + symbol


def instrument_of(instrument_id: str, last_price: Decimal) -> Instrument:
    """The definition of an instrument; crypto gets its digits by its last price.

    The venue tells no tick. Crypto has nine digits that count in all, at least four and at most
    eight of them behind the point.

    >>> btc = instrument_of("BTC/USD.MASSIVE", Decimal("67265.08"))
    >>> btc.tick, btc.lot
    ('0.0001', '0.000001')
    >>> instrument_of("EUR/USD.MASSIVE", Decimal(1)).tick
    '0.00001'
    """
    kind = kind_of(instrument_id)
    if kind == "equity":
        return Instrument(
            instrument_id,
            tick="0.01",
            lot=_step(EQUITY_DIGITS),
            currency="USD",
            base=split_instrument_id(instrument_id)[0],
            kind="equity",
            calendar="XNYS",
            price_digits=EQUITY_DIGITS,
        )
    if kind == "fx":
        return Instrument(
            instrument_id, tick=_step(CURRENCY_DIGITS), lot="1", kind="fx", calendar="24/5"
        )
    wanted = CRYPTO_DIGITS_MAX - max(last_price, Decimal("1e-8")).adjusted()
    digits = min(max(wanted, CRYPTO_DIGITS_MIN), CRYPTO_DIGITS_MAX)
    return Instrument(instrument_id, tick=_step(digits), lot=_step(DIGITS_MAX - digits))


def _step(digits: int) -> str:
    return f"{Decimal(1).scaleb(-digits):f}"
