"""Sale conditions: minute bars of real IBM trades against the reference minute file."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tradewind.model.errors import BadData
from tradewind.signals.bars import NO_PRICE, BarBuilder
from tradewind.signals.sale_conditions import (
    OPENING_WINDOW_NS,
    bar_trades,
    updates_price,
    updates_volume,
)

MINUTE_NS = 60_000_000_000
OPEN_NS = 570 * MINUTE_NS  # 09:30 of New York, the time of both files
CLOSE_NS = 960 * MINUTE_NS
DAYS = ("20131007", "20131008")

Minute = tuple[int, ...]


def rows_of(folder: str, day: str) -> list[list[str]]:
    root = os.environ.get("TRADEWIND_REAL_DATA")
    if root is None:
        pytest.skip("TRADEWIND_REAL_DATA is not set: trades and minutes of IBM are absent")
    path = Path(root) / "us_equity" / folder / "ibm" / f"{day}_trade.zip"
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return [line.split(",") for line in text.split()]


def built_minutes(day: str) -> dict[int, Minute]:
    rows = rows_of("tick", day)
    table = [(int(row[0]) * 1_000_000, int(row[1]), int(row[2]), int(row[4], 16)) for row in rows]
    columns = np.array(table, np.int64).T
    trades = bar_trades(*columns, session_open_ns=OPEN_NS, session_close_ns=CLOSE_NS)
    builder = BarBuilder("time", MINUTE_NS)
    builder.run(*trades)
    bars = list(zip(*(column.tolist() for column in builder.take().values()), strict=True))
    assert builder.finish() == 1
    bars.append(builder.closed_bar())
    assert builder.unpriced_volume == 0
    return {bar[0]: tuple(bar[2:]) for bar in bars}


def reference_minutes(day: str) -> dict[int, Minute]:
    rows = [tuple(map(int, row)) for row in rows_of("minute", day)]
    return {row[0] * 1_000_000: row[1:] for row in rows}


@pytest.mark.parametrize("day", DAYS)
def test_every_minute_of_ibm_has_the_open_high_low_and_close_of_the_reference(day: str) -> None:
    built, reference = built_minutes(day), reference_minutes(day)
    assert {time: bar[:4] for time, bar in built.items()} == {
        time: bar[:4] for time, bar in reference.items()
    }


def test_876_of_877_minutes_have_the_volume_of_the_reference() -> None:
    # Not explained: on the 8th the primary's opening print (88,065 shares) came at 09:31:43.
    # The reference has it in no minute at all; here it counts in its own.
    differing = {}
    count = 0
    for day in DAYS:
        built, reference = built_minutes(day), reference_minutes(day)
        count += len(reference)
        for time_ns, bar in reference.items():
            if built[time_ns] != bar:
                differing[day, time_ns // MINUTE_NS] = built[time_ns][4] - bar[4]
    assert count == 877
    assert differing == {("20131008", 571): 88_065}


@pytest.mark.parametrize(
    ("conditions", "price", "volume"),
    [
        (0x0, True, True),
        (0x1, True, True),  # regular
        (0x20, False, True),  # intermarket sweep
        (0x20000020, False, True),  # the same, exempt from trade-through
        (0x20002020, True, True),  # the same in extended hours
        (0x20000200, False, True),  # derivatively priced
        (0x20100000, False, True),  # average price
        (0x102000, True, True),  # average price in extended hours
        (0x4800, True, True),  # sold, out of sequence
        (0x1000000, False, False),  # official close
        (0x4000000, False, False),  # official open
        (0x40, True, True),  # opening print
        (0x80, True, True),  # closing print
    ],
)
def test_what_a_condition_lets_a_trade_change(conditions: int, price: bool, volume: bool) -> None:
    assert updates_price(conditions) == price
    assert updates_volume(conditions) == volume
    trade = np.array([[5], [100], [7], [conditions]], np.int64)
    times, prices, sizes = bar_trades(*trade, session_open_ns=0, session_close_ns=10)
    assert prices.tolist() == ([100 if price else NO_PRICE] if price or volume else [])
    assert sizes.tolist() == ([7 if volume else 0] if price or volume else [])
    assert len(times) == len(prices)


def booked(*rows: tuple[int, int], open_ns: int, close_ns: int) -> list[tuple[int, int]]:
    """Rows of (time, conditions), the price telling which is which, as (time, price)."""
    times, conditions = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    prices = np.arange(len(rows), dtype=np.int64)
    trades = bar_trades(
        times, prices, prices, conditions, session_open_ns=open_ns, session_close_ns=close_ns
    )
    return list(zip(trades[0].tolist(), trades[1].tolist(), strict=True))


def test_an_opening_print_is_the_first_trade_of_its_session() -> None:
    rows = ((9, 0x1), (10, 0x1), (12, 0x40))
    assert booked(*rows, open_ns=10, close_ns=20) == [(9, 0), (10, 2), (10, 1)]


def test_a_delayed_opening_stays_at_its_own_time() -> None:
    last, late = OPENING_WINDOW_NS - 1, OPENING_WINDOW_NS
    assert booked((last, 0x40), open_ns=0, close_ns=10**12) == [(0, 0)]
    assert booked((late, 0x40), open_ns=0, close_ns=10**12) == [(late, 0)]


def test_a_closing_print_is_the_last_trade_before_the_close() -> None:
    rows = ((19, 0x1), (20, 0x2000), (25, 0x80))
    assert booked(*rows, open_ns=0, close_ns=20) == [(19, 0), (19, 2), (20, 1)]


def test_trades_out_of_order_or_of_two_lengths_are_refused() -> None:
    column = np.array([2, 1], np.int64)
    with pytest.raises(BadData, match="sort them by time_ns"):
        bar_trades(column, column, column, column, session_open_ns=0, session_close_ns=9)
    with pytest.raises(BadData, match="of one length"):
        bar_trades(column, column, column, column[:1], session_open_ns=0, session_close_ns=9)


def trades_of_nothing() -> list[NDArray[np.int64]]:
    return [np.empty(0, np.int64)] * 4


def test_a_day_without_trades_has_none() -> None:
    trades = bar_trades(*trades_of_nothing(), session_open_ns=0, session_close_ns=9)
    assert [len(column) for column in trades] == [0, 0, 0]
