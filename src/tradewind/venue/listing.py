"""An instrument as the local venue lists it: symbol, assets, grid and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tradewind.model.instruments import Instrument
from tradewind.sim.market_parameters import MarketParameters


@dataclass(frozen=True, slots=True)
class Listing:
    """One line of the venue's list. Sizes are in the base asset, money in the quote asset.

    `halted` lists refuse new orders. `parameters` is the character of the generated market.

    >>> btc = Listing("BTCUSDT", "BTC", "USDT", tick=Decimal("0.01"), lot=Decimal("0.00001"))
    >>> btc.instrument("BINANCE").id, btc.on_grid(Decimal("1.005"), btc.tick)
    ('BTC/USDT.BINANCE', False)
    """

    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    minimum_quantity: Decimal = Decimal(0)
    maximum_quantity: Decimal = Decimal(9000)
    minimum_notional: Decimal = Decimal(0)
    parameters: MarketParameters = field(default_factory=MarketParameters)
    kind: str = "spot"

    def instrument(self, venue: str) -> Instrument:
        """The instrument that the market generator makes rows of."""
        name = self.base if self.kind == "equity" else f"{self.base}/{self.quote}"
        return Instrument(
            f"{name}.{venue}",
            tick=format(self.tick, "f"),
            lot=format(self.lot, "f"),
            currency=self.quote,
            base=self.base,
        )

    @staticmethod
    def on_grid(number: Decimal, step: Decimal) -> bool:
        """True where a number is a multiple of the step; a step of 0 allows all."""
        return step == 0 or number % step == 0
