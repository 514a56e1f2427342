"""Sale conditions of US equities: what a printed trade may change in a bar."""

from __future__ import annotations

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from tradewind.model.errors import BadData
from tradewind.signals.bars import NO_PRICE

IntColumn = NDArray[np.int64]

OPENING_WINDOW_NS = 60_000_000_000
"""How long after the session's open a market centre's opening print still is its first trade."""


class SaleCondition(IntFlag):
    """The conditions that matter to a bar, as bits of a US trade's condition field."""

    INTERMARKET_SWEEP = 1 << 5
    OPENING_PRINT = 1 << 6
    CLOSING_PRINT = 1 << 7
    DERIVATIVELY_PRICED = 1 << 9
    EXTENDED_HOURS = 1 << 13
    AVERAGE_PRICE = 1 << 20
    OFFICIAL_CLOSE = 1 << 24
    OFFICIAL_OPEN = 1 << 26


NO_VOLUME = int(SaleCondition.OFFICIAL_OPEN | SaleCondition.OFFICIAL_CLOSE)
"""A market centre's statement of its official price, not a trade."""

NO_REGULAR_PRICE = NO_VOLUME | int(
    SaleCondition.INTERMARKET_SWEEP
    | SaleCondition.DERIVATIVELY_PRICED
    | SaleCondition.AVERAGE_PRICE
)
"""Prices that say little about the market at their time of report."""


def updates_price(conditions: int) -> bool:
    """Whether a trade may set the open, high, low and close of its bar.

    Sweeps, averaged, derived and official prices may not; in extended hours, where little else
    is printed, every trade may. The rule is read off a reference file of one-minute bars of IBM,
    each price of which it explains; the consolidated tape's own last price follows sweeps too.

    >>> updates_price(0x1), updates_price(0x20000020), updates_price(0x20002020)
    (True, False, True)
    """
    return bool(conditions & SaleCondition.EXTENDED_HOURS) or not conditions & NO_REGULAR_PRICE


def updates_volume(conditions: int) -> bool:
    """Whether a trade's size counts: every one's, but an official price's.

    >>> updates_volume(0x20000020), updates_volume(0x4000000)
    (True, False)
    """
    return not conditions & NO_VOLUME


def bar_trades(
    time_ns: IntColumn,
    price: IntColumn,
    size: IntColumn,
    conditions: IntColumn,
    *,
    session_open_ns: int,
    session_close_ns: int,
) -> tuple[IntColumn, IntColumn, IntColumn]:
    """One session's trades as `BarBuilder.run` takes them: time, price, size, each (n,) int64.

    A price that may not move the bar becomes `NO_PRICE`, a size that does not count 0, a row
    with neither is left out. The auctions are booked where they belong: a closing print, which
    arrives minutes late, as the last trade before the close; an opening print of the first
    minute as the first trade of the session. A later one is a delayed opening and stays.
    Rows must be sorted by time; `BadData` if they are not, or are not of one length.

    >>> day = np.array([[1, 2, 9], [50, 51, 52], [7, 8, 9], [0x1, 0x20, 0x80]])
    >>> [column.tolist() for column in bar_trades(*day, session_open_ns=0, session_close_ns=5)]
    [[1, 2, 4], [50, -4611686018427387904, 52], [7, 8, 9]]
    """
    if len({len(column) for column in (time_ns, price, size, conditions)}) != 1:
        raise BadData("time_ns, price, size and conditions must be of one length")
    if (time_ns[1:] < time_ns[:-1]).any():
        raise BadData("the trades go back in time: sort them by time_ns")
    opening = conditions & int(SaleCondition.OPENING_PRINT) != 0
    opening &= np.abs(time_ns - session_open_ns) < OPENING_WINDOW_NS
    closing = conditions & int(SaleCondition.CLOSING_PRINT) != 0
    booked = np.where(opening, session_open_ns, np.where(closing, session_close_ns - 1, time_ns))
    order = np.lexsort((closing.astype(np.int8) - opening, booked))
    extended = conditions & int(SaleCondition.EXTENDED_HOURS) != 0
    has_price = extended | (conditions & NO_REGULAR_PRICE == 0)
    has_volume = conditions & NO_VOLUME == 0
    kept = order[(has_price | has_volume)[order]]
    prices, sizes = np.where(has_price, price, NO_PRICE), np.where(has_volume, size, 0)
    return booked[kept], prices[kept], sizes[kept]
