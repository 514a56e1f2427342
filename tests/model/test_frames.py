"""Frames of users: every kind gives the same columns, and what is wrong is named by its row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tradewind.model.errors import BadData
from tradewind.model.frames import columns_from, columns_to_frame
from tradewind.model.instruments import Instrument

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
MINUTE = 60_000_000_000
START = datetime(2024, 3, 1, 14, 30, tzinfo=UTC)
START_NS = int(START.timestamp()) * 10**9


def bars(**changed: Any) -> dict[str, Any]:
    """Return three sane one-minute bars, with some columns changed."""
    frame = {
        "open_time_ns": np.array([START_NS + n * MINUTE for n in range(3)]),
        "open": [10.0, 10.5, 10.25],
        "high": [10.75, 10.5, 10.5],
        "low": [9.99, 10.1, 10.0],
        "close": [10.5, 10.2, 10.07],
        "volume": [100, 0, 50],
    }
    return frame | changed


def trades(**changed: Any) -> dict[str, Any]:
    """Return three trades, with some columns changed."""
    frame = {
        "time_ns": [1, 2, 2],
        "price": [10.0, 10.5, 10.25],
        "size": [1, 2, 3],
        "side": [1, -1, 0],
    }
    return frame | changed


def same(left: Any, right: Any) -> bool:
    """True when two columns hold the same rows."""
    names = list(left.arrays)
    return names == list(right.arrays) and all((left[n] == right[n]).all() for n in names)


def test_a_dict_of_arrays_becomes_columns_of_units() -> None:
    columns = columns_from("bars", bars(), GOOG)
    assert columns["close"].tolist() == [1050, 1020, 1007]
    assert columns["close_time_ns"].tolist() == [START_NS + n * MINUTE for n in (1, 2, 3)]
    assert all(array.dtype == np.int64 for array in columns.arrays.values())


def test_decimals_texts_and_integers_with_digits_say_the_same_as_floats() -> None:
    expected = columns_from("bars", bars(), GOOG)
    prices = ("open", "high", "low", "close")
    texts = {name: [str(value) for value in bars()[name]] for name in prices}
    decimals = {name: [Decimal(value) for value in texts[name]] for name in prices}
    units = {name: [int(value * 10000) for value in decimals[name]] for name in prices}
    assert same(columns_from("bars", bars(**texts), GOOG), expected)
    assert same(columns_from("bars", bars(**decimals), GOOG), expected)
    assert same(columns_from("bars", bars(**units) | {"price_digits": 4}, GOOG), expected)


def test_pandas_polars_and_arrow_frames_say_the_same_as_a_dict() -> None:
    expected = columns_from("bars", bars(), GOOG)
    for library in ("pandas", "polars"):
        module = pytest.importorskip(library)
        assert same(columns_from("bars", module.DataFrame(bars()), GOOG), expected)
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table(bars())
    assert same(columns_from("bars", table, GOOG), expected)
    assert same(columns_from("bars", table.to_batches()[0], GOOG), expected)


def test_decimal_columns_of_polars_and_arrow_are_exact() -> None:
    prices = [Decimal("10.00"), Decimal("10.50"), Decimal("10.07")]
    for library, build in (("polars", "DataFrame"), ("pyarrow", "table")):
        module = pytest.importorskip(library)
        frame = getattr(module, build)(trades(price=prices))
        assert columns_from("trades", frame, GOOG)["price"].tolist() == [1000, 1050, 1007]


def test_a_pandas_frame_may_hold_its_times_as_a_zoned_index() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(bars()).drop(columns="open_time_ns")
    times = [START + timedelta(minutes=n) for n in range(3)]
    frame.index = pandas.DatetimeIndex(times).tz_convert("America/New_York")
    assert same(columns_from("bars", frame, GOOG), columns_from("bars", bars(), GOOG))


def test_integer_units_of_an_arrow_table_are_named_in_its_metadata() -> None:
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table(trades(price=[1000, 1050, 1007]))
    table = table.replace_schema_metadata({"price_digits": "2"})
    assert columns_from("trades", table, GOOG)["price"].tolist() == [1000, 1050, 1007]


def test_integer_units_of_a_pandas_frame_are_named_in_its_attributes() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(trades(price=[1000, 1050, 1007]))
    frame.attrs["price_digits"] = 2
    assert columns_from("trades", frame, GOOG)["price"].tolist() == [1000, 1050, 1007]


def test_datetimes_are_times_naive_ones_in_utc() -> None:
    zone = timezone(timedelta(hours=-5))
    naive = [START.replace(tzinfo=None) + timedelta(minutes=n) for n in range(3)]
    zoned = [(START + timedelta(minutes=n)).astimezone(zone) for n in range(3)]
    seconds = np.array(naive, "datetime64[s]")
    expected = columns_from("bars", bars(), GOOG)
    for times in (naive, zoned, seconds):
        frame = bars(open_time=times)
        del frame["open_time_ns"]
        assert same(columns_from("bars", frame, GOOG), expected)


def test_the_timeframe_says_when_bars_close() -> None:
    frame = bars(open_time_ns=[0, 5 * MINUTE, 6 * MINUTE])
    closes = columns_from("bars", frame, GOOG, timeframe="1m")["close_time_ns"]
    assert closes.tolist() == [MINUTE, 6 * MINUTE, 7 * MINUTE]


def test_without_a_timeframe_a_bar_ends_where_the_next_begins() -> None:
    frame = bars(open_time_ns=[0, 5 * MINUTE, 6 * MINUTE])
    closes = columns_from("bars", frame, GOOG)["close_time_ns"]
    assert closes.tolist() == [5 * MINUTE, 6 * MINUTE, 9 * MINUTE]


def test_a_single_bar_needs_a_timeframe() -> None:
    frame = {name: values[:1] for name, values in bars().items()}
    assert len(columns_from("bars", frame, GOOG, timeframe="1m")) == 1
    with pytest.raises(BadData, match="name the timeframe"):
        columns_from("bars", frame, GOOG)


def test_columns_to_a_frame_and_back_are_the_same() -> None:
    columns = columns_from("bars", bars(), GOOG)
    assert same(columns_from("bars", columns_to_frame(columns), GOOG), columns)


def test_columns_pass_as_they_are_and_others_are_refused() -> None:
    columns = columns_from("bars", bars(), GOOG)
    assert columns_from("bars", columns, GOOG) is columns
    with pytest.raises(BadData, match=r"these are bars of GOOG.SIM, wanted are trades"):
        columns_from("trades", columns, GOOG)


def test_no_rows_are_no_error() -> None:
    empty: dict[str, Any] = {name: [] for name in trades()}
    assert len(columns_from("trades", empty, GOOG)) == 0


WRONG_BARS = {
    "row 1 is earlier than row 0: sort": {"open_time_ns": [3, 2, 4]},
    "row 1 has the same time as row 0: keep one": {"open_time_ns": [3, 3, 4]},
    "row 1 begins before row 0 has ended": {
        "close_time_ns": [10, 20, 30],
        "open_time_ns": [0, 5, 25],
    },
    "row 0 does not end after it begins": {
        "close_time_ns": [0, 20, 30],
        "open_time_ns": [0, 5, 25],
    },
    "row 2, column 'close': a price must be greater than zero": {"close": [10.5, 10.2, 0.0]},
    "row 0, column 'low': a price must be greater than zero": {"low": [-1.0, 10.1, 10.0]},
    "row 1 has its high below its low": {"high": [10.75, 10.0, 10.5]},
    "row 1 has its high below its open or close": {"high": [10.75, 10.3, 10.5]},
    "row 1 has its low above its open or close": {"low": [9.99, 10.3, 10.0]},
    "row 1, column 'volume' is negative": {"volume": [1, -1, 1]},
    "row 2, column 'open': nan is not a number": {"open": [10.0, 10.5, float("nan")]},
    "row 0, column 'close': 10.001 has more than 2 digits": {"close": [10.001, 10.2, 10.07]},
    "unknown column 'adj_close': leave it out": {"adj_close": [1, 2, 3]},
    "the columns are not equally long": {"volume": [1, 2]},
    "column 'open_time' holds bare numbers": {"open_time": [1, 2, 3]},
    "column 'volume' is a str": {"volume": "100"},
}


@pytest.mark.parametrize("sentence", WRONG_BARS)
def test_wrong_bars_are_refused_with_one_sentence(sentence: str) -> None:
    with pytest.raises(BadData) as refusal:
        columns_from("bars", bars(**WRONG_BARS[sentence]), GOOG)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


WRONG_TRADES = {
    "row 2 is earlier than row 1": {"time_ns": [1, 2, 1]},
    "column 'price': a price must be greater": {"price": [10.0, 0.0, 1.0]},
    "row 1, column 'size' is negative": {"size": [1, -1, 1]},
    "row 2 has a side other than 1, -1 or 0": {"side": [1, -1, 2]},
    "column 'time_ns' holds float64": {"time_ns": [1.0, 2.0, 3.0]},
    "row 1, column 'time_ns': None is not a datetime": {"time_ns": [START, None, START]},
    "row 0, column 'time_ns' has no time": {"time_ns": np.array(["NaT", 1, 2], "datetime64[s]")},
}


@pytest.mark.parametrize("sentence", WRONG_TRADES)
def test_wrong_trades_are_refused_with_one_sentence(sentence: str) -> None:
    with pytest.raises(BadData) as refusal:
        columns_from("trades", trades(**WRONG_TRADES[sentence]), GOOG)
    assert sentence in str(refusal.value)


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    frame = bars()
    del frame["volume"]
    with pytest.raises(BadData, match=r"column 'volume' is missing .there are open_time_ns, open,"):
        columns_from("bars", frame, GOOG)


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(BadData, match="a list is no frame: give a dict"):
        columns_from("bars", [1, 2], GOOG)


def test_quotes_may_lack_a_side_and_depth_rows_may_remove_a_level() -> None:
    quotes = {"time_ns": [1], "bid": [0], "bid_size": [0], "ask": [10.5], "ask_size": [3]}
    assert columns_from("quotes", quotes, GOOG)["bid"].tolist() == [0]
    depth = {"time_ns": [1], "side": [1], "price": [10.5], "size": [0], "flags": [3]}
    assert columns_from("depth", depth, GOOG)["size"].tolist() == [0]


def test_a_row_of_depth_that_marks_a_gap_carries_no_level() -> None:
    gap = {"time_ns": [1], "side": [0], "price": [0], "size": [0], "flags": [4]}
    assert columns_from("depth", gap, GOOG)["flags"].tolist() == [4]


WRONG_DEPTH = {
    "row 0 has a side other than 1 or -1": {"side": [0]},
    "row 0 has unknown flags": {"flags": [8]},
    "row 0, column 'price': a price must be greater": {"price": [0.0]},
}


@pytest.mark.parametrize("sentence", WRONG_DEPTH)
def test_wrong_depth_is_refused(sentence: str) -> None:
    depth = {"time_ns": [1], "side": [1], "price": [10.5], "size": [0], "flags": [3]}
    with pytest.raises(BadData, match=sentence):
        columns_from("depth", depth | WRONG_DEPTH[sentence], GOOG)
