"""Frames of Alpaca's data stream, as JSON and as MessagePack, become exact rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.msgpack import Ext

from tests.adapters.alpaca.samples import APPLE, BITCOIN, as_json, as_msgpack
from tradewind.adapters.alpaca import wire
from tradewind.adapters.alpaca.page_wire import BarsPage, CorporateActionsPage, decode_as
from tradewind.adapters.alpaca.rows import bar_row, depth_rows, quote_row, trade_row
from tradewind.adapters.alpaca.wire import Coding, decode_frames
from tradewind.adapters.net.rfc3339 import time_ns_of
from tradewind.model.columns import DEPTH_LAST, DEPTH_SNAPSHOT
from tradewind.model.errors import BadData, BadMessage, BadNumber

TIME = "2021-02-22T15:51:44.208000+00:00"
TRADE = {"T": "t", "i": 96921, "S": "AAPL", "x": "D", "p": 126.5501, "s": 1, "t": TIME, "z": "C"}
QUOTE = {"T": "q", "S": "AAPL", "bp": 87.66, "bs": 1, "ap": 87.68, "as": 4, "t": TIME}
BAR = {"T": "b", "S": "SPY", "o": 388.985, "h": 389.13, "l": 388.975, "c": 389.12, "v": 49378}
STAMP = time_ns_of(TIME)

ENCODERS = {"json": as_json, "msgpack": as_msgpack}
CODINGS: list[Coding] = ["json", "msgpack"]

both = pytest.mark.parametrize("coding", CODINGS)


def decoded(coding: Coding, *frames: dict[str, Any]) -> list[wire.Frame]:
    return decode_frames(ENCODERS[coding](*frames), coding)


def trade(**changes: Any) -> wire.TradeFrame:
    [frame] = decoded("json", TRADE | changes)
    assert isinstance(frame, wire.TradeFrame), frame
    return frame


@both
def test_a_trade_has_four_digits_of_price_and_no_side(coding: Coding) -> None:
    [frame] = decoded(coding, TRADE)
    assert isinstance(frame, wire.TradeFrame)
    row = trade_row(frame, APPLE.instrument, 7)
    assert row == (7, STAMP, 1_265_501, 10_000, 0)


@both
def test_a_quote_is_exact_in_both_codings(coding: Coding) -> None:
    [frame] = decoded(coding, QUOTE)
    assert isinstance(frame, wire.QuoteFrame)
    row = quote_row(frame, APPLE.instrument, 7)
    assert row == (7, STAMP, 876_600, 10_000, 876_800, 40_000)


@both
def test_one_bad_frame_leaves_the_others(coding: Coding) -> None:
    frames = decoded(coding, TRADE, {"T": "t", "S": "AAPL"}, {"T": "n", "headline": "x"}, QUOTE)
    kinds = [type(frame).__name__ for frame in frames]
    assert kinds == ["TradeFrame", "BadFrame", "OtherFrame", "QuoteFrame"]
    assert frames[1] == wire.BadFrame("t", "Object missing required field `t`", "AAPL")


@pytest.mark.parametrize("raw", [b"", b"{}", b"[", b'"x"', b"\xff\xfe", b"[" * 2000])
@both
def test_bytes_that_are_no_frames_are_a_bad_message(raw: bytes, coding: Coding) -> None:
    with pytest.raises(BadMessage):
        decode_frames(raw, coding)


@given(st.binary(max_size=60))
def test_any_bytes_are_frames_or_a_bad_message(raw: bytes) -> None:
    for coding in CODINGS:
        try:
            decode_frames(raw, coding)
        except BadMessage:
            continue


def test_what_is_longer_than_a_frame_is_refused() -> None:
    with pytest.raises(BadMessage, match="at most"):
        decode_frames(b" " * (wire.FRAME_BYTES_MAX + 1))


@given(st.decimals("0.0001", "900000", places=4))
def test_every_price_of_four_digits_survives_both_codings(price: Decimal) -> None:
    raw_json = b'[{"T":"t","S":"AAPL","p":%s,"s":1,"t":"%s"}]' % (
        str(price).encode(),
        TIME.encode(),
    )
    raw_msgpack = msgspec.msgpack.encode(
        [{"T": "t", "S": "AAPL", "p": float(price), "s": 1, "t": datetime.fromisoformat(TIME)}]
    )
    for raw, coding in ((raw_json, CODINGS[0]), (raw_msgpack, CODINGS[1])):
        [frame] = decode_frames(raw, coding)
        assert isinstance(frame, wire.TradeFrame)
        assert trade_row(frame, APPLE.instrument)[2] == int(price * 10_000)


@given(st.integers(0, 2**34 - 1), st.integers(0, 999_999))
def test_a_timestamp_is_exact(seconds: int, microseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    raw = msgspec.msgpack.encode(moment + timedelta(microseconds=microseconds))
    ext = msgspec.msgpack.decode(raw, type=Ext)
    assert wire.time_ns(ext) == seconds * 10**9 + microseconds * 1_000


def test_a_timestamp_before_1970_and_of_12_bytes_is_read() -> None:
    data = (999).to_bytes(4) + (-1).to_bytes(8, signed=True)
    assert wire.time_ns(Ext(-1, data)) == -999_999_001


@pytest.mark.parametrize("ext", [Ext(5, b"1234"), Ext(-1, b"123")])
def test_another_extension_is_no_time(ext: Ext) -> None:
    with pytest.raises(BadMessage):
        wire.time_ns(ext)


@pytest.mark.parametrize("price", [0, -1, 126.55015])
def test_a_price_that_cannot_be_is_refused(price: float) -> None:
    with pytest.raises(BadNumber):
        trade_row(trade(p=price), APPLE.instrument)


def test_a_size_finer_than_ours_is_cut() -> None:
    assert trade_row(trade(s=0.123456789), BITCOIN.instrument)[3] == 123_456


def test_the_taker_of_crypto_is_told() -> None:
    assert [trade_row(trade(tks=side), BITCOIN.instrument)[4] for side in "BS"] == [1, -1]


def quote(**changes: Any) -> wire.QuoteFrame:
    [frame] = decoded("json", QUOTE | changes)
    assert isinstance(frame, wire.QuoteFrame)
    return frame


def test_a_side_that_is_not_there_is_two_zeros() -> None:
    assert quote_row(quote(ap=0, **{"as": 7}), APPLE.instrument)[2:] == (876_600, 10_000, 0, 0)


def test_a_crossed_quote_is_refused_and_a_locked_one_is_not() -> None:
    assert quote_row(quote(ap=87.66), APPLE.instrument)[4] == 876_600
    with pytest.raises(BadData, match="above an ask"):
        quote_row(quote(ap=87.65), APPLE.instrument)


def test_a_bar_lasts_from_its_stamp() -> None:
    [frame] = decoded("json", BAR | {"t": "2021-02-22T19:15:00Z"})
    assert isinstance(frame, wire.BarFrame)
    opened = time_ns_of("2021-02-22T19:15:00Z")
    row = bar_row(frame, APPLE.instrument, 60 * 10**9)
    assert row[:2] == (opened, opened + 60 * 10**9)
    assert row[2:] == (3_889_850, 3_891_300, 3_889_750, 3_891_200, 493_780_000)


def test_a_bar_that_its_high_does_not_enclose_is_refused() -> None:
    [frame] = decoded("json", BAR | {"t": TIME, "h": 389.0})
    assert isinstance(frame, wire.BarFrame)
    with pytest.raises(BadData, match="do not enclose"):
        bar_row(frame, APPLE.instrument, 1)


def test_a_book_comes_whole_or_by_its_changes() -> None:
    book = {"T": "o", "S": "BTC/USD", "t": TIME, "b": [{"p": 71859.53, "s": 0.27994}]}
    [whole, change] = decoded("json", book | {"a": [{"p": 71860, "s": 1.5}], "r": True}, book)
    assert isinstance(whole, wire.OrderBookFrame)
    assert isinstance(change, wire.OrderBookFrame)
    rows = depth_rows(whole, BITCOIN.instrument, 7)
    assert [row[2:] for row in rows] == [
        (1, 718_595_300, 279_940, DEPTH_SNAPSHOT),
        (-1, 718_600_000, 1_500_000, DEPTH_SNAPSHOT | DEPTH_LAST),
    ]
    assert [row[5] for row in depth_rows(change, BITCOIN.instrument, 7)] == [DEPTH_LAST]


def test_control_frames_are_told_apart() -> None:
    frames = decode_frames(
        b'[{"T":"success","msg":"connected"},{"T":"error","code":406,"msg":"limit"},'
        b'{"T":"subscription","trades":["AAPL"],"quotes":[],"bars":["*"],"news":["*"]}]'
    )
    assert frames == [
        wire.SuccessFrame(message="connected"),
        wire.ErrorFrame(code=406, message="limit"),
        wire.SubscriptionFrame(trades=["AAPL"], bars=["*"]),
    ]


def test_a_page_may_have_no_rows() -> None:
    assert decode_as(BarsPage, b'{"bars":{},"next_page_token":null}').rows == {}
    with pytest.raises(BadMessage):
        decode_as(BarsPage, b'{"bars":[]}')


def test_corporate_actions_are_read_and_unknown_ones_skipped() -> None:
    page = decode_as(
        CorporateActionsPage,
        b'{"corporate_actions":{"forward_splits":[{"symbol":"AAPL","new_rate":4,"old_rate":1,'
        b'"ex_date":"2020-08-31"}],"name_changes":[{"old_symbol":"FB","new_symbol":"META"}]},'
        b'"next_page_token":"x"}',
    )
    assert page.actions.forward_splits[0].new_rate == 4
    assert page.next_page == "x"
