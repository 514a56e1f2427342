"""Quotes and depth of a simulated market: best prices and the ladders behind them, as columns.

The best bid may stand on any tick; the deeper levels stand on multiples of a gap of ticks, so that
they stay where they are while the best price moves a little. Asks are handled as bids of negated
prices: in both cases higher is better.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, DEPTH_SNAPSHOT
from tradewind.sim.portable_exp import portable_exp

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

REFRESH_CHANCE = 0.15
"""Chance that a level behind the best changes its size when the book changes at all."""

_SIZE_NOISE = 0.6
_LEVEL_SLOPE = 0.25


class Book(msgspec.Struct, frozen=True):
    """A book over a block: one element (or row) an event, prices in ticks, sizes in lots.

    `bid_size` and `ask_size` have a column a level, the best first. `snapshot` marks events that
    state the whole book.
    """

    time_ns: IntArray
    bid: IntArray
    ask: IntArray
    bid_size: IntArray
    ask_size: IntArray
    snapshot: BoolArray


class BookEnd(msgspec.Struct, frozen=True):
    """The last event of a block: what the next one's first differs from; ask 0 is no book yet."""

    bid: int = 0
    ask: int = 0
    bid_size: int = 0
    ask_size: int = 0


def best_prices(
    price: FloatArray, spread: FloatArray, *, lowest: int, highest: int
) -> tuple[IntArray, IntArray]:
    """Best bid and ask in ticks around a price in ticks; never crossed, never locked.

    >>> bid, ask = best_prices(np.array([100.2]), np.array([0.3]), lowest=1, highest=1000)
    >>> bid.tolist(), ask.tolist()
    ([100], [101])
    """
    width = np.maximum(1, np.rint(spread)).astype(np.int64)
    bid = np.rint(price - width * 0.5).astype(np.int64)
    bid = np.clip(bid, lowest, highest - width)
    return bid, bid + width


def level_sizes(
    deviation: FloatArray, generator: np.random.Generator, *, levels: int, usual_lots: float
) -> IntArray:
    """Sizes in lots, a row an event and a column a level: thinner when volatility is high."""
    noise = generator.standard_normal((len(deviation), levels)) * _SIZE_NOISE
    slope = 1.0 + _LEVEL_SLOPE * np.arange(levels)
    sizes = portable_exp(noise - 0.7 * deviation[:, None]) * slope * usual_lots
    return np.maximum(1, np.rint(sizes)).astype(np.int64)


def quote_rows(book: Book) -> dict[str, IntArray]:
    """Quote columns in ticks and lots, one row an event."""
    return {
        "time_ns": book.time_ns,
        "bid": book.bid,
        "bid_size": book.bid_size[:, 0],
        "ask": book.ask,
        "ask_size": book.ask_size[:, 0],
    }


def depth_rows(
    book: Book, end: BookEnd, generator: np.random.Generator, *, gap: int
) -> dict[str, IntArray]:
    """Depth columns in ticks and lots: for each event what left the ladders, then what changed.

    Removals of both sides stand before the new levels, so that the book is never crossed, not
    even between two rows of one event.
    """
    bids = _side(book.bid, end.bid, book, generator, gap=gap)
    asks = _side(-book.ask, -end.ask, book, generator, gap=gap)
    levels = book.bid_size.shape[1]
    gone = np.zeros_like(book.bid_size)
    price = np.hstack([bids[0], -asks[0], bids[2], -asks[2]])
    mask = np.hstack([bids[1], asks[1], bids[3], asks[3]])
    size = np.hstack([gone, gone, book.bid_size, book.ask_size])
    side = np.repeat(np.array([1, -1, 1, -1], np.int64), levels)
    flags = np.where(book.snapshot, DEPTH_SNAPSHOT, 0)[:, None] + np.zeros_like(mask, np.int64)
    last = mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
    flags[np.arange(len(mask)), last] += DEPTH_LAST
    return {
        "time_ns": np.repeat(book.time_ns, mask.sum(axis=1)),
        "side": np.broadcast_to(side, mask.shape)[mask],
        "price": price[mask],
        "size": size[mask],
        "flags": flags[mask],
    }


def lose_updates(depth: dict[str, IntArray], begin_ns: int, end_ns: int) -> dict[str, IntArray]:
    """Depth columns without the rows from begin to end (excluded), but a row with `DEPTH_GAP`.

    It sets no level: size 0 at 1 tick. Where nothing was lost, nothing is said.

    >>> rows = {"time_ns": [1, 2, 3], "side": [1, 1, 1], "price": [7, 8, 9], "size": [4, 5, 6],
    ...         "flags": [3, 1, 3]}
    >>> lost = lose_updates({name: np.array(rows[name]) for name in rows}, 2, 3)
    >>> lost["size"].tolist(), lost["flags"].tolist()
    ([4, 0, 6], [3, 5, 3])
    """
    begin, end = np.searchsorted(depth["time_ns"], (begin_ns, end_ns)).tolist()
    if begin == end:
        return depth
    mark = {
        "time_ns": int(depth["time_ns"][begin]),
        "side": 1,
        "price": 1,
        "size": 0,
        "flags": DEPTH_GAP | DEPTH_LAST,
    }
    return {
        name: np.concatenate([column[:begin], [mark[name]], column[end:]])
        for name, column in depth.items()
    }


def book_end(book: Book, before: BookEnd) -> BookEnd:
    """What the next block has to know; `before` if nothing happened."""
    if not len(book.time_ns):
        return before
    return BookEnd(
        bid=int(book.bid[-1]),
        ask=int(book.ask[-1]),
        bid_size=int(book.bid_size[-1, 0]),
        ask_size=int(book.ask_size[-1, 0]),
    )


def _side(
    best: IntArray, best_before: int, book: Book, generator: np.random.Generator, *, gap: int
) -> tuple[IntArray, BoolArray, IntArray, BoolArray]:
    """One side: prices that may leave, which do, prices that may change, which do."""
    levels = book.bid_size.shape[1]
    below = np.arange(levels - 1)
    old_best = np.concatenate([[best_before], best])[:-1]
    old_top, top = (old_best - 1) // gap, (best - 1) // gap
    old_rungs, rungs = old_top[:, None] - below, top[:, None] - below
    update = ~book.snapshot[:, None]
    left = (old_rungs > top[:, None]) | (old_rungs <= top[:, None] - (levels - 1))
    entered = (rungs > old_top[:, None]) | (rungs <= old_top[:, None] - (levels - 1))
    refreshed = generator.random(rungs.shape) < REFRESH_CHANCE
    always = np.ones((len(best), 1), np.bool_)
    leaving = np.hstack([(old_best != best)[:, None], left]) & update
    changing = np.hstack([always, entered | refreshed | ~update])
    old_prices = np.hstack([old_best[:, None], old_rungs * gap])
    prices = np.hstack([best[:, None], rungs * gap])
    return old_prices, leaving, prices, changing
