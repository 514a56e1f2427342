"""Slippage: how much worse than the market's price a taker's fill is."""

from __future__ import annotations

import math

from tradewind.model.errors import UserError
from tradewind.sim.listing import Listing
from tradewind.sim.rates import parse_rate, share_above

TICKS_MAX = 1000
COEFFICIENT_MAX = 100.0


def none() -> SlippageModel:
    """Takers fill at the market's price.

    >>> none()
    none()
    """
    return SlippageModel()


def ticks(count: int) -> Ticks:
    """Takers fill a number of ticks worse.

    >>> ticks(2)
    ticks(2)
    """
    return Ticks(count)


def share(rate: str) -> Share:
    """Takers fill worse by a share of the price, rounded up to a whole tick.

    >>> share("0.0005")
    share('0.0005')
    """
    return Share(rate)


def square_root(coefficient: str) -> SquareRoot:
    """Takers fill worse by coefficient x sqrt(quantity / volume) of the price.

    The square-root law of market impact; `coefficient` is Y x sigma with Y near 1 and sigma the
    volatility over the time of the volume, for instance "0.02" a day. Source: Tóth et al.,
    "Anomalous price impact and the critical nature of liquidity in financial markets",
    Physical Review X 1, 021006 (2011), equation 1. The volume is that of the last bar; before
    the first, and with data that has no bars, nothing is added.

    >>> square_root("0.02")
    square_root('0.02')
    """
    return SquareRoot(coefficient)


def spread(multiple: str) -> Spread:
    """Takers fill worse by a multiple of the quoted spread, rounded up to a whole tick.

    Nothing is added while one side of the market is absent, as with bars and trades only.

    >>> spread("0.5")
    spread('0.5')
    """
    return Spread(multiple)


class SlippageModel:
    """Base of slippage models; this one leaves prices as they are."""

    __slots__ = ()

    def price(self, listing: Listing, side: int, price: int, quantity: int) -> int:
        """The price of a taker's fill: never better than `price`, never below one tick."""
        return price

    def reads_volume(self) -> int:
        """1 where the price depends on the last bar's volume, so that no bar may be skipped."""
        return 0

    def __repr__(self) -> str:
        return "none()"


class Ticks(SlippageModel):
    """A number of ticks.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.sim.listing import Listing
    >>> goog = Listing(Instrument("GOOG.SIM", tick="0.05", lot="1", currency="USD"))
    >>> ticks(2).price(goog, 1, 10000, 7), ticks(2).price(goog, -1, 10000, 7)
    (10010, 9990)
    """

    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        if not 0 <= count <= TICKS_MAX:
            raise UserError(f"slippage of {count} ticks is refused: use 0 to {TICKS_MAX}")
        self.count = count

    def price(self, listing: Listing, side: int, price: int, quantity: int) -> int:
        """`count` ticks worse."""
        return worsened(listing.tick, side, price, self.count * listing.tick)

    def __repr__(self) -> str:
        return f"ticks({self.count})"


class Share(SlippageModel):
    """A share of the price.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.sim.listing import Listing
    >>> goog = Listing(Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD"))
    >>> share("0.0005").price(goog, 1, 12345, 7)  # 6.17 ticks are 7
    12352
    """

    __slots__ = ("rate", "rate_text")

    def __init__(self, rate: str) -> None:
        self.rate_text = rate
        self.rate = parse_slip(rate)

    def price(self, listing: Listing, side: int, price: int, quantity: int) -> int:
        """The rate times the price worse."""
        return worsened(listing.tick, side, price, share_above(price, self.rate))

    def __repr__(self) -> str:
        return f"share({self.rate_text!r})"


class SquareRoot(SlippageModel):
    """Impact by the square root of the quantity's share of the volume.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.sim.listing import Listing
    >>> goog = Listing(Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD"))
    >>> goog.volume = 40_000
    >>> square_root("0.02").price(goog, 1, 10000, 400)  # 2 % of a tenth: 0.2 %
    10020
    """

    __slots__ = ("coefficient", "coefficient_text")

    def __init__(self, coefficient: str) -> None:
        self.coefficient_text = coefficient
        self.coefficient = float(coefficient)
        if not 0 <= self.coefficient <= COEFFICIENT_MAX:
            raise UserError(f"an impact of {coefficient} is refused: use 0 to 100, as '0.02'")

    def price(self, listing: Listing, side: int, price: int, quantity: int) -> int:
        """The impact worse, at most the whole price."""
        if listing.volume <= 0:
            return price
        # Square root, quotient and product are rounded the same on every machine (IEEE 754).
        impact = self.coefficient * math.sqrt(quantity / listing.volume)
        return worsened(listing.tick, side, price, math.ceil(price * min(impact, 1.0)))

    def reads_volume(self) -> int:
        """1: the impact is that of the volume."""
        return 1

    def __repr__(self) -> str:
        return f"square_root({self.coefficient_text!r})"


class Spread(SlippageModel):
    """A multiple of the quoted spread.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.sim.listing import Listing
    >>> goog = Listing(Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD"))
    >>> goog.bid, goog.ask = 9998, 10003
    >>> spread("0.5").price(goog, 1, 10003, 7)  # 2.5 ticks are 3
    10006
    """

    __slots__ = ("rate", "rate_text")

    def __init__(self, multiple: str) -> None:
        self.rate_text = multiple
        self.rate = parse_slip(multiple)

    def price(self, listing: Listing, side: int, price: int, quantity: int) -> int:
        """The multiple of the spread worse."""
        if listing.bid <= 0 or listing.ask <= listing.bid:
            return price
        slip = share_above(listing.ask - listing.bid, self.rate)
        return worsened(listing.tick, side, price, slip)

    def __repr__(self) -> str:
        return f"spread({self.rate_text!r})"


def worsened(tick: int, side: int, price: int, slip: int) -> int:
    """A price moved against a side by at least `slip`, in whole ticks.

    It moves no further than to twice the price, or down to one tick.

    >>> worsened(5, 1, 102, 6), worsened(5, -1, 102, 6), worsened(5, -1, 8, 6)
    (112, 92, 5)
    """
    steps = -(-min(slip, price) // tick)
    moved = price + side * steps * tick
    return moved if moved >= tick else min(tick, price)


def parse_slip(text: str) -> int:
    """A rate of slippage in 10^-9; `UserError` beyond 1 or below 0.

    >>> parse_slip("0.0005")
    500000
    """
    rate = parse_rate(text)
    if rate < 0:
        raise UserError(f"slippage of {text} is refused: it can only make prices worse")
    return rate
