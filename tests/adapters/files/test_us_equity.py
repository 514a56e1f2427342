"""Zipped US equities: sessions of New York, ticks, adjustment; the real files without loss."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.adapters.files.import_files import (
    lines_of,
    of_format,
    read,
    read_all,
    real,
    real_files,
    zipped,
)
from tradewind.adapters.files import text_rows
from tradewind.model.columns import Columns
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument

SPY = of_format("us-equity", "SPY.SIM")
IBM = of_format("us-equity", "IBM.SIM")
ADJUSTED = of_format("us-equity", "SPY.SIM", price_digits=6)
STOCKS = ("spy", "aapl", "aig")


def new_york(columns: Columns, name: str) -> list[str]:
    """Return times as New York's clock showed them."""
    zone = ZoneInfo("America/New_York")
    times = columns[name].astype("datetime64[ns]").astype("datetime64[ms]").tolist()
    utc = ZoneInfo("UTC")
    return [f"{time.replace(tzinfo=utc).astimezone(zone):%Y%m%d %H:%M}" for time in times]


def refusal(path: Path, **request: Any) -> str:
    """Return the sentence with which a file is refused."""
    with pytest.raises(UserError) as refused:
        read("us-equity", path, request.pop("instrument", SPY), **request)
    return str(refused.value)


def test_a_day_is_its_session_in_winter_and_summer(tmp_path: Path) -> None:
    rows = ("20240308 00:00,10000,10100,9900,10000,5", "20240311 00:00,10000,10100,9900,10000,5")
    reading, bars = read_all("us-equity", zipped(tmp_path / "spy.zip", "spy.csv", *rows), SPY)
    assert (reading.kind, reading.timeframe) == ("bars", "1d")
    assert new_york(bars, "open_time_ns") == ["20240308 09:30", "20240311 09:30"]
    assert new_york(bars, "close_time_ns") == ["20240308 16:00", "20240311 16:00"]
    assert int(np.diff(bars["open_time_ns"])[0]) == (3 * 24 - 1) * 3_600_000_000_000
    assert bars["low"].tolist() == [9900, 9900]


def test_the_first_hour_is_half_of_one(tmp_path: Path) -> None:
    rows = ("20240308 09:00,10000,10100,9900,10000,5", "20240308 10:00,10000,10100,9900,10000,5")
    reading, bars = read_all("us-equity", zipped(tmp_path / "spy.zip", "spy.csv", *rows), SPY)
    assert reading.timeframe == "1h"
    assert new_york(bars, "open_time_ns") == ["20240308 09:30", "20240308 10:00"]
    assert new_york(bars, "close_time_ns") == ["20240308 10:00", "20240308 11:00"]


def test_a_quote_tick_changes_one_side_and_leaves_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (
        "14400054,0,0,1836300,100,Q,1,0",
        "14400241,1800100,300,0,0,P,1,0",
        "14400242,1900100,700,0,0,P,1,1",
        "14400243,0,0,1836200,200,P,1,0",
    )
    path = zipped(tmp_path / "20131007_quote.zip", "20131007_ibm_Quote_Tick.csv", *rows)
    for block_bytes in (1 << 20, 33):
        monkeypatch.setattr(text_rows, "BLOCK_BYTES", block_bytes)
        reading, quotes = read_all("us-equity", path, IBM)
        assert quotes["bid"].tolist() == [0, 1800100, 1800100]
        assert quotes["bid_size"].tolist() == [0, 300, 300]
        assert quotes["ask"].tolist() == [1836300, 1836300, 1836200]
        assert dict(reading.left_out) == {"suspicious": 1}


def test_trades_keep_their_sale_conditions(tmp_path: Path) -> None:
    rows = ("14430270,1815200,283,P,20002020,0", "14450472,1818000,500,P,,0")
    path = zipped(tmp_path / "20131007_trade.zip", "20131007_ibm_Trade_Tick.csv", *rows)
    trades = read("us-equity", path, IBM)
    assert trades["conditions"].tolist() == [0x20002020, 0]
    assert new_york(trades, "time_ns") == ["20131007 04:00", "20131007 04:00"]


def test_a_price_finer_than_the_instrument_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "spy.zip", "spy.csv", "20240308 00:00,10000,10100,9900,10001,5")
    coarse = Instrument("SPY.SIM", tick="0.01", lot="1", currency="USD")
    sentence = refusal(path, instrument=coarse)
    assert "line 1, column 'close': 1.0001 has more than 2 digits" in sentence
    assert "price_digits" in sentence


WRONG = {
    "has 5 columns, not 6": ("spy.csv", "20240308 00:00,1,1,1,1"),
    "line 1: '20240308' is no time like 20131007 09:30": ("spy.csv", "20240308,1,1,1,1,5"),
    "line 1: '20240308 24:00' is no time": ("spy.csv", "20240308 24:00,1,1,1,1,5"),
    "does not exist": ("spy.csv", "20240230 00:00,1,1,1,1,5"),
    "column 'close': '1.5' is not a whole number": ("spy.csv", "20240308 00:00,1,2,1,1.5,5"),
    "a sale condition is no hexadecimal number": ("20131007_ibm_Trade_Tick.csv", "1,1,1,P,X,0"),
    "has 6 columns, not 8": ("20131007_ibm_Quote_Tick.csv", "1,1,1,P,1,0"),
    "has no rows": ("spy.csv", ""),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_file_is_refused_with_one_sentence(tmp_path: Path, sentence: str) -> None:
    member, line = WRONG[sentence]
    assert sentence in refusal(zipped(tmp_path / "x.zip", member, line))


def test_another_timeframe_than_the_file_has_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "spy.zip", "spy.csv", "20240308 00:00,10000,10100,9900,10000,5")
    assert "has bars of 1d, not 1h" in refusal(path, timeframe="1h")


def factors(folder: Path, *lines: str) -> Path:
    """Write a factor file."""
    path = folder / "factors.csv"
    path.write_text("\n".join(lines))
    return path


def test_prices_are_multiplied_and_volumes_divided_up_to_a_factors_day(tmp_path: Path) -> None:
    rows = [f"2024030{day} 00:00,1000003,1000003,1000003,1000003,5" for day in (4, 5, 6, 7)]
    path = zipped(tmp_path / "spy.zip", "spy.csv", *rows)
    file = factors(tmp_path, "20240304,0.5,0.25,1", "20240306,0.9999999,1,1")
    bars = read("us-equity", path, ADJUSTED, factors=file)
    assert bars["close"].tolist() == [12500038, 100000290, 100000290, 100000300]
    assert bars["volume"].tolist() == [20, 5, 5, 5]


def test_half_a_unit_is_rounded_to_the_even_one(tmp_path: Path) -> None:
    rows = [f"2024030{day} 00:00,{n},{n},{n},{n},5" for day, n in ((4, 101), (5, 103))]
    path = zipped(tmp_path / "spy.zip", "spy.csv", *rows)
    bars = read("us-equity", path, ADJUSTED, factors=factors(tmp_path, "20240305,0.005,1,1"))
    assert bars["close"].tolist() == [50, 52]


def test_adjusted_prices_need_six_digits(tmp_path: Path) -> None:
    path = zipped(tmp_path / "spy.zip", "spy.csv", "20240308 00:00,10000,10100,9900,10000,5")
    assert "--price-digits 6" in refusal(path, factors=factors(tmp_path, "20240305,0.5,1,1"))


WRONG_FACTORS = {
    "line 2: 20240305,x,1 is no day and two factors": ("20240301,1,1", "20240305,x,1"),
    "line 1: 2024030,1,1 is no day and two factors": ("2024030,1,1",),
    "line 1: a factor must be greater than zero": ("20240305,0,1",),
    "line 1 has 2 fields": ("20240305,1",),
    "the days are out of order or doubled": ("20240305,1,1", "20240301,1,1"),
}


@pytest.mark.parametrize("sentence", WRONG_FACTORS)
def test_a_wrong_factor_file_is_refused(tmp_path: Path, sentence: str) -> None:
    path = zipped(tmp_path / "spy.zip", "spy.csv", "20240308 00:00,10000,10100,9900,10000,5")
    file = factors(tmp_path, *WRONG_FACTORS[sentence])
    assert sentence in refusal(path, instrument=ADJUSTED, factors=file)


@pytest.mark.parametrize("stock", STOCKS)
@pytest.mark.parametrize(("folder", "clock"), [("daily", "09:30"), ("hour", None)])
def test_real_days_and_hours_are_read_without_loss(
    stock: str, folder: str, clock: str | None
) -> None:
    path = real(f"us_equity/{folder}/{stock}.zip")
    bars, rows = read("us-equity", path, SPY), lines_of(path)
    for place, name in enumerate(("open", "high", "low", "close", "volume"), start=1):
        assert bars[name].tolist() == [int(row[place]) for row in rows]
    shown = [row[0].replace("09:00", "09:30") for row in rows]
    wanted = [f"{time[:8]} {clock}" for time in shown] if clock else shown
    assert new_york(bars, "open_time_ns") == wanted


def test_real_minutes_of_trades_are_read_without_loss() -> None:
    for path in real_files("us_equity/minute/ibm", "*_trade.zip"):
        reading, bars = read_all("us-equity", path, IBM)
        rows = lines_of(path)
        assert (reading.kind, reading.timeframe) == ("bars", "1m")
        for place, name in enumerate(("open", "high", "low", "close", "volume"), start=1):
            assert bars[name].tolist() == [int(row[place]) for row in rows]


def test_real_ticks_of_trades_are_read_without_loss() -> None:
    for path in real_files("us_equity/tick/ibm", "*_trade.zip"):
        trades, rows = read("us-equity", path, IBM), lines_of(path)
        assert trades["price"].tolist() == [int(row[1]) for row in rows]
        assert trades["size"].tolist() == [int(row[2]) for row in rows]
        assert trades["conditions"].tolist() == [int(row[4], 16) for row in rows]
        first_ms = int(rows[0][0])
        assert (trades["time_ns"] - trades["time_ns"][0]).tolist() == [
            (int(row[0]) - first_ms) * 1_000_000 for row in rows
        ]


def test_real_ticks_of_quotes_change_one_side_each() -> None:
    for path in real_files("us_equity/tick/ibm", "*_quote.zip"):
        reading, quotes = read_all("us-equity", path, IBM)
        rows = [row for row in lines_of(path) if row[7] == "0"]
        assert len(quotes) == len(rows)
        assert reading.left_out["suspicious"] == len(lines_of(path)) - len(rows)
        for price, size, place in (("bid", "bid_size", 1), ("ask", "ask_size", 3)):
            said = [number for number, row in enumerate(rows) if row[place] != "0"]
            assert quotes[price][said].tolist() == [int(rows[n][place]) for n in said]
            assert quotes[size][said].tolist() == [int(rows[n][place + 1]) for n in said]


def test_the_last_real_tick_of_a_minute_is_the_minutes_closing_quote() -> None:
    for path in real_files("us_equity/minute/ibm", "*_quote.zip"):
        minutes = read("us-equity", path, IBM)
        ticks = read("us-equity", real("us_equity/tick/ibm") / path.name, IBM)
        rows = np.searchsorted(ticks["time_ns"], minutes["time_ns"]) - 1
        assert len(minutes) == len(lines_of(path))
        for name in ("bid", "bid_size", "ask", "ask_size"):
            assert ticks[name][rows].tolist() == minutes[name].tolist()


@pytest.mark.parametrize("stock", STOCKS)
def test_real_adjusted_closes_are_the_exact_products(stock: str) -> None:
    path, file = real(f"us_equity/daily/{stock}.zip"), real(f"us_equity/factor_files/{stock}.csv")
    bars = read("us-equity", path, ADJUSTED, factors=file)
    rows, table = lines_of(path), lines_of(file)
    expected = []
    for row in rows:
        _, price, split, _ = next(line for line in table if line[0] >= row[0][:8])
        product = Decimal(row[4]) * Decimal(price) * Decimal(split) * 100
        expected.append(int(product.to_integral_value("ROUND_HALF_EVEN")))
    assert bars["close"].tolist() == expected


def test_the_recorded_result_of_buying_once_comes_out_to_the_cent() -> None:
    path, file = real("us_equity/daily/spy.zip"), real("us_equity/factor_files/spy.csv")
    bars = read("us-equity", path, ADJUSTED, factors=file)
    days = {time[:8]: row for row, time in enumerate(new_york(bars, "open_time_ns"))}
    bought = int(bars["open"][days["20131009"]])
    valued = int(bars["close"][days["20131017"]])
    equity = 100_000_000_000 - 3_485_000 + 697 * (valued - bought)
    assert Decimal(equity).scaleb(-6).quantize(Decimal("0.01")) == Decimal("104486.22")
