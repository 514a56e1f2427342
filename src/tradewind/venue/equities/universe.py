"""The securities of the demo market: what they are called and how their markets behave."""

from __future__ import annotations

from typing import Literal
from uuid import NAMESPACE_URL, uuid5

import msgspec

from tradewind.model.instruments import Instrument
from tradewind.sim.market_parameters import MarketParameters

Class = Literal["us_equity", "crypto", "fx"]


class Security(msgspec.Struct, frozen=True, kw_only=True):
    """One security: `tick` and `lot` bind orders, `print_lot` the sizes of public trades.

    >>> SECURITIES["AAPL"].instrument("ALPACA").quantity_digits
    6
    """

    symbol: str
    name: str
    asset_class: Class = "us_equity"
    exchange: str = "NASDAQ"
    mic: str = "XNAS"
    tick: str = "0.01"
    lot: str = "0.000001"
    print_lot: str = "1"
    price_digits: int = 4
    quantity_digits: int = 6
    is_active: bool = True
    is_shortable: bool = True
    is_fractionable: bool = True
    cik: str = ""
    character: MarketParameters = MarketParameters()

    @property
    def id(self) -> str:
        """The asset's id, the same for every venue and seed."""
        return str(uuid5(NAMESPACE_URL, f"tradewind:{self.asset_class}:{self.symbol}"))

    @property
    def is_crypto(self) -> bool:
        """True for crypto pairs."""
        return self.asset_class == "crypto"

    @property
    def is_continuous(self) -> bool:
        """True for what trades round the clock: crypto, and currencies here."""
        return self.asset_class != "us_equity"

    def instrument(self, venue: str) -> Instrument:
        """What orders are held to."""
        return self._instrument(venue, self.lot)

    def public_instrument(self, venue: str) -> Instrument:
        """What public trades and quotes are made of: the same units, larger lots."""
        return self._instrument(venue, self.print_lot)

    def _instrument(self, venue: str, lot: str) -> Instrument:
        return Instrument(
            f"{self.symbol}.{venue}",
            tick=self.tick,
            lot=lot,
            currency="USD",
            kind="spot" if self.is_continuous else "equity",
            price_digits=self.price_digits,
            quantity_digits=self.quantity_digits,
        )


def stock(symbol: str, name: str, character: MarketParameters, **more: object) -> Security:
    """A US stock of that character."""
    return Security(symbol=symbol, name=name, character=character, **more)  # type: ignore[arg-type]


def coin(symbol: str, name: str, character: MarketParameters) -> Security:
    """A crypto pair against the dollar."""
    return Security(
        symbol=symbol,
        name=name,
        asset_class="crypto",
        exchange="CRYPTO",
        mic="",
        lot="0.00000001",
        print_lot="0.0001",
        price_digits=2,
        quantity_digits=8,
        is_shortable=False,
        character=character,
    )


def character(price: float, volatility: float, *, rate: float, size: float) -> MarketParameters:
    """The character of a liquid market; rate is trades a second, size the mean trade."""
    return MarketParameters(
        start_price=price,
        annual_volatility=volatility,
        market_loading=0.5,
        trades_per_second=rate,
        mean_trade_size=size,
        spread_fraction=0.00008,
        level_gap_fraction=0.00005,
        halts_per_day=0.0,
        lost_updates_per_day=0.0,
        bad_rows_per_million=0.0,
    )


_KNOWN = (
    stock(
        "AAPL", "Apple Inc. Common Stock", character(220.0, 0.28, rate=1.0, size=80.0),
        cik="0000320193",
    ),
    stock(
        "GOOG", "Alphabet Inc. Class C", character(170.0, 0.3, rate=0.8, size=60.0),
        cik="0001652044",
    ),
    stock("MSFT", "Microsoft Corporation", character(430.0, 0.25, rate=0.8, size=50.0)),
    stock("TSLA", "Tesla, Inc.", character(250.0, 0.6, rate=1.5, size=70.0)),
    stock(
        "SPY", "SPDR S&P 500 ETF Trust", character(580.0, 0.16, rate=1.5, size=120.0),
        exchange="ARCA", mic="ARCX",
    ),
    stock(
        "PENY", "Penny Pictures Corp.", character(0.62, 0.9, rate=0.3, size=900.0),
        tick="0.0001", is_shortable=False, is_fractionable=False,
    ),
    stock(
        "GONE", "Gone Industries Inc.", character(12.0, 0.4, rate=0.05, size=100.0),
        is_active=False, is_shortable=False, is_fractionable=False,
    ),
    coin("BTC/USD", "Bitcoin / US Dollar", character(60_000.0, 0.55, rate=2.0, size=0.02)),
    coin("ETH/USD", "Ethereum / US Dollar", character(3_000.0, 0.7, rate=1.5, size=0.3)),
)  # fmt: skip

CURRENCIES = {
    "EUR/USD": Security(
        symbol="EUR/USD",
        name="Euro / US Dollar",
        asset_class="fx",
        exchange="FX",
        mic="",
        tick="0.00001",
        lot="1000",
        print_lot="1000",
        price_digits=5,
        quantity_digits=0,
        character=character(1.08, 0.08, rate=0.5, size=50_000.0),
    )
}
"""Currencies, for the venues that have them."""

SECURITIES = {security.symbol: security for security in _KNOWN}
"""By symbol. `GONE` is delisted: known, not tradable, without a market."""


def find_security(text: str) -> Security | None:
    """A security by symbol, by id, or by a crypto symbol without its slash.

    >>> [found.symbol for found in map(find_security, ["AAPL", "BTCUSD", "BTC/USD"]) if found]
    ['AAPL', 'BTC/USD', 'BTC/USD']
    """
    return SECURITIES.get(text.upper()) or _BY_OTHER_NAME.get(text)


_BY_OTHER_NAME = {
    name: security
    for security in _KNOWN
    for name in (security.id, security.symbol.replace("/", ""))
}
