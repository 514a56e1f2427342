"""Fills as analysis takes them: floats, in account currency."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tradewind.core.market import Market
from tradewind.core.reports import Execution
from tradewind.model.errors import BadData
from tradewind.model.instruments import currency_digits

FillRow = tuple[int, str, int, float, float, float]
"""time_ns, instrument id, side (+1 bought, -1 sold), quantity > 0, price, fee (paid > 0)."""

FILL_MAX = 1e15
"""What quantity, price, notional and fee of a fill may add up to; more is refused."""
DUST_RATIO = 1e-9
"""A remainder of a quantity smaller than this share of it is rounding, not a position."""

# a C number when compiled
_FILL_MAX = FILL_MAX
_SIDES = (1, -1)


class Fill(NamedTuple):
    """One execution of an order; money in account currency, quantity without sign."""

    time_ns: int
    instrument: str
    side: int
    quantity: float
    price: float
    fee: float


def fill_rows(executions: Sequence[Execution], markets: Sequence[Market]) -> list[FillRow]:
    """What the engine kept of a run as rows: floats, each the nearest to its exact number.

    An execution knows its order, which knows the place of its market among `markets`.
    """
    rows: list[FillRow] = []
    fee_scales: dict[str, float] = {}
    for execution in executions:
        order, currency = execution.order, execution.fee_currency
        assert order is not None, "a fill that was kept without its order"
        if currency not in fee_scales:
            fee_scales[currency] = 10.0 ** currency_digits(currency)
        market = markets[order.instrument]
        quantity = execution.quantity / market.quantity_scale
        price = execution.price / market.price_scale
        fee_scale: float = fee_scales[currency]
        fee = execution.fee / fee_scale
        rows.append((execution.time_ns, market.id, order.side, quantity, price, fee))
    return rows


def fills_of(rows: Iterable[FillRow]) -> list[FillRow]:
    """The rows checked: sides +1 or -1, quantities above zero, finite, sorted by time.

    >>> fills_of([(0, "GOOG.SIM", 0, 1.0, 100.0, 0.0)])
    Traceback (most recent call last):
    tradewind.model.errors.BadData: fill 0 has side 0: it must be 1 (bought) or -1 (sold)
    """
    fills: list[FillRow] = []
    before_ns: int | None = None
    for row in rows:
        time_ns, _, side, quantity, price, fee = row
        if side not in _SIDES:
            raise BadData(f"fill {len(fills)} has side {side}: it must be 1 (bought) or -1 (sold)")
        # NaN, which is within no limit, if one of them is NaN
        size = abs(quantity) + abs(price) + abs(quantity * price) + abs(fee)
        if not (quantity > 0.0 and size <= _FILL_MAX):
            raise BadData(
                f"fill {len(fills)} needs a quantity above zero and numbers within "
                f"+-{FILL_MAX:g}: {tuple(row)}"
            )
        if before_ns is not None and time_ns < before_ns:
            raise BadData(
                f"fill {len(fills)} is earlier than fill {len(fills) - 1}: sort them by time"
            )
        before_ns = time_ns
        fills.append(row)
    return fills


def fees_paid(fills: Sequence[FillRow]) -> float:
    """Sum of all fees; rebates count against them."""
    return math.fsum([fee for _, _, _, _, _, fee in fills])


def turnover(fills: Sequence[FillRow]) -> float:
    """Sum of quantity times price, bought and sold alike.

    >>> turnover([Fill(0, "GOOG.SIM", 1, 2.0, 10.0, 0.1), Fill(1, "GOOG.SIM", -1, 2.0, 11.0, 0.1)])
    42.0
    """
    return math.fsum([quantity * abs(price) for _, _, _, quantity, price, _ in fills])
