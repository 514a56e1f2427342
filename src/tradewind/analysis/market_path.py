"""The market of one instrument as orders met it: middles and prints at their times."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.book import Book
from tradewind.model.columns import DEPTH_LAST, Columns

Times = NDArray[np.int64]


class MarketPath:
    """Middles of quotes (or, without quotes, prices of prints and bars) and traded volume.

    Prices are in the instrument's units. A bar counts with its open at its opening and its close
    at its closing; its volume trades at (high + low + close) / 3 when it closes.

    >>> from tradewind.model.frames import columns_from
    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> frame = {"time_ns": [5], "bid": [10], "bid_size": [1], "ask": [10.5], "ask_size": [1]}
    >>> path = MarketPath([columns_from("quotes", frame, goog)])
    >>> path.middle(4), path.middle(5)
    (None, Fraction(1025, 1))
    """

    def __init__(self, batches: Iterable[Columns]) -> None:
        quoted: list[Any] = []
        traded: list[Any] = []
        marked: list[Any] = []
        for batch in batches:
            READERS[batch.kind](batch, quoted, traded, marked)
        self._quote_times, self._quotes = _sorted(quoted, 2)
        self._mark_keys, self._marks = _sorted(marked, 1)
        self._print_times, self._prints = _sorted(traded, 3)
        self._row_times = np.unique(
            np.concatenate([self._quote_times, self._mark_keys // 2, self._print_times])
        )

    def middle(self, time_ns: int) -> Fraction | None:
        """What the instrument was worth at a time; None before its first price."""
        return self._worth(time_ns, time_ns * 2 + 1)

    def arrival(self, time_ns: int) -> Fraction | None:
        """The same for who decided at a time: a bar that opens then comes behind the decision."""
        return self._worth(time_ns, time_ns * 2)

    def _worth(self, time_ns: int, mark_key: int) -> Fraction | None:
        quote = _at(self._quote_times, self._quotes, time_ns)
        if quote is not None:
            return Fraction(int(quote[0]) + int(quote[1]), 2)
        mark = _at(self._mark_keys, self._marks, mark_key)
        return None if mark is None else Fraction(int(mark[0]))

    def vwap(self, start_ns: int, end_ns: int) -> Fraction | None:
        """Volume-weighted average price of what traded from a time to another, both included."""
        first = int(np.searchsorted(self._print_times, start_ns, "left"))
        last = int(np.searchsorted(self._print_times, end_ns, "right"))
        value, volume = Fraction(0), 0
        for price, parts, size in self._prints[first:last].tolist():
            value += Fraction(price * size, parts)
            volume += size
        return value / volume if volume else None

    def last_row_ns(self, time_ns: int) -> int | None:
        """The time of the last row at or before a time: the tick that a decision followed."""
        place = int(np.searchsorted(self._row_times, time_ns, "right"))
        return int(self._row_times[place - 1]) if place else None


def _bars(batch: Columns, quoted: list[Any], traded: list[Any], marked: list[Any]) -> None:
    one = np.ones(len(batch), np.int64)
    # keys of marks are twice the time, and one more where a bar opens
    marked.append((batch["open_time_ns"] * 2 + 1, batch["open"][:, None]))
    marked.append((batch["close_time_ns"] * 2, batch["close"][:, None]))
    total = batch["high"] + batch["low"] + batch["close"]
    traded.append((batch["close_time_ns"], np.stack([total, 3 * one, batch["volume"]], 1)))


def _trades(batch: Columns, quoted: list[Any], traded: list[Any], marked: list[Any]) -> None:
    one = np.ones(len(batch), np.int64)
    marked.append((batch["time_ns"] * 2, batch["price"][:, None]))
    traded.append((batch["time_ns"], np.stack([batch["price"], one, batch["size"]], 1)))


def _quotes(batch: Columns, quoted: list[Any], traded: list[Any], marked: list[Any]) -> None:
    whole = (batch["bid"] > 0) & (batch["ask"] > 0)
    pair = np.stack([batch["bid"][whole], batch["ask"][whole]], 1)
    quoted.append((batch["time_ns"][whole], pair))


def _depth(batch: Columns, quoted: list[Any], traded: list[Any], marked: list[Any]) -> None:
    book, times, pairs = Book(batch.instrument.tick_units), [], []
    rows = zip(*(batch[name].tolist() for name in _DEPTH), strict=True)
    for time_ns, side, price, size, flags in rows:
        book.apply(side, price, size, flags)
        if flags & DEPTH_LAST and book.best_bid > 0 and book.best_ask > 0:
            times.append(time_ns)
            pairs.append((book.best_bid, book.best_ask))
    if times:
        quoted.append((np.array(times, np.int64), np.array(pairs, np.int64)))


_DEPTH = ("time_ns", "side", "price", "size", "flags")
READERS = {"bars": _bars, "trades": _trades, "quotes": _quotes, "depth": _depth}
"""How each kind of market data is read."""


def _sorted(parts: list[Any], width: int) -> tuple[Times, NDArray[np.int64]]:
    if not parts:
        return np.empty(0, np.int64), np.empty((0, width), np.int64)
    times = np.concatenate([part[0] for part in parts])
    rows = np.concatenate([part[1] for part in parts])
    order = np.argsort(times, kind="stable")
    return times[order], rows[order]


def _at(times: Times, rows: NDArray[np.int64], time_ns: int) -> NDArray[np.int64] | None:
    place = int(np.searchsorted(times, time_ns, "right"))
    return rows[place - 1] if place else None
