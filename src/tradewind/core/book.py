"""The book: our copy of the depth of one instrument, from snapshots and updates."""

from __future__ import annotations

from tradewind.core.ladder import LADDER_LEVELS_MAX, LADDER_WIDTH, NO_LEVEL, Ladder
from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, DEPTH_SNAPSHOT, IntColumn
from tradewind.model.market import DepthUpdate
from tradewind.model.numbers import UNITS_MAX

SNAPSHOT_FORMAT = 1

# C integers when compiled (book.pxd): a global of another module would be an object in each row
_MAX = UNITS_MAX
_NONE = NO_LEVEL
_LAST = DEPTH_LAST
_SNAPSHOT = DEPTH_SNAPSHOT
_GAP = DEPTH_GAP
_KIND = DEPTH_LAST | DEPTH_SNAPSHOT


class Book:
    """Bids and asks of one instrument in its integer units; `tick` is its tick in those units.

    `best_bid`, `best_bid_size`, `best_ask`, `best_ask_size` are 0 where a side is empty. Rows
    are those of depth columns (`model.columns`): side +1 bid or -1 ask, absolute size, 0 removes;
    a snapshot row behind any other row, or behind a finished event, clears the book first.
    A row that cannot be (side, price or size out of range, price off the tick) changes nothing
    and is counted in `refused`. Rows between a gap and the next snapshot are `ignored`.

    >>> book = Book()
    >>> for row in [(1, 99, 5, 2), (1, 98, 9, 2), (-1, 101, 4, 3), (1, 100, 1, 1)]:
    ...     book.apply(*row)
    >>> book.best_bid, book.best_bid_size, book.best_ask, book.best_ask_size
    (100, 1, 101, 4)
    >>> book.levels(1, 2), book.size_at(1, 98), book.is_crossed
    ([(100, 1), (99, 5)], 9, False)
    """

    __slots__ = (
        "asks",
        "before",
        "best_ask",
        "best_ask_size",
        "best_bid",
        "best_bid_size",
        "bids",
        "crossed",
        "events",
        "gaps",
        "ignored",
        "is_stale",
        "last_flags",
        "refused",
        "rows",
        "snapshots",
        "tick",
        "unknown_removals",
    )

    def __init__(
        self, tick: int = 1, *, width: int = LADDER_WIDTH, levels_max: int = LADDER_LEVELS_MAX
    ) -> None:
        assert 0 < tick <= _MAX, "the tick is out of range"
        self.tick = tick
        self.bids = Ladder(width, levels_max)
        self.asks = Ladder(width, levels_max)
        self.best_bid = self.best_bid_size = self.best_ask = self.best_ask_size = 0
        self.rows = self.events = self.snapshots = self.crossed = 0
        self.gaps = self.ignored = self.refused = self.unknown_removals = 0
        self.before = 0  # the size that the level of the last row had
        self.last_flags = DEPTH_LAST
        self.is_stale = False

    def apply(self, side: int, price: int, size: int, flags: int) -> None:
        """One depth row: prices and sizes in units, flags of `model.columns`."""
        self.rows += 1
        if flags != 0 or self.last_flags != 0:
            self._begin(flags)
        if self.is_stale:
            self.ignored += 1
        else:
            self._set(side, price, size)
        if flags & _LAST:
            self.events += 1
            if 0 < self.best_ask <= self.best_bid:
                self.crossed += 1

    def run(self, side: IntColumn, price: IntColumn, size: IntColumn, flags: IntColumn) -> int:
        """All rows of int64 columns of one length; answers how many: the batch door to `apply`."""
        sides = side.data
        prices = price.data
        sizes = size.data
        marks = flags.data
        for row in range(len(sides)):
            self.apply(sides[row], prices[row], sizes[row], marks[row])
        return len(sides)

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is at or above the best ask."""
        return 0 < self.best_ask <= self.best_bid

    @property
    def forgotten(self) -> int:
        """Levels dropped because a side was full."""
        return self.bids.forgotten + self.asks.forgotten

    def levels(self, side: int, limit: int) -> list[tuple[int, int]]:
        """At most `limit` levels of a side as (price, size) in units, the best first."""
        scale = side * self.tick
        ladder = self.bids if side > 0 else self.asks
        return [(key * scale, size) for key, size in ladder.levels(limit)]

    def size_at(self, side: int, price: int) -> int:
        """The size at a price, 0 where there is no level."""
        tick = price if self.tick == 1 else price // self.tick
        if self.tick != 1 and tick * self.tick != price:
            return 0
        return self.bids.size_at(tick) if side > 0 else self.asks.size_at(-tick)

    def clear(self) -> None:
        """Remove every level; counters stay."""
        self.bids.clear()
        self.asks.clear()
        self.best_bid = self.best_bid_size = self.best_ask = self.best_ask_size = 0

    def snapshot(self) -> tuple[list[int], list[tuple[int, int]], list[tuple[int, int]]]:
        """The state in canonical form: numbers, then bids and asks, the best first."""
        numbers = [SNAPSHOT_FORMAT, self.tick, self.last_flags, int(self.is_stale)]
        numbers += [self.rows, self.events, self.snapshots, self.crossed, self.gaps]
        numbers += [self.ignored, self.refused, self.unknown_removals]
        numbers += [self.bids.forgotten, self.asks.forgotten]
        return numbers, self.levels(1, self.bids.count), self.levels(-1, self.asks.count)

    def restore(
        self, state: tuple[list[int], list[tuple[int, int]], list[tuple[int, int]]]
    ) -> None:
        """Take the state that `snapshot` of a book with the same tick gave."""
        numbers, bids, asks = state
        assert numbers[0] == SNAPSHOT_FORMAT, "a snapshot of another format"
        assert numbers[1] == self.tick, "a snapshot of a book with another tick"
        self.clear()
        for price, size in bids:
            self._set(1, price, size)
        for price, size in asks:
            self._set(-1, price, size)
        self.last_flags = numbers[2]
        self.is_stale = numbers[3] != 0
        self.rows, self.events, self.snapshots, self.crossed, self.gaps = numbers[4:9]
        self.ignored, self.refused, self.unknown_removals = numbers[9:12]
        self.bids.forgotten, self.asks.forgotten = numbers[12:14]

    def _begin(self, flags: int) -> None:
        """See what kind of row comes, before its level is set."""
        if flags & _GAP:
            self.gaps += 1
            self.is_stale = True
            self.clear()
        # a snapshot begins behind a row of another kind or behind the end of an event
        elif flags & _SNAPSHOT and self.last_flags & _KIND != _SNAPSHOT:
            self.snapshots += 1
            self.is_stale = False
            self.clear()
        self.last_flags = flags

    def _set(self, side: int, price: int, size: int) -> None:
        """Set one level, or count the row as refused."""
        if price < 1 or price > _MAX or size < 0 or size > _MAX:
            self.refused += 1
            return
        tick = price if self.tick == 1 else price // self.tick
        if self.tick != 1 and tick * self.tick != price:
            self.refused += 1
        elif side == 1:
            self._set_bid(tick, size)
        elif side == -1:
            self._set_ask(-tick, size)
        else:
            self.refused += 1

    def _set_bid(self, key: int, size: int) -> None:
        bids = self.bids
        self.before = bids.set(key, size)
        if size == 0 and self.before == 0:
            self.unknown_removals += 1
        if bids.best == _NONE:
            self.best_bid = 0
        else:
            self.best_bid = bids.best * self.tick
        self.best_bid_size = bids.best_size

    def _set_ask(self, key: int, size: int) -> None:
        asks = self.asks
        self.before = asks.set(key, size)
        if size == 0 and self.before == 0:
            self.unknown_removals += 1
        if asks.best == _NONE:
            self.best_ask = 0
        else:
            self.best_ask = -asks.best * self.tick
        self.best_ask_size = asks.best_size


def depth_rows(event: DepthUpdate) -> list[tuple[int, int, int, int]]:
    """The rows (side, price, size, flags) of a depth event, as in depth columns.

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> depth_rows(DepthUpdate(goog, 5, ((10000, 3),), ((10001, 4),)))
    [(1, 10000, 3, 0), (-1, 10001, 4, 1)]
    """
    snapshot = 2 if event.is_snapshot else 0
    rows = [(1, price, size, snapshot) for price, size in event.bids]
    rows += [(-1, price, size, snapshot) for price, size in event.asks]
    if rows:
        side, price, size, flags = rows[-1]
        rows[-1] = (side, price, size, flags | DEPTH_LAST)
    return rows
