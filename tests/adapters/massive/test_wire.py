"""Massive's answers and events become exact rows, or say why they cannot."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.massive import wire
from tradewind.adapters.massive.instruments import instrument_of
from tradewind.adapters.massive.rows import (
    bar_row,
    quote_event_row,
    quote_row,
    trade_event_row,
    trade_row,
)
from tradewind.model.errors import BadData, BadMessage, BadNumber

APPLE = instrument_of("AAPL.MASSIVE", Decimal(1))
BITCOIN = instrument_of("BTC/USD.MASSIVE", Decimal("35060"))
EURO = instrument_of("EUR/USD.MASSIVE", Decimal(1))

TRADE = (
    b'{"conditions":[12,41],"exchange":11,"id":"1","participant_timestamp":1517562000015577000,'
    b'"price":171.55,"sequence_number":1063,"sip_timestamp":1517562000016036601,"size":100}'
)
QUOTE = {
    "ask_price": 0,
    "ask_size": 0,
    "bid_price": 102.7,
    "bid_size": 60,
    "participant_timestamp": 1517562000065321200,
    "sip_timestamp": 1517562000065700400,
}
STREAM_TRADE = {
    "ev": "T", "sym": "MSFT", "i": "12345", "x": 4, "p": 114.125, "z": 3, "s": 100,
    "c": [0, 12], "t": 1536036818784, "q": 3681328,
}  # fmt: skip
MS = 1_000_000


def events(*given: dict[str, Any]) -> list[wire.Event]:
    return wire.decode_events(msgspec.json.encode(given))


def test_a_trade_keeps_every_nanosecond() -> None:
    """1517562000016036601 is beyond 2^53, where floats skip."""
    print_ = msgspec.json.decode(TRADE, type=wire.TradePrint)
    stamp = 1517562000016036601
    assert trade_row(print_, APPLE) == (stamp, stamp, 1_715_500, 1_000_000, 0)


def test_a_crypto_trade_says_who_took_and_when_the_exchange_had_it() -> None:
    raw = (
        b'{"conditions":[%d],"exchange":1,"participant_timestamp":1625097600103000000,'
        b'"price":35060,"size":1.0434526}'
    )
    rows = [
        trade_row(msgspec.json.decode(raw % side, type=wire.TradePrint), BITCOIN)
        for side in (1, 2, 0)
    ]
    assert [row[4] for row in rows] == [-1, 1, 0]
    assert rows[0][:4] == (1625097600103000000, 1625097600103000000, 350_600_000, 1_043_452)


def test_a_side_that_is_not_there_is_two_zeros() -> None:
    quote = msgspec.convert(QUOTE, wire.Quote, strict=False)
    assert quote_row(quote, APPLE)[2:] == (1_027_000, 600_000, 0, 0)


def test_a_crossed_quote_is_refused() -> None:
    with pytest.raises(BadData, match="above an ask"):
        quote_row(msgspec.convert(QUOTE | {"ask_price": 102.6}, wire.Quote, strict=False), APPLE)


def test_a_day_lasts_as_long_as_its_session() -> None:
    raw = b'{"c":75.0875,"h":75.15,"l":73.7975,"n":1,"o":74.06,"t":1577941200000,"v":135647456}'
    row = bar_row(msgspec.json.decode(raw, type=wire.Bar), APPLE, 86_400 * 10**9)
    hour = 3_600 * 10**9
    midnight = 1577941200000 * MS
    assert row[:2] == (midnight + 9 * hour + hour // 2, midnight + 16 * hour)
    assert row[2:] == (740_600, 751_500, 737_975, 750_875, 1_356_474_560_000)


def test_a_bar_that_its_high_does_not_enclose_is_refused() -> None:
    raw = b'{"c":75.0875,"h":74,"l":73.7975,"o":74.06,"t":1577941200000,"v":1}'
    with pytest.raises(BadData, match="do not enclose"):
        bar_row(msgspec.json.decode(raw, type=wire.Bar), APPLE, 60)


def test_a_price_finer_than_the_instrument_is_refused() -> None:
    print_ = msgspec.json.decode(TRADE.replace(b"171.55", b"171.55123"), type=wire.TradePrint)
    with pytest.raises(BadNumber):
        trade_row(print_, APPLE)


def test_events_of_the_stream_become_rows() -> None:
    [trade] = events(STREAM_TRADE)
    assert isinstance(trade, wire.TradeEvent)
    assert trade_event_row(trade, APPLE, 7) == (7, 1536036818784 * MS, 1_141_250, 1_000_000, 0)
    [fraction] = events(STREAM_TRADE | {"s": 0, "ds": "0.25"})
    assert isinstance(fraction, wire.TradeEvent)
    assert trade_event_row(fraction, APPLE, 7)[3] == 2_500


def test_currencies_have_prices_and_no_sizes() -> None:
    [quote] = events({"ev": "C", "p": "EUR/USD", "x": 44, "a": 1.18565, "b": 1.18558, "t": 5})
    assert isinstance(quote, wire.CurrencyQuoteEvent)
    assert quote_event_row(quote, EURO, 7) == (7, 5 * MS, 118_558, 0, 118_565, 0)


def test_crypto_comes_under_its_pair() -> None:
    trade, quote = events(
        {"ev": "XT", "pair": "BTC-USD", "p": 33021.9, "t": 5, "s": 0.01616617, "c": [2]},
        {"ev": "XQ", "pair": "BTC-USD", "bp": 33052.79, "bs": 0.48, "ap": 33073.19, "as": 0.6,
         "t": 5},
    )  # fmt: skip
    assert isinstance(trade, wire.CryptoTradeEvent)
    assert isinstance(quote, wire.CryptoQuoteEvent)
    assert trade_event_row(trade, BITCOIN, 7)[2:] == (330_219_000, 16_166, 1)
    assert quote_event_row(quote, BITCOIN, 7)[2:] == (330_527_900, 480_000, 330_731_900, 600_000)


def test_one_bad_event_leaves_the_others() -> None:
    kinds = [
        type(event).__name__
        for event in events(STREAM_TRADE, {"ev": "T", "sym": 5}, {"ev": "AM"}, STREAM_TRADE)
    ]
    assert kinds == ["TradeEvent", "BadEvent", "OtherEvent", "TradeEvent"]


@given(st.binary(max_size=60))
def test_any_bytes_are_events_or_a_bad_message(raw: bytes) -> None:
    with suppress(BadMessage):
        wire.decode_events(raw)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"[" * 3000, b'"x"'])
def test_bytes_that_are_no_events_are_a_bad_message(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        wire.decode_events(raw)


@pytest.mark.parametrize("stamp", [0, -1, 2**63])
def test_a_time_that_cannot_be_is_refused(stamp: int) -> None:
    print_ = msgspec.json.decode(TRADE, type=wire.TradePrint)
    print_ = msgspec.structs.replace(print_, sip_ns=stamp, participant_ns=stamp)
    with pytest.raises(BadData, match="a time"):
        trade_row(print_, APPLE)


@pytest.mark.parametrize(
    ("price", "tick", "lot"),
    [
        ("67265.08", "0.0001", "0.000001"),
        ("1.5", "0.00000001", "0.01"),
        ("250.1", "0.000001", "0.0001"),
        ("0.00001234", "0.00000001", "0.01"),
        ("1000000", "0.0001", "0.000001"),
    ],
)
def test_digits_of_crypto_follow_its_price(price: str, tick: str, lot: str) -> None:
    instrument = instrument_of("X/USD.MASSIVE", Decimal(price))
    assert (instrument.tick, instrument.lot) == (tick, lot)
