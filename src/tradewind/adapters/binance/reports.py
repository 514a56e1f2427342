"""Reports: what became of our orders, merged from answers, the socket and questions.

The same thing is told more than once and in any order: the answer to an order and its report on
the socket overtake each other, a question repeats both. Each is delivered once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from tradewind.adapters.binance.order_wire import (
    Allocation,
    AnswerFill,
    ExecutionReport,
    FuturesOrder,
    OrderAnswer,
    OwnTrade,
)
from tradewind.model import messages as m
from tradewind.model.errors import BadNumber
from tradewind.model.fixed_point import parse_fixed_point
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.numbers import MONEY_MAX
from tradewind.model.orders import Liquidity

REMEMBERED_MAX = 100_000
"""Things told that are remembered; one more forgets the oldest."""

TOLD_ACCEPTED = frozenset({"NEW", "PARTIALLY_FILLED", "FILLED", "PENDING_NEW"})

EXECUTIONS = frozenset({"TRADE", "CALCULATED"})
"""Events that tell of an execution; USD-M calls a liquidation CALCULATED."""

MakeEnd = Callable[[str, str, int], m.Report]

ENDS: dict[str, MakeEnd] = {
    "CANCELED": lambda order_id, reason, filled: m.OrderCanceled(0, order_id, reason, filled),
    "REJECTED": lambda order_id, reason, _: m.OrderRejected(0, order_id, reason or "rejected"),
    "EXPIRED": lambda order_id, reason, filled: m.OrderExpired(0, order_id, reason, filled),
    "EXPIRED_IN_MATCH": lambda order_id, reason, filled: m.OrderExpired(
        0, order_id, reason or "it would have met an order of our own", filled
    ),
}
"""How a final state is told, with what was filled in all; FILLED is told by the fills."""


class Told:
    """What was delivered before, so that each thing is delivered once.

    >>> told = Told()
    >>> told.is_new(("a", "accepted")), told.is_new(("a", "accepted"))
    (True, False)
    """

    __slots__ = ("_things",)

    def __init__(self) -> None:
        self._things: OrderedDict[tuple[str, str], None] = OrderedDict()

    def is_new(self, thing: tuple[str, str]) -> bool:
        """True the first time; it is remembered."""
        if thing in self._things:
            return False
        self._things[thing] = None
        if len(self._things) > REMEMBERED_MAX:
            self._things.popitem(last=False)
        return True

    def only_new(self, reports: Iterable[m.Report]) -> list[m.Report]:
        """The reports that were not delivered before."""
        return [report for report in reports if self.is_new(key_of(report))]


def key_of(report: m.Report) -> tuple[str, str]:
    """What makes two reports the same thing told twice.

    >>> key_of(m.OrderAccepted(0, "j0-a-1", "28"))
    ('j0-a-1', 'OrderAccepted')
    """
    kind = type(report).__name__
    if isinstance(report, m.OrderFilled):
        return report.order_id, f"fill {report.fill_id}"
    if isinstance(report, m.OrderAmended):
        terms = f"{report.quantity} {report.limit_price}"
        return report.order_id, f"{kind} {report.number} {terms}"
    return report.order_id, kind


def reports_of_answer(answer: OrderAnswer, instrument: Instrument) -> list[m.Report]:
    """What the answer to a new order tells: acceptance, executions, an end."""
    order_id = answer.orig_client_order_id or answer.client_order_id
    reports: list[m.Report] = [m.OrderAccepted(0, order_id, str(answer.order_id))]
    reports += [_fill_of_answer(order_id, fill, instrument) for fill in answer.fills]
    return reports + _end_of_answer(answer, order_id, instrument)


def reports_of_query(
    answer: OrderAnswer,
    trades: Iterable[OwnTrade | Allocation],
    instrument: Instrument,
    amends: int,
) -> list[m.Report]:
    """What a question tells: acceptance, all executions, then an end or the terms.

    `amends` is how many amendments had left when it was asked.
    """
    order_id = answer.client_order_id
    reports: list[m.Report] = [m.OrderAccepted(0, order_id, str(answer.order_id))]
    reports += [_fill_of_trade(order_id, trade, instrument) for trade in trades]
    end = _end_of_answer(answer, order_id, instrument)
    if answer.status == "FILLED" and told_quantity(reports) < ordered_of(answer, instrument):
        # it works no more, and a part of what was filled was taken back
        end = [m.OrderCanceled(0, order_id, "executions taken back", told_quantity(reports))]
    return reports + (end or [_restated_of(answer, order_id, instrument, amends)])


def told_quantity(reports: Iterable[m.Report]) -> int:
    """What executions among reports come to."""
    return sum(one.quantity for one in reports if isinstance(one, m.OrderFilled))


def ordered_of(answer: OrderAnswer, instrument: Instrument) -> int:
    """What was ordered, as the venue says."""
    return parse_fixed_point(answer.orig_qty, instrument.quantity_digits)


def reports_of_event(
    event: ExecutionReport | FuturesOrder, instrument: Instrument
) -> list[m.Report]:
    """What a report on the socket tells."""
    order_id = event.order_id
    reports: list[m.Report] = []
    if event.status in TOLD_ACCEPTED:
        reports.append(m.OrderAccepted(0, order_id, str(event.venue_order_id)))
    if event.execution in EXECUTIONS:
        reports.append(_fill_of_event(event, instrument))
    if event.execution in ("REPLACED", "AMENDMENT"):
        reports.append(amended_of(order_id, event.quantity, event.price, instrument))
    reason = "" if event.reject_reason == "NONE" else event.reject_reason
    filled = parse_fixed_point(event.filled_quantity, instrument.quantity_digits)
    reason = reason or _expiry_text(event.expiry_reason)
    return reports + _end(event.status, order_id, reason, filled)


def amended_of(
    order_id: str, quantity: str, price: str, instrument: Instrument, *, number: int = 0
) -> m.OrderAmended:
    """The terms that an order has now; `number` is the amendment's that this answers."""
    return m.OrderAmended(
        0,
        order_id,
        parse_fixed_point(quantity, instrument.quantity_digits),
        parse_fixed_point(price, instrument.price_digits),
        number,
    )


def fee_units(text: str, asset: str) -> int:
    """A commission in money units of its currency, rounded down where the venue has more digits.

    >>> fee_units("0.00001000", "BTC"), fee_units("-0.5", "USDT"), fee_units("0", "BNB")
    (1000, -50000000, 0)
    """
    digits = currency_digits(asset)
    return money_units(text, digits)


def money_units(text: str, digits: int) -> int:
    """Money in units of 10^-digits, what lies beyond them cut off; `BadNumber` for no number.

    >>> money_units("12.345678", 6), money_units("12.3456789", 6), money_units("-0.0000019", 6)
    (12345678, 12345678, -1)
    """
    whole, _, fraction = text.partition(".")
    unsigned = whole.removeprefix("-")
    if not (unsigned + fraction).isascii() or not (unsigned + fraction).isdecimal():
        raise BadNumber(f"{text[:40]!r} is not a plain decimal number")
    if not unsigned or len(text) > 40:
        raise BadNumber(f"{text[:40]!r} is not an amount of money")
    units = int(unsigned + fraction[:digits].ljust(digits, "0"))
    if units > MONEY_MAX:
        raise BadNumber(f"{text[:40]!r} is too large: an amount has at most 64 bits")
    return -units if whole.startswith("-") else units


def instruments_by_symbol(instruments: Iterable[Instrument]) -> Mapping[str, Instrument]:
    """Instruments by the symbol that Binance calls them."""
    return {each.base + each.currency: each for each in instruments}


def _end(status: str, order_id: str, reason: str, filled: int) -> list[m.Report]:
    make = ENDS.get(status)
    return [] if make is None else [make(order_id, reason, filled)]


def _end_of_answer(answer: OrderAnswer, order_id: str, instrument: Instrument) -> list[m.Report]:
    filled = parse_fixed_point(answer.executed_qty, instrument.quantity_digits)
    return _end(answer.status, order_id, str(answer.expiry_reason), filled)


def _restated_of(
    answer: OrderAnswer, order_id: str, instrument: Instrument, amends: int
) -> m.OrderRestated:
    return m.OrderRestated(
        0,
        order_id,
        str(answer.order_id),
        parse_fixed_point(answer.orig_qty, instrument.quantity_digits),
        parse_fixed_point(answer.price, instrument.price_digits),
        amends,
    )


def _expiry_text(code: int | str) -> str:
    return f"expiry reason {code}" if code else ""


def _fill_of_answer(order_id: str, fill: AnswerFill, instrument: Instrument) -> m.OrderFilled:
    # allocations of the smart router have no trade id
    fill_id = str(fill.trade_id) if fill.trade_id >= 0 else f"a{fill.alloc_id}"
    return m.OrderFilled(
        0,
        order_id,
        fill_id,
        parse_fixed_point(fill.price, instrument.price_digits),
        parse_fixed_point(fill.qty, instrument.quantity_digits),
        fee_units(fill.commission, fill.commission_asset),
        fill.commission_asset,
        Liquidity.TAKER,
    )


def fill_id_of(trade: OwnTrade | Allocation) -> str:
    """What an execution is known by on every way it is told: allocations have no trade id."""
    return str(trade.id) if isinstance(trade, OwnTrade) else f"a{trade.allocation_id}"


def _fill_of_trade(
    order_id: str, trade: OwnTrade | Allocation, instrument: Instrument
) -> m.OrderFilled:
    is_maker = trade.is_maker or (isinstance(trade, OwnTrade) and trade.maker)
    return m.OrderFilled(
        0,
        order_id,
        fill_id_of(trade),
        parse_fixed_point(trade.price, instrument.price_digits),
        parse_fixed_point(trade.qty, instrument.quantity_digits),
        fee_units(trade.commission, trade.commission_asset),
        trade.commission_asset,
        Liquidity.MAKER if is_maker else Liquidity.TAKER,
    )


def _fill_of_event(event: ExecutionReport | FuturesOrder, instrument: Instrument) -> m.OrderFilled:
    asset = event.fee_asset or instrument.currency
    return m.OrderFilled(
        0,
        event.order_id,
        str(event.trade_id) if event.trade_id >= 0 else f"a{event.allocation_id}",
        parse_fixed_point(event.last_price, instrument.price_digits),
        parse_fixed_point(event.last_quantity, instrument.quantity_digits),
        fee_units(event.fee or "0", asset),
        asset,
        Liquidity.MAKER if event.is_maker else Liquidity.TAKER,
    )
