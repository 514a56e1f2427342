"""Bars from trades or quotes in exact integers, one row at a time or whole columns."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from tradewind.model.errors import BadData
from tradewind.model.numbers import UNITS_MAX

NO_PRICE = -(2**62)
"""In place of a price: the row adds its size to the volume and moves no price."""

WEIGHT_MAX = 2**62
"""Bound of a bar's volume and value, so that one more row stays within 64 bits."""

TIME_MAX_NS = 2**62
"""Bound of |time|, in the year 2116."""

INTERVAL_MAX_NS = 2**56
"""Bound of the interval of time bars, about 2.3 years."""

KINDS = ("time", "tick", "volume", "value")
COLUMNS = ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume")

_TIME, _TICK, _VOLUME, _VALUE = range(4)
_NO_PRICE = NO_PRICE
_WEIGHT_MAX = WEIGHT_MAX
_TIME_MAX_NS = TIME_MAX_NS
_UNITS_MAX = UNITS_MAX
_WIDTH = len(COLUMNS)
_STATE_LENGTH = 19


class BarBuilder:
    """The running bar and the last closed one; prices and sizes are integer units.

    `kind` says what closes a bar, `step` how much of it:
    - "time": an interval of `step` ns, aligned to the UTC epoch plus `offset_ns`. It closes with
      the first row at or after its end, or by `advance`. An interval without a price gives no
      bar; size that came in it is counted in `unpriced_volume` (up to 2^62).
    - "tick": `step` priced trades. "volume": `step` quantity units. "value": `step` units of
      |price| x size, in 10^-(price digits + quantity digits). These close with the trade that
      reaches the step. A trade is never split: what it brings beyond the step stays in its bar
      and the next bar starts from nothing, so that every bar has at least `step` and the volumes
      add up to what came in (M. Lopez de Prado, "Advances in Financial Machine Learning", 2.3).
      They span the time of their first trade to that of their last.

    Bars of quotes hold bid + ask: the mid in half units, exact. A quote without one of its sides
    (price 0) moves time only.

    Rows come in the order of time. An earlier row, a negative size, or a number out of range is
    refused with `BadData` and changes nothing. The running bar is in `open_time_ns
    close_time_ns open high low close volume`, as far as `price_count` is not 0.

    >>> minute = BarBuilder("time", 60)
    >>> [minute.update(*row) for row in ((61, 10, 1), (70, 12, 2), (119, 9, 3), (200, 11, 4))]
    [0, 0, 0, 1]
    >>> minute.closed_bar()
    (60, 120, 10, 12, 9, 9, 6)
    >>> minute.advance(240), minute.closed_bar()
    (1, (180, 240, 11, 11, 11, 11, 4))
    """

    __slots__ = (
        "_buffer",
        "_kind",
        "_rows",
        "_written",
        "close",
        "close_time_ns",
        "closed_close",
        "closed_close_time_ns",
        "closed_high",
        "closed_low",
        "closed_open",
        "closed_open_time_ns",
        "closed_volume",
        "high",
        "last_time_ns",
        "low",
        "offset_ns",
        "open",
        "open_time_ns",
        "price_count",
        "progress",
        "step",
        "trade_count",
        "unpriced_volume",
        "volume",
    )

    def __init__(self, kind: str, step: int, *, offset_ns: int = 0) -> None:
        step_max = INTERVAL_MAX_NS if kind == "time" else WEIGHT_MAX
        if kind not in KINDS or not 1 <= step <= step_max:
            raise BadData(f"{kind} bars of {step} are refused: use {KINDS}, 1 to {step_max}")
        self._kind = KINDS.index(kind)
        self.step = step
        self.offset_ns = offset_ns % step if kind == "time" else 0
        self.last_time_ns = self.close_time_ns = self.open_time_ns = -TIME_MAX_NS
        self.open = self.high = self.low = self.close = self.volume = 0
        self.price_count = self.trade_count = self.progress = self.unpriced_volume = 0
        self.closed_open_time_ns = self.closed_close_time_ns = self.closed_volume = 0
        self.closed_open = self.closed_high = self.closed_low = self.closed_close = 0
        self._drop_rows()

    def update(self, time_ns: int, price: int, size: int) -> int:
        """Take a trade; 1 when it closed a bar, which `closed_bar` then tells, else 0.

        A time bar is closed by the first trade behind it, the others by their last trade.
        """
        if price != _NO_PRICE and (price > _UNITS_MAX or price < -_UNITS_MAX):
            self._refuse(time_ns, price, size)
        return self._take(time_ns, price, size)

    def update_quote(self, time_ns: int, bid: int, ask: int) -> int:
        """Take a quote at bid + ask, the mid in half units; 1 when it closed a bar, else 0.

        Bars of volume and of value need trades and refuse quotes.
        """
        if self._kind > _TICK or bid > _UNITS_MAX or bid < -_UNITS_MAX:
            self._refuse_quote(time_ns, bid, ask)
        if ask > _UNITS_MAX or ask < -_UNITS_MAX:
            self._refuse_quote(time_ns, bid, ask)
        if bid == 0 or ask == 0:
            return self._take(time_ns, _NO_PRICE, 0)
        return self._take(time_ns, bid + ask, 0)

    def advance(self, time_ns: int) -> int:
        """Tell the time without a row; 1 when it closed a time bar, else 0.

        Rows before `time_ns` are refused from then on. Other kinds of bar have no clock.
        """
        if self._kind != _TIME or time_ns <= self.last_time_ns:
            return 0
        if time_ns > _TIME_MAX_NS:
            self._refuse(time_ns, 0, 0)
        self.last_time_ns = time_ns
        return self._close(self.close_time_ns) if time_ns >= self.close_time_ns else 0

    def finish(self) -> int:
        """Close the running bar as it is, at the end of the data; 1 when there was one, else 0."""
        return self._close(self.close_time_ns if self._kind == _TIME else self.last_time_ns)

    def closed_bar(self) -> tuple[int, int, int, int, int, int, int]:
        """The bar closed last: open and close time, open, high, low, close, volume."""
        return (
            self.closed_open_time_ns,
            self.closed_close_time_ns,
            self.closed_open,
            self.closed_high,
            self.closed_low,
            self.closed_close,
            self.closed_volume,
        )

    def run(
        self, time_ns: NDArray[np.int64], price: NDArray[np.int64], size: NDArray[np.int64]
    ) -> int:
        """Take columns of trades, as `update` on each row; the number of bars closed.

        The bars are kept for `take`, the same however the rows are cut into columns. A refused
        row ends the run behind the rows before it, whose bars are kept.

        >>> ticks = BarBuilder("tick", 2)
        >>> ticks.run(*np.array([[1, 2, 3], [10, 11, 12], [5, 5, 5]]))
        1
        >>> {name: column.tolist() for name, column in ticks.take().items()}["volume"]
        [10]
        """
        before = self._written
        times, prices, sizes = _views(time_ns=time_ns, price=price, size=size)
        self._run(times, prices, sizes)
        return int(self._written - before)

    def run_quotes(
        self, time_ns: NDArray[np.int64], bid: NDArray[np.int64], ask: NDArray[np.int64]
    ) -> int:
        """Take columns of quotes, as `update_quote` on each row; the number of bars closed."""
        before = self._written
        times, bids, asks = _views(time_ns=time_ns, bid=bid, ask=ask)
        self._run_quotes(times, bids, asks)
        return int(self._written - before)

    def take(self) -> dict[str, NDArray[np.int64]]:
        """The bars that `run` closed since the last `take`: int64 columns of the contract."""
        rows = self._buffer[: self._written * _WIDTH].reshape(-1, _WIDTH)
        self._drop_rows()
        return {name: rows[:, index].copy() for index, name in enumerate(COLUMNS)}

    def snapshot(self) -> list[int | str]:
        """Kind, step and state; bars that `run` closed have to be taken before."""
        if self._written:
            raise BadData("bars that were not taken are no part of a snapshot: call take() first")
        return [
            *self._identity(),
            *(self.last_time_ns, self.open_time_ns, self.close_time_ns, self.open, self.high),
            *(self.low, self.close, self.volume, self.price_count, self.trade_count),
            *(self.progress, self.unpriced_volume, *self.closed_bar()),
        ]

    def restore(self, snapshot: list[int | str]) -> None:
        """Continue exactly where `snapshot` was taken from a builder of the same bars."""
        identity = self._identity()
        numbers = [part for part in snapshot[len(identity) :] if isinstance(part, int)]
        if snapshot != identity + numbers or len(numbers) != _STATE_LENGTH:
            raise BadData(f"this snapshot is not of {identity}: restore it into the same bars")
        (self.last_time_ns, self.open_time_ns, self.close_time_ns, self.open) = numbers[:4]
        (self.high, self.low, self.close, self.volume) = numbers[4:8]
        (self.price_count, self.trade_count, self.progress) = numbers[8:11]
        (self.unpriced_volume, self.closed_open_time_ns, self.closed_close_time_ns) = numbers[11:14]
        (self.closed_open, self.closed_high, self.closed_low, self.closed_close) = numbers[14:18]
        self.closed_volume = numbers[18]
        self._drop_rows()

    def _identity(self) -> list[int | str]:
        return [KINDS[self._kind], self.step, self.offset_ns]

    def _take(self, time_ns: int, price: int, size: int) -> int:
        if time_ns < self.last_time_ns or time_ns > _TIME_MAX_NS or size < 0 or size > _UNITS_MAX:
            self._refuse(time_ns, price, size)
        if self._kind == _TIME:
            return self._take_by_time(time_ns, price, size)
        return self._take_by_weight(time_ns, price, size)

    def _take_by_time(self, time_ns: int, price: int, size: int) -> int:
        closed = 0
        if time_ns >= self.close_time_ns:
            closed = self._close(self.close_time_ns)
            passed = (time_ns - self.offset_ns) // self.step
            self.open_time_ns = passed * self.step + self.offset_ns
            self.close_time_ns = self.open_time_ns + self.step
        elif self.volume > _WEIGHT_MAX - size:
            self._refuse(time_ns, price, size)
        self._add(time_ns, price, size)
        return closed

    def _take_by_weight(self, time_ns: int, price: int, size: int) -> int:
        weight = self._weight(time_ns, price, size)
        if self.volume > _WEIGHT_MAX - size or self.progress > _WEIGHT_MAX - weight:
            self._refuse(time_ns, price, size)
        if self.trade_count == 0:
            self.open_time_ns = time_ns
        self.progress += weight
        self._add(time_ns, price, size)
        if self.progress < self.step or self.price_count == 0:
            return 0
        return self._close(time_ns)

    def _weight(self, time_ns: int, price: int, size: int) -> int:
        if self._kind == _VOLUME:
            return size
        if price == _NO_PRICE:
            return 0
        if self._kind == _TICK:
            return 1
        distance = price if price >= 0 else -price
        if size > 0 and distance > _WEIGHT_MAX // size:
            self._refuse(time_ns, price, size)
        return distance * size

    def _add(self, time_ns: int, price: int, size: int) -> int:
        self.last_time_ns = time_ns
        self.trade_count += 1
        self.volume += size
        if price == _NO_PRICE:
            return 0
        if self.price_count == 0:
            self.open = self.high = self.low = price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.price_count += 1
        return 1

    def _close(self, close_time_ns: int) -> int:
        closed = 1 if self.price_count > 0 else 0
        if closed == 1:
            self.closed_open_time_ns = self.open_time_ns
            self.closed_close_time_ns = close_time_ns
            self.closed_open = self.open
            self.closed_high = self.high
            self.closed_low = self.low
            self.closed_close = self.close
            self.closed_volume = self.volume
        elif self.unpriced_volume > _WEIGHT_MAX - self.volume:
            self.unpriced_volume = _WEIGHT_MAX
        else:
            self.unpriced_volume += self.volume
        self.price_count = self.trade_count = self.volume = self.progress = 0
        self.close_time_ns = -_TIME_MAX_NS
        return closed

    def _run(self, time_ns: memoryview, price: memoryview, size: memoryview) -> None:
        for row in range(len(time_ns)):
            if self.update(time_ns[row], price[row], size[row]) == 1:
                self._write()

    def _run_quotes(self, time_ns: memoryview, bid: memoryview, ask: memoryview) -> None:
        for row in range(len(time_ns)):
            if self.update_quote(time_ns[row], bid[row], ask[row]) == 1:
                self._write()

    def _write(self) -> None:
        place = self._written * _WIDTH
        if place == len(self._rows):
            self._grow()
        self._rows[place] = self.closed_open_time_ns
        self._rows[place + 1] = self.closed_close_time_ns
        self._rows[place + 2] = self.closed_open
        self._rows[place + 3] = self.closed_high
        self._rows[place + 4] = self.closed_low
        self._rows[place + 5] = self.closed_close
        self._rows[place + 6] = self.closed_volume
        self._written += 1

    def _grow(self) -> None:
        filled = self._buffer
        self._hold(np.empty(max(64 * _WIDTH, 2 * len(filled)), np.int64))
        self._buffer[: len(filled)] = filled

    def _drop_rows(self) -> None:
        self._hold(np.empty(0, np.int64))
        self._written = 0

    def _hold(self, buffer: NDArray[np.int64]) -> None:
        self._buffer = buffer
        self._rows = buffer.data  # its items are plain ints, whose sums cannot wrap

    def _refuse(self, time_ns: int, price: int, size: int) -> NoReturn:
        if time_ns < self.last_time_ns:
            raise BadData(
                f"a row at {time_ns} comes after one at {self.last_time_ns}: sort by time_ns"
            )
        raise BadData(
            f"{KINDS[self._kind]} bars: price {price} and size {size} at {time_ns} are refused: "
            f"|price| and size are at most {UNITS_MAX}, size is not negative, a bar's volume and "
            f"value stay below {WEIGHT_MAX}, and time below {TIME_MAX_NS}"
        )

    def _refuse_quote(self, time_ns: int, bid: int, ask: int) -> NoReturn:
        if self._kind > _TICK:
            raise BadData(f"{KINDS[self._kind]} bars need trades: use time or tick bars of quotes")
        raise BadData(f"bid {bid} and ask {ask} at {time_ns}: beyond {UNITS_MAX}")


def _views(**columns: NDArray[np.int64]) -> list[memoryview]:
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1 or any(column.dtype != np.int64 for column in columns.values()):
        raise BadData(f"{', '.join(columns)} must be int64 columns of one length")
    return [np.ascontiguousarray(column).data for column in columns.values()]
