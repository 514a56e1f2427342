"""Instruments found in frames: tick, lot, digits and kind, and what is said where none is."""

from __future__ import annotations

import pytest

from tests.adapters.binance.frames import (
    AGGREGATE_TRADE,
    KLINE,
    SPOT_DEPTH,
    SPOT_SNAPSHOT,
    SPOT_TICKER,
    SPOT_TRADE,
    USDM_DEPTH,
    USDM_TICKER,
    Fields,
    raw,
)
from tradewind.adapters.binance.instruments import KNOWN, GridSearch
from tradewind.adapters.binance.wire import decode_frame
from tradewind.model.errors import BadData, UserError


def searched(symbol: str, *frames: bytes) -> GridSearch:
    search = GridSearch(symbol)
    for frame in frames:
        search.take(decode_frame(frame))
    return search


def test_the_tick_is_the_step_of_all_prices_and_the_lot_that_of_traded_and_best_sizes() -> None:
    search = searched(
        "BTCUSDT",
        raw(SPOT_TRADE, p="100.50", q="0.0300"),
        raw(AGGREGATE_TRADE, p="101.00", q="0.0200"),
        raw(SPOT_TICKER, b="99.50", a="100.00", B="1.0000", A="2.0000"),
        raw(SPOT_DEPTH, b=[["90.00", "25.426189"]], a=[]),
        raw(SPOT_SNAPSHOT, bids=[["98.50", "0.5"]], asks=[]),
        b'{"result":null,"id":1}',
    )
    found = search.instrument("BTC/USDT.BINANCE")
    assert (found.tick, found.price_digits) == ("0.5", 1)
    assert (found.lot, found.quantity_digits) == ("0.01", 6)
    assert found.kind == "spot"


def test_frames_that_name_the_frame_before_them_are_of_futures() -> None:
    found = searched("ETHUSDT", raw(USDM_DEPTH), raw(USDM_TICKER)).instrument("ETH/USDT.X")
    assert (found.kind, found.tick, found.lot) == ("perpetual", "0.05", "0.001")


def test_a_step_of_more_than_one_is_found_too() -> None:
    frame = raw(SPOT_TRADE, p="61000.0", q="300")
    found = searched("BTCUSDT", frame, raw(SPOT_TRADE, p="61005.0", q="200"))
    assert found.instrument("BTC/USDT.X").tick == "5"
    assert found.instrument("BTC/USDT.X").lot == "100"


def test_digits_of_older_sizes_are_kept_as_far_as_ten_together_allow() -> None:
    old = raw(SPOT_DEPTH, b=[["0.00001230", "25.42618900"]], a=[])
    found = searched("BTCUSDT", raw(SPOT_TRADE, p="0.0000124", q="0.5"), old).instrument("BTC/X.Y")
    assert (found.lot, found.price_digits, found.quantity_digits) == ("0.5", 7, 3)


def test_a_tick_and_lot_of_more_than_ten_digits_together_are_refused() -> None:
    search = searched("BTCUSDT", raw(SPOT_TRADE, p="0.00000123", q="0.001"))
    with pytest.raises(UserError, match="8 \\+ 3 digits"):
        search.instrument("BTC/X.Y")


@pytest.mark.parametrize("frame", [raw(SPOT_TRADE, p="x", q="1"), raw(KLINE), raw(SPOT_SNAPSHOT)])
def test_frames_without_a_price_of_the_symbol_give_no_instrument(frame: bytes) -> None:
    with pytest.raises(BadData, match="no price of BTCUSDT"):
        searched("BTCUSDT", frame).instrument("BTC/USDT.BINANCE")


@pytest.mark.parametrize("frame", [SPOT_TRADE, SPOT_TICKER, SPOT_DEPTH, KLINE])
def test_frames_of_another_symbol_are_named(frame: Fields) -> None:
    with pytest.raises(BadData, match=r"the frames are of BTCUSDT\): name the captured"):
        searched("ETHUSDT", raw(frame), raw(SPOT_SNAPSHOT)).instrument("ETH/USDT.BINANCE")


def test_known_instruments_are_known_by_their_id() -> None:
    assert all(instrument.id == key for key, instrument in KNOWN.items())
    assert KNOWN["BTC/USDT.BINANCE"].quantity_digits == 8
