"""Fees: what a fill costs, in money units of the instrument's currency."""

from __future__ import annotations

from tradewind.model.errors import UserError
from tradewind.model.numbers import divide_half_even, multiply_units, parse_units
from tradewind.model.orders import Liquidity
from tradewind.sim.listing import Listing
from tradewind.sim.rates import RATE_DIGITS, parse_rate, share_of

MAKER = int(Liquidity.MAKER)
AMOUNT_MAX = 10**15
"""Bound of an amount a share or an order costs: a million of the currency."""


def none() -> FeeModel:
    """No fee at all.

    >>> none()
    none()
    """
    return FeeModel()


def percent(rate: str) -> Percent:
    """A share of the fill's value, maker and taker alike: `percent("0.001")` is 0.1 %.

    `rate` is decimal text between -1 and 1 with at most 9 digits; a negative one is a rebate.

    >>> percent("0.001")
    percent('0.001')
    """
    return Percent(maker=rate, taker=rate)


def maker_taker(*, maker: str, taker: str) -> Percent:
    """Shares of the fill's value for adding and for taking; a negative `maker` is a rebate.

    >>> maker_taker(maker="-0.0001", taker="0.0004")
    maker_taker(maker='-0.0001', taker='0.0004')
    """
    return Percent(maker=maker, taker=taker)


def per_share(rate: str, *, minimum: str = "0", maximum_share: str = "1") -> PerShare:
    """An amount for each unit of quantity, at least `minimum` an order.

    `per_share("0.005", minimum="1")` is max(1, 0.005 x shares) of an order's whole quantity,
    however many fills it came in; `maximum_share` caps it at a share of the order's value
    (the cap wins over the minimum). This is the fixed pricing of US equities at Interactive
    Brokers, and LEAN's `InteractiveBrokersFeeModel` with maximum_share="0.005".

    >>> per_share("0.005", minimum="1")
    per_share('0.005', minimum='1', maximum_share='1')
    """
    return PerShare(rate, minimum, maximum_share)


def fixed(amount: str) -> PerShare:
    """An amount for each order that fills, charged with its first fill.

    >>> fixed("2.50")
    fixed('2.50')
    """
    return PerShare("0", amount, "")


class FeeModel:
    """Base of fee models; this one asks for nothing."""

    __slots__ = ()

    def fee(
        self, listing: Listing, price: int, quantity: int, filled_before: int, liquidity: int
    ) -> int:
        """Money units of the listing's currency for one fill, positive where we pay.

        `filled_before` is what the order had filled when this fill came.
        """
        return 0

    def __repr__(self) -> str:
        return "none()"


class Percent(FeeModel):
    """A share of the value of each fill, one rate for makers and one for takers.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.sim.listing import Listing
    >>> goog = Listing(Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD"))
    >>> percent("0.001").fee(goog, 10000, 7, 0, Liquidity.TAKER)  # 0.1 % of 700.00 is 0.70
    700000
    """

    __slots__ = ("maker", "maker_text", "taker", "taker_text")

    def __init__(self, *, maker: str, taker: str) -> None:
        self.maker_text = maker
        self.taker_text = taker
        self.maker = parse_rate(maker)
        self.taker = parse_rate(taker)

    def fee(
        self, listing: Listing, price: int, quantity: int, filled_before: int, liquidity: int
    ) -> int:
        """The rate of the liquidity times the fill's value, half-even."""
        rate = self.maker if liquidity == MAKER else self.taker
        return share_of(listing.notional(price, quantity), rate)

    def __repr__(self) -> str:
        if self.maker == self.taker:
            return f"percent({self.taker_text!r})"
        return f"maker_taker(maker={self.maker_text!r}, taker={self.taker_text!r})"


class PerShare(FeeModel):
    """An amount a unit of quantity with a minimum and a maximum an order.

    A fill pays what the order's total fee grows by, so that the parts of an order cost what
    the whole would.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.sim.listing import Listing
    >>> spy = Listing(Instrument("SPY.SIM", tick="0.01", lot="1", currency="USD"))
    >>> model = per_share("0.005", minimum="1")
    >>> model.fee(spy, 10000, 150, 0, Liquidity.TAKER)  # 0.75 is below the minimum
    1000000
    >>> model.fee(spy, 10000, 547, 150, Liquidity.TAKER)  # together 697 x 0.005 = 3.485
    2485000
    """

    __slots__ = (
        "amount",
        "amount_text",
        "is_capped",
        "maximum",
        "maximum_text",
        "minimum",
        "minimum_text",
    )

    def __init__(self, amount: str, minimum: str, maximum_share: str) -> None:
        self.amount_text = amount
        self.minimum_text = minimum
        self.maximum_text = maximum_share
        self.amount = parse_amount(amount)
        self.minimum = parse_amount(minimum)
        self.maximum = parse_rate(maximum_share or "1")
        self.is_capped = 1 if maximum_share not in ("", "1") else 0

    def fee(
        self, listing: Listing, price: int, quantity: int, filled_before: int, liquidity: int
    ) -> int:
        """The order's total fee with this fill, less its total before it."""
        charged = self.total(listing, price, filled_before)
        return self.total(listing, price, filled_before + quantity) - charged

    def total(self, listing: Listing, price: int, quantity: int) -> int:
        """The fee of an order that filled this quantity; the maximum takes this fill's price."""
        if quantity == 0:
            return 0
        total = max(
            multiply_units(self.amount, quantity, 1, listing.unit_divisor),
            divide_half_even(self.minimum, listing.amount_divisor),
        )
        if not self.is_capped:
            return total
        return min(total, share_of(listing.notional(price, quantity), self.maximum))

    def __repr__(self) -> str:
        if not self.maximum_text:
            return f"fixed({self.minimum_text!r})"
        return (
            f"per_share({self.amount_text!r}, minimum={self.minimum_text!r}, "
            f"maximum_share={self.maximum_text!r})"
        )


def parse_amount(text: str) -> int:
    """An amount of money in 10^-9; `UserError` below 0 or beyond a million.

    >>> parse_amount("0.005")
    5000000
    """
    amount = parse_units(text, RATE_DIGITS)
    if not 0 <= amount <= AMOUNT_MAX:
        raise UserError(f"a fee of {text} is refused: use 0 to 1000000")
    return amount
