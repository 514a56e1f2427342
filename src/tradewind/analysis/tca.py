"""Transaction-cost analysis: what executing an order cost, and against what.

The arrival price is the middle of the market when the order was decided. With side s (+1 bought,
-1 sold), fills q at p, and the middle m at each fill:

- slippage = sum of s q (p - arrival), and with what was not filled valued at the last middle
  (opportunity cost) and the fees it is the implementation shortfall (Perold, "The implementation
  shortfall: paper versus reality", Journal of Portfolio Management 14, 1988);
- spread paid = sum of s q (p - m), half of the effective spread of SEC Rule 605 (17 CFR
  242.600(b)); timing = sum of s q (m - arrival): the two are the slippage;
- against the interval VWAP: s q (average - VWAP), of what traded from the decision to the last fill
  (Berkowitz, Logue and Noser, "The total cost of transactions on the NYSE", Journal of Finance 43,
  1988).

A cost is above zero. Shares are basis points of the arrival value of what was filled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec

from tradewind.analysis.market_path import MarketPath
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.numbers import format_units

BASIS_POINTS = 10_000
RATIO_DIGITS = 4
PRICE_DIGITS_MORE = 4
PERCENTILES = (50, 95, 99)
LATENCIES = (
    "tick_to_decision_ns",
    "decision_to_send_ns",
    "tick_to_send_ns",
    "send_to_ack_ns",
    "ack_to_fill_ns",
    "send_to_fill_ns",
)


class FillOf(msgspec.Struct, frozen=True):
    """One execution, in units; the fee is in money units of its currency."""

    time_ns: int
    price: int
    quantity: int
    fee: int
    fee_currency: str


class OrderStory(msgspec.Struct):
    """What became of an order, in units and in time; times are 0 where they are not known."""

    order_id: str
    strategy: str
    account: str
    instrument: Instrument
    side: int
    quantity: int
    intended_ns: int
    tick_ns: int = 0
    sent_ns: int = 0
    acked_ns: int = 0
    ended_ns: int = 0
    fills: list[FillOf] = []


class OrderCost(msgspec.Struct, frozen=True):
    """The costs of one order as decimal text; "" where they are not known.

    Money is in the instrument's currency (`fees` too: those in others are in `other_fees`),
    `*_bps` in basis points, times in nanoseconds.
    """

    order_id: str
    strategy: str
    account: str
    instrument: str
    currency: str
    side: str
    quantity: str
    filled_quantity: str
    arrival_price: str
    average_price: str
    interval_vwap: str
    notional: str
    slippage: str
    slippage_bps: str
    spread_paid: str
    timing: str
    opportunity: str
    fees: str
    shortfall: str
    shortfall_bps: str
    vwap_slippage: str
    vwap_slippage_bps: str
    other_fees: dict[str, str]
    tick_to_decision_ns: int | None
    decision_to_send_ns: int | None
    tick_to_send_ns: int | None
    send_to_ack_ns: int | None
    ack_to_fill_ns: int | None
    send_to_fill_ns: int | None


class CostTotal(msgspec.Struct, frozen=True):
    """Costs of all orders in one currency; shares are of the arrival value of all of them."""

    currency: str
    orders: int
    filled_orders: int
    notional: str
    slippage: str
    slippage_bps: str
    spread_paid: str
    timing: str
    opportunity: str
    fees: str
    shortfall: str
    shortfall_bps: str
    vwap_slippage: str
    vwap_slippage_bps: str


class Latency(msgspec.Struct, frozen=True):
    """Percentiles of one part of the way from tick to fill, by the nearest rank; nanoseconds."""

    part: str
    count: int
    p50_ns: int
    p95_ns: int
    p99_ns: int
    max_ns: int


class Tca(msgspec.Struct, frozen=True):
    """Costs of each order, in total by currency, and the percentiles of latency."""

    orders: list[OrderCost]
    totals: list[CostTotal]
    latency: list[Latency]


class _Sums:
    """Exact sums of an order, or of many, in money of one currency."""

    NAMES = ("arrival", "slippage", "spread", "timing", "opportunity", "fees", "vwap", "vwap_base")

    def __init__(self) -> None:
        self.notional = Fraction(0)
        self.parts = dict.fromkeys(self.NAMES, Fraction(0))

    def add(self, other: _Sums) -> None:
        self.notional += other.notional
        for name, value in other.parts.items():
            self.parts[name] += value

    @property
    def shortfall(self) -> Fraction:
        return self.parts["slippage"] + self.parts["opportunity"] + self.parts["fees"]


def transaction_costs(stories: Iterable[OrderStory], markets: Mapping[str, MarketPath]) -> Tca:
    """The costs of orders against the market by instrument id; orders without a price have none.

    >>> transaction_costs([], {})
    Tca(orders=[], totals=[], latency=[])
    """
    costs: list[OrderCost] = []
    totals: dict[str, tuple[_Sums, list[int]]] = {}
    empty = MarketPath([])
    for story in stories:
        path = markets.get(story.instrument.id, empty)
        sums, cost = _order_cost(story, path)
        costs.append(cost)
        total, counts = totals.setdefault(story.instrument.currency, (_Sums(), [0, 0]))
        total.add(sums)
        counts[0] += 1
        counts[1] += bool(story.fills)
    return Tca(
        costs,
        [_total(currency, sums, counts) for currency, (sums, counts) in sorted(totals.items())],
        _latencies(costs),
    )


def _order_cost(story: OrderStory, path: MarketPath) -> tuple[_Sums, OrderCost]:
    arrival = path.arrival(story.intended_ns)
    filled = sum(fill.quantity for fill in story.fills)
    value = sum(fill.price * fill.quantity for fill in story.fills)
    vwap = path.vwap(story.intended_ns, story.fills[-1].time_ns) if story.fills else None
    sums = _sums(story, path, arrival, vwap)
    money = _money_text(story.instrument.currency)
    price = _price_text(story.instrument)
    parts, known = sums.parts, arrival is not None and bool(filled)
    spread_known = known and all(path.middle(fill.time_ns) is not None for fill in story.fills)
    digits = story.instrument.quantity_digits
    first = story.fills[0].time_ns if story.fills else 0
    return sums, OrderCost(
        story.order_id, story.strategy, story.account, story.instrument.id,
        story.instrument.currency, "BUY" if story.side > 0 else "SELL",
        format_units(story.quantity, digits), format_units(filled, digits),
        price(arrival), price(Fraction(value, filled) if filled else None), price(vwap),
        money(sums.notional),
        money(parts["slippage"]) if known else "",
        _bps(parts["slippage"], parts["arrival"]) if known else "",
        money(parts["spread"]) if spread_known else "",
        money(parts["timing"]) if spread_known else "",
        money(parts["opportunity"]) if arrival is not None else "",
        money(parts["fees"]),
        money(sums.shortfall) if arrival is not None else "",
        _bps(sums.shortfall, parts["arrival"]) if known else "",
        money(parts["vwap"]) if vwap is not None else "",
        _bps(parts["vwap"], parts["vwap_base"]) if vwap is not None else "",
        _other_fees(story),
        _between(story.tick_ns, story.intended_ns), _between(story.intended_ns, story.sent_ns),
        _between(story.tick_ns, story.sent_ns), _between(story.sent_ns, story.acked_ns),
        _between(story.acked_ns, first), _between(story.sent_ns, first),
    )  # fmt: skip


def _sums(
    story: OrderStory, path: MarketPath, arrival: Fraction | None, vwap: Fraction | None
) -> _Sums:
    sums, unit, side = _Sums(), _money_unit(story.instrument), story.side
    parts, filled = sums.parts, 0
    for fill in story.fills:
        filled += fill.quantity
        sums.notional += fill.price * fill.quantity * unit
        if fill.fee_currency == story.instrument.currency:
            parts["fees"] += Fraction(fill.fee, 10**story.instrument.money_digits)
        if vwap is not None:
            parts["vwap"] += side * fill.quantity * (fill.price - vwap) * unit
            parts["vwap_base"] += fill.quantity * vwap * unit
        if arrival is None:
            continue
        middle = path.middle(fill.time_ns)
        parts["arrival"] += fill.quantity * arrival * unit
        parts["slippage"] += side * fill.quantity * (fill.price - arrival) * unit
        if middle is not None:
            parts["spread"] += side * fill.quantity * (fill.price - middle) * unit
            parts["timing"] += side * fill.quantity * (middle - arrival) * unit
    end = path.middle(story.ended_ns) if story.ended_ns else None
    if arrival is not None and end is not None:
        parts["opportunity"] = side * (story.quantity - filled) * (end - arrival) * unit
    return sums


def _total(currency: str, sums: _Sums, counts: Sequence[int]) -> CostTotal:
    parts, money = sums.parts, _money_text(currency)
    return CostTotal(
        currency, counts[0], counts[1], money(sums.notional),
        money(parts["slippage"]), _bps(parts["slippage"], parts["arrival"]),
        money(parts["spread"]), money(parts["timing"]), money(parts["opportunity"]),
        money(parts["fees"]), money(sums.shortfall), _bps(sums.shortfall, parts["arrival"]),
        money(parts["vwap"]), _bps(parts["vwap"], parts["vwap_base"]),
    )  # fmt: skip


def _latencies(costs: Sequence[OrderCost]) -> list[Latency]:
    found = []
    for name in LATENCIES:
        values = sorted(getattr(cost, name) for cost in costs if getattr(cost, name) is not None)
        if values:
            p50, p95, p99 = (values[nearest_rank(percent, len(values))] for percent in PERCENTILES)
            part = name.removesuffix("_ns")
            found.append(Latency(part, len(values), p50, p95, p99, values[-1]))
    return found


def nearest_rank(percent: int, count: int) -> int:
    """The place, from 0, of a percentile in sorted values: ceil(percent x count / 100) - 1.

    >>> nearest_rank(50, 4), nearest_rank(99, 4), nearest_rank(50, 1)
    (1, 3, 0)
    """
    return max(0, -(-percent * count // 100) - 1)


def _money_unit(instrument: Instrument) -> Fraction:
    """Money of one unit of price times one unit of quantity."""
    digits = instrument.price_digits + instrument.quantity_digits
    return Fraction(instrument.multiplier, int(10**digits))


def _other_fees(story: OrderStory) -> dict[str, str]:
    totals: dict[str, int] = {}
    for fill in story.fills:
        if fill.fee and fill.fee_currency != story.instrument.currency:
            totals[fill.fee_currency] = totals.get(fill.fee_currency, 0) + fill.fee
    return {name: format_units(fee, currency_digits(name)) for name, fee in totals.items()}


def _money_text(currency: str) -> Callable[[Fraction], str]:
    return lambda value: _decimal(value, currency_digits(currency))


def _price_text(instrument: Instrument) -> Callable[[Fraction | None], str]:
    digits = instrument.price_digits
    scale = int(10**digits)
    return lambda value: (
        "" if value is None else _decimal(value / scale, digits + PRICE_DIGITS_MORE)
    )


def _bps(value: Fraction, base: Fraction) -> str:
    return _decimal(value / base * BASIS_POINTS, RATIO_DIGITS) if base else ""


def _decimal(value: Fraction, digits: int) -> str:
    """A quotient as decimal text, half-even."""
    return format_units(round(value * int(10**digits)), digits)


def _between(earlier_ns: int, later_ns: int) -> int | None:
    return later_ns - earlier_ns if earlier_ns and later_ns else None
