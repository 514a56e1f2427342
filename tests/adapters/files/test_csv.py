"""CSV: columns found or mapped, exact numbers, and one sentence with the line for what is wrong."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.files.import_files import GOOG, lines_of, read, read_all, real, written
from tradewind.adapters.files import text_rows
from tradewind.model.errors import BadData, UserError
from tradewind.model.instruments import Instrument

HEAD = "Date,Open,High,Low,Close,Volume"
ROWS = ("2024-03-01,10,11.50,9.99,10.25,1000", "2024-03-04,10.25,10.5,10.00,10.07,0")
DAY_NS = 86_400_000_000_000


def refusal(path: Path, *lines: str, **request: Any) -> str:
    """Return the sentence with which a file of some lines is refused."""
    with pytest.raises(UserError) as refused:
        read("csv", written(path / "x.csv", *lines), **request)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_columns_are_found_by_their_usual_names(tmp_path: Path) -> None:
    reading, bars = read_all("csv", written(tmp_path / "x.csv", HEAD, *ROWS), timeframe="1d")
    assert (reading.kind, reading.timeframe) == ("bars", "1d")
    assert bars["close"].tolist() == [1025, 1007]
    assert (bars["close_time_ns"] - bars["open_time_ns"]).tolist() == [DAY_NS, DAY_NS]


def test_columns_of_other_names_are_mapped(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", "when;o;h;l;c", "01.03.2024 14:30;1;2;1;2")
    names = {"time": "when", "open": "o", "high": "h", "low": "l", "close": "c", "volume": "-"}
    settings = {"delimiter": ";", "time_format": "%d.%m.%Y %H:%M", "zone": "America/New_York"}
    bars = read("csv", path, columns=names, timeframe="1m", **settings)
    assert bars["open_time_ns"].tolist() == [1_709_321_400_000_000_000]
    assert bars["volume"].tolist() == [0]


def test_a_file_without_names_has_numbers_for_them(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", *ROWS)
    names = {"time": "1", "open": "2", "high": "3", "low": "4", "close": "5", "volume": "6"}
    bars = read("csv", path, columns=names, timeframe="1d", first_line="rows")
    assert bars["close"].tolist() == [1025, 1007]


def test_a_packed_file_with_marks_quotes_and_windows_lines_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    quoted = [",".join(f'"{field}"' for field in line.split(",")) for line in (HEAD, *ROWS)]
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + "\r\n".join(quoted).encode() + b"\r\n\r\n"))
    assert read("csv", path)["close"].tolist() == [1025, 1007]


def test_trades_and_quotes_are_kinds_of_their_own(tmp_path: Path) -> None:
    lines = ("time,price,size,side", "1709303400000,1.5,3,buy", "1709303400001,1.25,4,SELL")
    trades = read("csv", written(tmp_path / "t.csv", *lines), kind="trades")
    assert trades["side"].tolist() == [1, -1]
    lines = ("timestamp,bid_price,bid_qty,ask_price,ask_qty", "1709303400,1,2,1.5,3")
    quotes = read("csv", written(tmp_path / "q.csv", *lines), kind="quotes")
    assert quotes["ask"].tolist() == [150]
    assert quotes["time_ns"].tolist() == [1_709_303_400_000_000_000]


def test_one_column_of_prices_becomes_bars_and_rows_without_are_counted(tmp_path: Path) -> None:
    lines = ("date,GOOG,AAPL", "2024-03-01,,1.5", "2024-03-04,,", "2024-03-05,7.1,2.5")
    path = written(tmp_path / "x.csv", *lines)
    reading, bars = read_all("csv", path, price_column="AAPL", timeframe="1d")
    assert bars["open"].tolist() == bars["close"].tolist() == [150, 250]
    assert dict(reading.left_out) == {"no price": 1}


def test_numbers_of_many_digits_are_taken_from_their_text(tmp_path: Path) -> None:
    lines = ("time,price,size,side", "1709303400000,100.2500000000000000000,3,buy")
    trades = read("csv", written(tmp_path / "t.csv", *lines), kind="trades")
    assert trades["price"].tolist() == [10025]
    line = "1709303400000,100.2500000000000000001,3,buy"
    assert "has more than 2 digits" in refusal(tmp_path, lines[0], line, kind="trades")


def test_blocks_join_without_losing_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{1_709_303_400_000 + n},{n + 1}.25,{n},buy" for n in range(100)]
    path = written(tmp_path / "t.csv", "time,price,size,side", *lines)
    monkeypatch.setattr(text_rows, "BLOCK_BYTES", 64)
    assert read("csv", path, kind="trades")["size"].tolist() == list(range(100))


@pytest.mark.parametrize("block_bytes", [8, 60, 1 << 20])
def test_a_blank_line_between_rows_is_refused_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(text_rows, "BLOCK_BYTES", block_bytes)
    lines = ("2024-03-01,1,1,1,1,1", "", "2024-03-02,1,1,1,1,1", "", "")
    sentence = refusal(tmp_path, HEAD, *lines, timeframe="1d")
    assert "line 3 has 1 fields where the first line has 6" in sentence


def test_rows_out_of_order_across_blocks_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_rows, "BLOCK_BYTES", 32)
    lines = [f"2024-03-0{day},1,1,1,1,1" for day in (1, 2, 4, 3)]
    assert "2024-03-03 00:00:00 UTC comes after one of 2024-03-04" in refusal(
        tmp_path, HEAD, *lines, timeframe="1d"
    )
    lines = [f"2024-03-0{day},1,1,1,1,1" for day in (1, 2, 3, 3)]
    assert "keep each once" in refusal(tmp_path, HEAD, *lines, timeframe="1d")


WRONG_LINES = {
    "x.csv: line 3 has 5 fields where the first line has 6": ("2024-03-02,1,1,1,1",),
    "x.csv: line 3, column 'close': 'ten' is not a number": ("2024-03-02,1,1,1,ten,1",),
    "x.csv: line 3, column 'close' is empty: mend": ("2024-03-02,1,1,1,,1",),
    "x.csv: line 3, column 'close': '1_0' is not a number": ("2024-03-02,1,1,1,1_0,1",),
    "line 3, column 'close': nan is not a number: drop": ("2024-03-02,1,1,1,nan,1",),
    "line 3, column 'open': 1.001 has more than 2 digits": ("2024-03-02,1.001,2,1,1,1",),
    "line 3, column 'volume': 0.5 has more than 0 digits": ("2024-03-02,1,1,1,1,0.5",),
    "line 3, column 'low': a price must be greater than zero": ("2024-03-02,1,1,0,1,1",),
    "line 3 has its high below its low": ("2024-03-02,1,1,2,1,1",),
    "line 3 is earlier than line 2: sort": ("2024-02-28,1,1,1,1,1",),
    "line 3 has the same time as line 2: keep one": ("2024-03-01,1,1,1,1,1",),
    "x.csv: line 3: 'soon' is not a time like 2024-03-01": ("soon,1,1,1,1,1",),
    "x.csv: line 3: '2024-02-30' is not a time": ("2024-02-30,1,1,1,1,1",),
    "x.csv: line 4 has 1 fields": ("2024-03-02,1,1,1,1,1", "", "2024-03-03,1,1,1,1,1"),
    "a quoted field runs over lines": ('2024-03-02,"1', '1",1,1,1,1'),
    "it is no CSV (unexpected end of data)": ('2024-03-02,"1,1,1,1,1',),
    "it is no CSV": ('2024-03-02,"1"1,1,1,1,1',),
}


@pytest.mark.parametrize("sentence", WRONG_LINES)
def test_a_wrong_line_is_refused_with_its_number(tmp_path: Path, sentence: str) -> None:
    first = "2024-03-01,1,1,1,1,1"
    assert sentence in refusal(tmp_path, HEAD, first, *WRONG_LINES[sentence], timeframe="1d")


def test_the_number_of_a_line_counts_lines_that_were_left_out(tmp_path: Path) -> None:
    lines = ("date,A", "2024-03-01,1", "2024-03-02,", "2024-03-03,ten")
    sentence = refusal(tmp_path, *lines, price_column="A", timeframe="1d")
    assert "line 4, column 'open': 'ten'" in sentence


WRONG_COLUMNS: dict[str, dict[str, Any]] = {
    "x.csv has no column 'Close': there are Date, O, H": {"columns": {"close": "Close"}},
    "x.csv has no column 'open': name the one that holds it with --map open=NAME": {},
    "'clos' in --map is no column of bars: map time, close_time,": {"columns": {"clos": "x"}},
    "'open' cannot be left out": {"columns": {"open": "-"}},
    "x.csv has no column 'A': there are Date": {"price_column": "A"},
    "x.csv has no column 'price'": {"kind": "trades"},
}


@pytest.mark.parametrize("sentence", WRONG_COLUMNS)
def test_a_missing_or_unknown_column_is_named(tmp_path: Path, sentence: str) -> None:
    lines = ("Date,O,H,L,C,V", "2024-03-01,1,1,1,1,1")
    assert sentence in refusal(tmp_path, *lines, **WRONG_COLUMNS[sentence])


def test_a_column_named_twice_is_refused_when_it_is_asked_for(tmp_path: Path) -> None:
    lines = ("date,A,A", "2024-03-01,1,1")
    assert "has 2 columns 'A'" in refusal(tmp_path, *lines, price_column="A")


def test_a_line_of_names_of_another_length_is_refused(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, HEAD + ",More", ROWS[0])
    assert "line 2 has 6 fields, the line of names has 7" in sentence


@pytest.mark.parametrize("lines", [("",), (HEAD,), ("", "")])
def test_a_file_without_rows_is_refused(tmp_path: Path, lines: tuple[str, ...]) -> None:
    assert "name a file with rows" in refusal(tmp_path, *lines)


def test_an_unknown_side_is_refused(tmp_path: Path) -> None:
    lines = ("time,price,size,side", "1709303400000,1,1,up")
    assert "line 2, column 'side': 'up' is no side" in refusal(tmp_path, *lines, kind="trades")


def test_an_unusual_timeframe_has_to_be_named(tmp_path: Path) -> None:
    lines = ("2024-03-01,1,1,1,1,1", "2024-03-06,1,1,1,1,1")
    assert "--timeframe 1d" in refusal(tmp_path, HEAD, *lines)
    path = written(tmp_path / "x.csv", HEAD, *lines)
    assert len(read("csv", path, timeframe="5d")) == 2


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        read("csv", tmp_path / "absent.csv")
    with pytest.raises(UserError, match="is a folder"):
        read("csv", tmp_path)


def test_a_file_of_one_endless_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(HEAD.encode() + b"\n" + b"1" * 100_000)
    with pytest.raises(BadData):
        read("csv", path)


REAL = [
    ("daily/GOOG.csv", GOOG, "1d", 2148),
    ("daily/EURUSD.csv", Instrument("EUR/USD.SIM", tick="0.00001", lot="1"), "1h", 5000),
]


@pytest.mark.parametrize(("name", "instrument", "timeframe", "count"), REAL)
def test_a_real_file_is_read_whole_and_exactly(
    name: str, instrument: Instrument, timeframe: str, count: int
) -> None:
    reading, bars = read_all("csv", real(name), instrument)
    rows = lines_of(real(name))[1:]
    assert (reading.timeframe, len(bars), len(rows)) == (timeframe, count, count)
    for place, column in enumerate(("open", "high", "low", "close"), start=1):
        scaled = [Decimal(row[place]).scaleb(instrument.price_digits) for row in rows]
        assert bars[column].tolist() == scaled
    assert int(bars["volume"].sum()) == sum(int(row[5]) for row in rows)


def test_a_real_table_of_prices_gives_one_stock_at_a_time() -> None:
    path = real("daily/us_20_stocks_adjusted_close.csv")
    facebook = Instrument("FB.SIM", tick="0.000001", lot="1", currency="USD")
    reading, bars = read_all("csv", path, facebook, price_column="FB", timeframe="1d")
    rows = lines_of(path)
    place = rows[0].index("FB")
    prices = [Decimal(row[place]) for row in rows[1:] if row[place]]
    assert bars["close"].tolist() == [price.scaleb(6) for price in prices]
    assert reading.left_out["no price"] == len(rows) - 1 - len(prices)
    with pytest.raises(BadData, match="a table of one price a column: --column NAME"):
        read("csv", path, facebook)
