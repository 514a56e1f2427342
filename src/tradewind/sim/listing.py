"""What the venue knows of one instrument: its terms and the state of its market."""

from __future__ import annotations

from tradewind.model.instruments import Instrument
from tradewind.model.numbers import MONEY_MAX, UNITS_MAX, format_plain, multiply_units
from tradewind.model.orders import OrderType
from tradewind.model.sessions import sessions_of
from tradewind.sim.rates import RATE_DIGITS

# C integers when compiled (listing.pxd)
MARKET = int(OrderType.MARKET)
LIMIT = int(OrderType.LIMIT)
STOP = int(OrderType.STOP)
STOP_LIMIT = int(OrderType.STOP_LIMIT)
_MONEY_MAX = MONEY_MAX
_UNITS_MAX = UNITS_MAX


class Listing:
    """Terms of an instrument in integers, and its last prices; 0 where none is known.

    >>> listing = Listing(Instrument("GOOG.SIM", tick="0.05", lot="1", currency="USD"))
    >>> listing.refusal(1, 10, OrderType.LIMIT, 10003, 0)
    'limit price 100.03 is not a multiple of the tick 0.05'
    >>> listing.notional(10005, 10)  # 10 at 100.05 in units of 10^-6
    1000500000
    """

    __slots__ = (
        "amount_divisor",
        "ask",
        "ask_size",
        "bid",
        "bid_size",
        "currency",
        "halted",
        "instrument",
        "last",
        "lot",
        "min_notional",
        "money_digits",
        "money_divisor",
        "money_factor",
        "price_digits",
        "quantity_digits",
        "sessions",
        "tick",
        "unit_divisor",
        "volume",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.halted = ""
        self.bid = self.bid_size = self.ask = self.ask_size = 0
        self.last = 0
        self.volume = 0
        self.set_terms(instrument)

    def set_terms(self, instrument: Instrument) -> None:
        """Take the terms of an instrument, or of its new version; prices stay as they are."""
        self.instrument = instrument
        self.currency = instrument.currency
        self.tick = instrument.tick_units
        self.lot = instrument.lot_units
        self.min_notional = instrument.min_notional_money
        self.money_digits = instrument.money_digits
        self.money_factor = instrument.money_factor
        self.money_divisor = instrument.money_divisor
        self.price_digits = instrument.price_digits
        self.quantity_digits = instrument.quantity_digits
        # From amounts of 10^-9, for each order and for each unit of quantity, to money units.
        self.amount_divisor = int(10 ** (RATE_DIGITS - self.money_digits))
        self.unit_divisor = self.amount_divisor * int(10**self.quantity_digits)
        self.sessions = sessions_of(instrument.calendar)

    def notional(self, price: int, quantity: int) -> int:
        """Value of a quantity at a price in money units of the currency."""
        return multiply_units(price, quantity, self.money_factor, self.money_divisor)

    def reference(self, side: int) -> int:
        """The price a taker of this side would see: the opposite quote, else the last price."""
        quoted = self.ask if side > 0 else self.bid
        return quoted if quoted > 0 else self.last

    def refusal(
        self, side: int, quantity: int, order_type: int, limit_price: int, stop_price: int
    ) -> str:
        """Why the venue refuses an order with these terms; empty where it does not."""
        if self.halted:
            return self.halted
        if side not in (1, -1) or not 1 <= order_type <= 4:
            return f"side {side} and type {order_type} are not known here"
        reason = self.quantity_refusal(quantity)
        if order_type == MARKET:
            return reason or self.notional_refusal(quantity, self.reference(side))
        needs_limit = order_type in (LIMIT, STOP_LIMIT)
        needs_stop = order_type in (STOP, STOP_LIMIT)
        return (
            reason
            or (needs_limit and self.price_refusal("limit price", limit_price))
            or (needs_stop and self.price_refusal("stop price", stop_price))
            or self.notional_refusal(quantity, limit_price or stop_price or self.reference(side))
        )

    def quantity_refusal(self, quantity: int) -> str:
        """Why a quantity is refused, or an empty text."""
        if not 0 < quantity <= _UNITS_MAX:
            return f"quantity {quantity} is not between 1 and {UNITS_MAX} units"
        if quantity % self.lot:
            text = format_plain(quantity, self.quantity_digits)
            return f"quantity {text} is not a multiple of the lot {self.instrument.lot}"
        return ""

    def price_refusal(self, name: str, price: int) -> str:
        """Why a price is refused, or an empty text."""
        if not 0 < price <= _UNITS_MAX:
            return f"{name} {price} is not between 1 and {UNITS_MAX} units"
        if price % self.tick:
            text = format_plain(price, self.price_digits)
            return f"{name} {text} is not a multiple of the tick {self.instrument.tick}"
        return ""

    def notional_refusal(self, quantity: int, price: int) -> str:
        """Why a value is refused, or an empty text; a price of 0 (none known) is not judged."""
        if price > _MONEY_MAX // self.money_factor // quantity:
            return "the order's value is beyond 64 bits of money"
        if price > 0 and self.notional(price, quantity) < self.min_notional:
            return f"the order's value is below the minimum of {self.instrument.min_notional}"
        return ""
