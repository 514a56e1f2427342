"""Signals against reference files and against TA-Lib, from the first value on."""

import csv
import math
import os
import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tradewind.signals.adx import adx
from tradewind.signals.atr import atr
from tradewind.signals.bollinger import bollinger
from tradewind.signals.ema import ema
from tradewind.signals.macd import macd
from tradewind.signals.rsi import rsi
from tradewind.signals.sma import sma

Array = NDArray[np.float64]


def reference(name: str) -> dict[str, list[str]]:
    """The columns of a reference file, as its text says them."""
    root = os.environ.get("TRADEWIND_REAL_DATA")
    if root is None:
        pytest.skip("TRADEWIND_REAL_DATA is not set: reference files are absent")
    with (Path(root) / "oracles" / "indicators" / name).open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    return {key: [row[key] for row in rows] for key in rows[0]}


def floats(column: list[str]) -> list[float]:
    return [float(text) for text in column]


def half_unit(text: str) -> float:
    """Half a unit of the last digit that the text has, and a hair for binary fractions."""
    return 0.5000001 * 10.0 ** -len(text.partition(".")[2])


def assert_equal_from_the_first_value(values: Array, column: list[str]) -> int:
    """Each stated value is met within half its last digit; nan stands where none is stated."""
    stated = 0
    for value, text in zip(values, column, strict=True):
        assert math.isnan(value) == (text in ("", "NaN"))
        if text not in ("", "NaN"):
            assert value == pytest.approx(float(text), abs=half_unit(text), rel=0)
            stated += 1
    return stated


def test_ema_equals_its_reference_to_the_thirteenth_digit() -> None:
    columns = reference("spy_ema.csv")
    values = ema(floats(columns["close"]), 14)
    stated = [float(text) for text in columns["EMA14"]]
    assert sum(map(math.isfinite, stated)) == 351
    np.testing.assert_allclose(values, stated, rtol=1e-13)


def test_bollinger_equals_its_reference_to_the_last_digit() -> None:
    # 40 of the 962 bands of the file are rounded the wrong way, none by 0.61 units of the digit
    columns = reference("spy_bollinger_bands.txt")
    values = bollinger(floats(columns["Close"]), 20, width=2.0)
    names = ("Moving Average 20", "Bollinger Bands® 20 2 Top", "Bollinger Bands® 20 2 Bottom")
    for output, (name, tolerance) in enumerate(zip(names, (1e-9, 6.1e-5, 6.1e-5), strict=True)):
        stated = np.array([float(text or "nan") for text in columns[name]])
        assert np.isfinite(stated).sum() == 481
        np.testing.assert_allclose(values[:, output], stated, rtol=0, atol=tolerance)


def test_atr_equals_its_reference_to_the_last_digit() -> None:
    columns = reference("spy_atr_wilder.txt")
    bars = [floats(columns[name]) for name in ("High", "Low", "Close")]
    stated = columns["Average True Range 14"]
    assert assert_equal_from_the_first_value(atr(*bars, 14), stated) == 488


def test_macd_equals_its_reference_to_the_seventh_digit() -> None:
    # the file starts in its 180th row, where every seed has faded; it has seven digits of
    # numbers up to 17, and the signal was rounded once more than the line
    columns = reference("spy_with_macd.txt")
    values = macd(floats(columns["Close"]))
    for output, (name, tolerance) in enumerate(
        (("MACD", 5e-6), ("Signal", 6e-6), ("Histogram", 5e-6))
    ):
        stated = np.array([float(text or "nan") for text in columns[name]])
        known = np.isfinite(stated)
        assert known.sum() == 183
        np.testing.assert_allclose(values[known, output], stated[known], rtol=0, atol=tolerance)


def test_adx_and_both_directions_equal_their_reference_to_the_last_digit() -> None:
    columns = reference("spy_with_adx.txt")
    values = adx(*(floats(columns[name]) for name in ("High", "Low", "Close")), period=14)
    adx_column = columns["ADX 14"]
    assert assert_equal_from_the_first_value(values[:, 0], adx_column) == 477
    for output, name in ((1, "+DI14"), (2, "-DI14")):
        known = [text if mean else "" for text, mean in zip(columns[name], adx_column, strict=True)]
        assert assert_equal_from_the_first_value(values[:, output], known) == 477


@pytest.fixture(scope="module")
def bars() -> tuple[Array, Array, Array]:
    """2,000 bars of a seeded walk: high, low, close."""
    chance = random.Random(3)
    close = 100.0 * np.exp(np.cumsum([chance.gauss(0.0, 0.01) for _ in range(2_000)]))
    reach = np.array([[1.0 + chance.random() / 50, 1.0 - chance.random() / 50] for _ in close])
    return close * reach[:, 0], close * reach[:, 1], close


def test_ema_sma_macd_bollinger_and_rsi_equal_ta_lib_from_the_first_value(
    bars: tuple[Array, Array, Array],
) -> None:
    talib = pytest.importorskip("talib", reason="TA-Lib is not installed")
    close = bars[2]
    middle = np.column_stack(talib.BBANDS(close, 20, 2.0, 2.0))[:, [1, 0, 2]]
    pairs = [
        (ema(close, 14), talib.EMA(close, 14)),
        (sma(close, 14), talib.SMA(close, 14)),
        (macd(close), np.column_stack(talib.MACD(close, 12, 26, 9))),
        (
            macd(close, fast=5, slow=40, signal_period=3),
            np.column_stack(talib.MACD(close, 5, 40, 3)),
        ),
        (bollinger(close), middle),
        (rsi(close), talib.RSI(close, 14)),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)


def test_atr_and_adx_are_within_a_ten_thousandth_of_ta_lib_after_200_bars(
    bars: tuple[Array, Array, Array],
) -> None:
    talib = pytest.importorskip("talib", reason="TA-Lib is not installed")
    pairs = [
        (atr(*bars), talib.ATR(*bars, 14)),
        (adx(*bars)[:, 0], talib.ADX(*bars, 14)),
        (adx(*bars)[:, 1], talib.PLUS_DI(*bars, 14)),
        (adx(*bars)[:, 2], talib.MINUS_DI(*bars, 14)),
    ]
    for ours, theirs in pairs:
        assert not np.allclose(ours[30:40], theirs[30:40], rtol=0, atol=1e-4)  # the seeds differ
        np.testing.assert_allclose(ours[200:], theirs[200:], rtol=0, atol=1e-4)
