"""What a scope (firm, account, strategy) has at stake in an instrument, open orders included."""

from __future__ import annotations

from typing import Any

from tradewind.core.bounds import Bounds
from tradewind.core.flow import Flow, flow_of
from tradewind.core.ledger import Wallet
from tradewind.core.market import Market
from tradewind.model.errors import BadNumber
from tradewind.model.instruments import currency_digits
from tradewind.model.limits import Limits
from tradewind.model.numbers import MONEY_MAX, magnitude, multiply_units

RATE_DIGITS = 9
_SECOND_NS = 1_000_000_000
VALUE_MAX = MONEY_MAX // 8
"""What a position is worth at most: a price at which it would be worth more counts as that one."""

# C integers when compiled (exposure.pxd)
_VALUE_MAX = VALUE_MAX
_VALUES_MAX = 4 * VALUE_MAX
_SURELY_LARGE = float(VALUE_MAX // 2)
_EXACT = float(9 * 10**18)  # below 2^63 by far more than a float errs
RECENT_ORDERS_MAX = 10_000
"""Orders a scope remembers for its duplicate check."""


class Holding:
    """Signed position and open quantities of one scope in one instrument.

    `rate` converts money of the instrument's currency into the scope's: x 10^-`rate_divisor`'s
    digits; 0 where no rate is known. `wallet` (accounts only) carries the value at the mark.

    `position`, `open_buy` and `open_sell` have all orders in them; of those on the legs of hedging
    accounts `long` and `short` (not negative) are the legs' own positions, `long_open` and
    `short_open` what may open more of them, `long_closing` and `short_closing` what closes them.
    """

    __slots__ = (
        "bounds",
        "long",
        "long_closing",
        "long_open",
        "market",
        "open_buy",
        "open_sell",
        "position",
        "rate",
        "rate_divisor",
        "short",
        "short_closing",
        "short_open",
        "value",
        "wallet",
    )

    def __init__(self, market: Market, bounds: Bounds, wallet: Wallet | None) -> None:
        self.market = market
        self.bounds = bounds
        self.wallet = wallet
        self.position = 0
        self.open_buy = 0
        self.open_sell = 0
        self.long = self.long_open = self.long_closing = 0
        self.short = self.short_open = self.short_closing = 0
        self.value = 0
        self.rate = 1
        self.rate_divisor = 1

    def resulting(self, side: int, quantity: int) -> int:
        """The position if everything open on the side and the quantity were filled."""
        if side > 0:
            return self.position + self.open_buy + quantity
        return self.position - self.open_sell - quantity

    def worst(self) -> int:
        """The largest size that open orders can lead to: both legs, and what is netted."""
        buy = self.open_buy - self.long_open - self.short_closing
        sell = self.open_sell - self.short_open - self.long_closing
        netted = self.position - self.long + self.short
        size = max(magnitude(netted + buy), magnitude(netted - sell))
        return size + self.long + self.long_open + self.short + self.short_open

    def size_with(self, side: int, quantity: int, leg: int) -> int:
        """The size with everything open on the side, and an order on it, filled."""
        if leg != 0:
            return self.worst() + (quantity if side == leg else -quantity)
        legs = self.long + self.long_open + self.short + self.short_open
        if side > 0:
            open_ = self.open_buy - self.long_open - self.short_closing
        else:
            open_ = self.open_sell - self.short_open - self.long_closing
        netted = self.position - self.long + self.short
        return magnitude(netted + side * (open_ + quantity)) + legs

    def leg_position(self, leg: int) -> int:
        """The signed position of a leg."""
        return self.long if leg > 0 else -self.short

    def leg_resulting(self, leg: int, quantity: int) -> int:
        """The signed position of a leg with all that opens more of it filled."""
        if leg > 0:
            return self.long + self.long_open + quantity
        return -(self.short + self.short_open + quantity)

    def fill(self, signed: int, leg: int) -> None:
        """Post a signed quantity to the position and the leg it is of."""
        self.position += signed
        if leg > 0:
            self.long += signed
        elif leg < 0:
            self.short -= signed

    def reserve(self, side: int, quantity: int, leg: int) -> None:
        """Count an open quantity (or, negative, count it no more)."""
        if side > 0:
            self.open_buy += quantity
        else:
            self.open_sell += quantity
        if leg != 0:
            self.reserve_leg(side, quantity, leg)

    def reserve_leg(self, side: int, quantity: int, leg: int) -> None:
        """Count an open quantity of a leg."""
        if leg > 0 and side > 0:
            self.long_open += quantity
        elif leg > 0:
            self.long_closing += quantity
        elif side < 0:
            self.short_open += quantity
        else:
            self.short_closing += quantity

    def money(self, price: int, quantity: int) -> int:
        """Notional of a quantity at a price in the scope's currency; signed."""
        market = self.market
        factor = market.money_factor
        # what `multiply_units` does for nearly all: a check asks seven times, and a call is dear
        share = price * (quantity * (factor / _EXACT))
        if market.money_divisor == 1 and -1 < share < 1:
            notional = price * quantity * factor
        else:
            notional = multiply_units(price, quantity, factor, market.money_divisor)
        if self.rate == 1 and self.rate_divisor == 1:
            return notional
        return convert(notional, self.rate, self.rate_divisor)

    def revalue(self) -> None:
        """Carry the position, valued by the market's marking, into the account's wallet.

        A price may be absurd, and must not stop a run: a position is worth at most `VALUE_MAX`,
        all of a wallet at most four times as much, long or short.
        """
        wallet = self.wallet
        if wallet is None:
            return
        others = wallet.value - self.value
        market = self.market
        if market.marking == 0:
            value = self.value_of(market.mark, self.position)
        else:
            value = self.marked_value()
        if magnitude(others + value) > _VALUES_MAX:
            value = (_VALUES_MAX if value > 0 else -_VALUES_MAX) - others
        wallet.value = others + value
        self.value = value

    def marked_value(self) -> int:
        """Money of the position at the market's marking; each leg at the price of its own side."""
        market = self.market
        legs = self.long - self.short
        value = self.value_of(market.valued_at(self.position - legs), self.position - legs)
        if self.long:
            value += self.value_of(market.valued_at(self.long), self.long)
        if self.short:
            value += self.value_of(market.valued_at(-self.short), -self.short)
        return value

    def value_at(self, price: int) -> int:
        """Money of the position at a price in the instrument's currency, at most `VALUE_MAX`."""
        return self.value_of(price, self.position)

    def value_of(self, price: int, quantity: int) -> int:
        """Money of a signed quantity at a price, at most `VALUE_MAX`."""
        market = self.market
        # nearly all values are surely small, and a float says so sooner than two divisions
        share = price * (quantity * (market.money_factor / _SURELY_LARGE))
        if share >= 1 or share <= -1:
            size = magnitude(quantity)
            if price > _VALUE_MAX // market.money_factor // size:
                return _VALUE_MAX if quantity > 0 else -_VALUE_MAX
        elif market.money_divisor == 1:
            return price * quantity * market.money_factor
        return multiply_units(price, quantity, market.money_factor, market.money_divisor)

    def snapshot(self) -> list[int]:
        """Position, open quantities, value, legs."""
        legs = [self.long, self.long_open, self.long_closing]
        legs += [self.short, self.short_open, self.short_closing]
        return [self.position, self.open_buy, self.open_sell, self.value, *legs]

    def restore(self, state: list[int]) -> None:
        """Take back what `snapshot` gave."""
        self.position, self.open_buy, self.open_sell, self.value = state[:4]
        self.long, self.long_open, self.long_closing = state[4:7]
        self.short, self.short_open, self.short_closing = state[7:]


class Scope:
    """A set of limits with what they are measured on: the firm, an account, or a strategy."""

    __slots__ = (
        "currency",
        "flow",
        "halt_reason",
        "holdings",
        "is_halted",
        "is_limited",
        "is_watching_duplicates",
        "limits",
        "name",
        "open_orders",
        "orders_in_second",
        "recent",
        "second",
    )

    def __init__(self, name: str, currency: str) -> None:
        self.name = name
        self.currency = currency
        self.limits = Limits()
        self.flow: Flow | None = None
        self.is_limited = False
        self.is_watching_duplicates = False
        self.is_halted = False
        self.halt_reason = ""
        self.holdings: list[Holding | None] = []
        self.open_orders = 0
        self.second = 0
        self.orders_in_second = 0
        self.recent: dict[tuple[int, int, int, int, int], int] = {}

    def set_limits(self, limits: Limits) -> None:
        """Take new limits for the next order on; what is counted stays counted."""
        self.limits = limits
        self.is_limited = limits != Limits()
        self.is_watching_duplicates = limits.duplicate_ns is not None
        self.flow = flow_of(limits, self.flow)
        self.set_bounds()

    def set_bounds(self) -> None:
        """Work out the bounds again: the limits or an instrument changed."""
        for holding in self.holdings:
            if holding is not None:
                holding.bounds = Bounds(self.limits, holding.market.instrument, self.currency)

    def holding(self, market: Market, wallet: Wallet | None) -> Holding:
        """The holding of an instrument, made on first use."""
        while len(self.holdings) <= market.index:
            self.holdings.append(None)
        holding = self.holdings[market.index]
        if holding is None:
            bounds = Bounds(self.limits, market.instrument, self.currency)
            holding = Holding(market, bounds, wallet)
            self.holdings[market.index] = holding
            if wallet is not None:
                market.holders.append(holding)
        return holding

    def remember(self, order: tuple[int, int, int, int, int], time_ns: int) -> None:
        """Note an order for the duplicate check; at the bound the oldest is forgotten."""
        recent = self.recent
        recent.pop(order, None)
        recent[order] = time_ns
        if len(recent) > RECENT_ORDERS_MAX:
            del recent[next(iter(recent))]

    def count_message(self, time_ns: int) -> int:
        """Count one message and tell how many the running second has."""
        second = time_ns // _SECOND_NS
        if second != self.second:
            self.second = second
            self.orders_in_second = 0
        self.orders_in_second += 1
        if self.flow is not None:
            self.flow.count_message(time_ns)
        return self.orders_in_second

    def messages(self, time_ns: int) -> int:
        """How many messages the second of a time has so far."""
        return self.orders_in_second if time_ns // _SECOND_NS == self.second else 0

    def gross(self) -> int:
        """Sum of worst-case notionals at the marks, in the scope's currency."""
        total = 0
        for holding in self.holdings:
            if holding is not None:
                money = magnitude(holding.money(holding.market.mark, holding.worst()))
                total = money if total == 0 else bounded_sum(total, money)
        return total

    def net(self, side: int) -> int:
        """Signed sum of notionals at the marks if all that is open on a side were filled."""
        total = 0
        for holding in self.holdings:
            if holding is not None:
                money = holding.money(holding.market.mark, holding.resulting(side, 0))
                total = money if total == 0 else bounded_sum(total, money)
        return total

    def snapshot(self) -> list[object]:
        """Limits, halt, counters and holdings."""
        holdings = [None if h is None else h.snapshot() for h in self.holdings]
        recent = [[list(key), time_ns] for key, time_ns in self.recent.items()]
        return [
            self.name,
            self.currency,
            self.limits,
            self.is_halted,
            self.halt_reason,
            self.open_orders,
            self.second,
            self.orders_in_second,
            recent,
            holdings,
            None if self.flow is None else self.flow.snapshot(),
        ]

    def restore(self, state: list[Any]) -> None:
        """Take back all but holdings, which need their markets."""
        self.is_halted, self.halt_reason, self.open_orders = bool(state[3]), state[4], state[5]
        self.second, self.orders_in_second = state[6], state[7]
        if self.flow is not None and state[10] is not None:
            self.flow.restore(state[10])
        self.recent = {
            (key[0], key[1], key[2], key[3], key[4]): time_ns for key, time_ns in state[8]
        }


def convert(amount: int, rate: int, divisor: int) -> int:
    """amount x rate / divisor, half-even, through wider integers than 64 bits.

    >>> convert(1_000_000, 1_100_000_000, 10**9)  # 1 EUR at 1.1 USD
    1100000
    >>> convert(5, 11, 10), convert(15, 1, 10), convert(25, 1, 10)  # ties go to the even one
    (6, 2, 2)
    """
    converted = convert_wide(amount, rate, divisor)
    if abs(converted) > MONEY_MAX:
        raise BadNumber(f"{amount} at a rate of {rate} / {divisor} is beyond 64 bits")
    return converted


def convert_wide(amount: int, rate: int, divisor: int) -> int:
    """`convert` of any size: an integer that may need more than 64 bits."""
    wide: Any = amount
    product: Any = wide * rate
    converted, rest = divmod(product, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and converted % 2):
        converted += 1
    return int(converted)


def bounded_sum(total: int, amount: int) -> int:
    """total + amount; refused with `BadNumber` before it leaves 64 bits.

    >>> bounded_sum(-5, 7)
    2
    """
    if magnitude(amount) > MONEY_MAX - magnitude(total):
        raise BadNumber(f"{total} and {amount} together are beyond 64 bits")
    return total + amount


def rate_factors(rate: int, currency: str, into: str) -> tuple[int, int]:
    """Rate and divisor of `convert` for a rate of 10^-9 between currencies of other digits.

    >>> rate_factors(10**9, "USDT", "USD")  # 8 digits into 6
    (1000000000, 100000000000)
    """
    shift = currency_digits(into) - currency_digits(currency)
    return rate * int(10 ** max(0, shift)), int(10 ** (RATE_DIGITS + max(0, -shift)))
