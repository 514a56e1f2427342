"""Binance's public files: old and new ones, spot and futures, with names and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.files.import_files import BITCOIN, read, read_all, written, zipped
from tradewind.model.errors import BadData, UserError

START_NS = 1_704_067_200_000_000_000
KLINES = (
    "1704067200000,42283.58,42298.62,42261.02,42298.61,35.92724,1704067259999,15.2,132,1.1,6.3,0",
    "1704067260000,42298.62,42320.00,42298.61,42320.00,21.16779,1704067319999,89.1,134,1.9,6.3,0",
)
KLINE_NAMES = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore"
)
TRADES = (
    "2812345678,42283.58,0.00123,3345678901,3345678903,1704067200012,False,True",
    "2812345679,42283.57,0.50000,3345678904,3345678904,1704067200012,True,True",
)
TRADE_NAMES = (
    "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
)


def test_klines_are_bars_that_end_where_the_next_begins(tmp_path: Path) -> None:
    path = zipped(tmp_path / "BTCUSDT-1m-2024-01-01.zip", "BTCUSDT-1m-2024-01-01.csv", *KLINES)
    reading, bars = read_all("binance-klines", path, BITCOIN)
    assert (reading.kind, reading.timeframe) == ("bars", "1m")
    assert bars["open_time_ns"].tolist() == [START_NS, START_NS + 60 * 10**9]
    assert bars["close_time_ns"].tolist() == [START_NS + 60 * 10**9, START_NS + 120 * 10**9]
    assert bars["close"].tolist() == [4229861, 4232000]
    assert bars["volume"].tolist() == [3592724, 2116779]


def test_names_and_microseconds_make_no_difference(tmp_path: Path) -> None:
    plain = read("binance-klines", written(tmp_path / "a.csv", *KLINES), BITCOIN)
    fine = [line.replace("000,4", "000000,4", 1).replace("999,", "999999,", 1) for line in KLINES]
    named = read("binance-klines", written(tmp_path / "b.csv", KLINE_NAMES, *fine), BITCOIN)
    for name in plain.arrays:
        assert plain[name].tolist() == named[name].tolist()


def test_a_trade_against_a_resting_buyer_was_a_sale(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", *TRADES)
    reading, trades = read_all("binance-aggtrades", path, BITCOIN)
    assert (reading.kind, reading.timeframe) == ("trades", None)
    assert trades["side"].tolist() == [1, -1]
    assert trades["size"].tolist() == [123, 50000]
    assert trades["update_id"].tolist() == [2812345678, 2812345679]
    assert trades["time_ns"].tolist() == [START_NS + 12_000_000] * 2


def test_trades_of_futures_have_names_and_seven_columns(tmp_path: Path) -> None:
    rows = [line.rpartition(",")[0].lower() for line in TRADES]
    path = zipped(tmp_path / "t.zip", "t.csv", TRADE_NAMES, *rows)
    assert read("binance-aggtrades", path, BITCOIN)["side"].tolist() == [1, -1]


def test_another_timeframe_than_the_file_has_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "k.csv", *KLINES)
    with pytest.raises(UserError, match="has bars of 1m, not 5m: leave out --timeframe"):
        read("binance-klines", path, BITCOIN, timeframe="5m")


def test_bars_of_unlike_length_are_refused(tmp_path: Path) -> None:
    longer = KLINES[1].replace("1704067319999", "1704067379999")
    with pytest.raises(BadData, match="bars of unlike length"):
        read("binance-klines", written(tmp_path / "k.csv", KLINES[0], longer), BITCOIN)


WRONG = {
    "has 8 columns, not 12": ("binance-klines", TRADES),
    "has 12 columns, not 7 or 8": ("binance-aggtrades", KLINES),
    "line 1, column 'is_buyer_maker' is neither": (
        "binance-aggtrades",
        (TRADES[0].replace("False", "maybe"),),
    ),
    "line 1, column 'price': 'x' is not a number": (
        "binance-aggtrades",
        (TRADES[0].replace("42283.58", "x"),),
    ),
    "line 1, column 'transact_time': '1.7e12' is not a whole number": (
        "binance-aggtrades",
        (TRADES[0].replace("1704067200012", "1.7e12"),),
    ),
    "line 2 is earlier than line 1": ("binance-klines", KLINES[::-1]),
    "line 2 has the same time as line 1": ("binance-klines", (KLINES[0], KLINES[0])),
    "x.csv has no rows": ("binance-klines", (KLINE_NAMES,)),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_file_is_refused_with_one_sentence(tmp_path: Path, sentence: str) -> None:
    form, lines = WRONG[sentence]
    with pytest.raises(BadData) as refused:
        read(form, written(tmp_path / "x.csv", *lines), BITCOIN)
    assert sentence in str(refused.value)
