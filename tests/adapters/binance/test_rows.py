"""Frames become exact rows; whatever is missing or absurd becomes a BadTick with its bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.binance.frames import (
    AGGREGATE_TRADE,
    BTC,
    ETH,
    KLINE,
    MS,
    SPOT_DEPTH,
    SPOT_SNAPSHOT,
    SPOT_STREAMS,
    SPOT_TICKER,
    SPOT_TRADE,
    STAMP_MS,
    USDM_DEPTH,
    USDM_SNAPSHOT,
    USDM_STREAMS,
    USDM_TICKER,
    USDM_TRADE,
    Fields,
    combined,
    kline,
    raw,
    without,
)
from tradewind.adapters.binance.rows import (
    RAW_BYTES_MAX,
    AggregateTradeRow,
    AnyRow,
    BarRow,
    DepthSnapshotRow,
    DepthUpdateRow,
    QuoteRow,
    SkippedRow,
    TradeRow,
    grids_of,
    read_frame,
)
from tradewind.adapters.binance.wire import FRAME_BYTES_MAX, LEVELS_MAX
from tradewind.model.messages import BadTick
from tradewind.model.numbers import UNITS_MAX

NOW_NS = 7
STAMP_NS = STAMP_MS * MS
SPOT = grids_of([BTC])
USDM = grids_of([ETH])
BOTH = grids_of([BTC, ETH])


def row_of(frame: bytes) -> AnyRow:
    row = read_frame(frame, USDM if b"ETHUSDT" in frame else SPOT, NOW_NS)
    assert not isinstance(row, BadTick), row.reason
    return row


def reason_of(frame: bytes) -> str:
    bad_tick = read_frame(frame, USDM if b"ETHUSDT" in frame else SPOT, NOW_NS)
    assert isinstance(bad_tick, BadTick), bad_tick
    assert bad_tick.time_ns == NOW_NS
    assert bad_tick.raw == frame[:RAW_BYTES_MAX]
    return bad_tick.reason


def test_a_spot_trade_whose_buyer_was_the_maker_is_a_sale() -> None:
    expected = TradeRow(BTC.id, STAMP_NS, 41, 6_100_012, 2_000_000, -1)
    assert row_of(raw(SPOT_TRADE)) == expected


def test_a_usdm_trade_whose_buyer_was_the_taker_is_a_purchase() -> None:
    assert row_of(raw(USDM_TRADE)) == TradeRow(ETH.id, STAMP_NS, 42, 268_160, 1_500, 1)


def test_a_usdm_print_that_is_not_of_the_market_is_skipped_even_without_a_price() -> None:
    frame = raw(USDM_TRADE, X="NA", p="0", q="0")
    assert row_of(frame) == SkippedRow(ETH.id, STAMP_NS, "trade NA")


def test_an_aggregate_trade_is_another_kind_of_row_than_a_trade() -> None:
    expected = AggregateTradeRow(BTC.id, STAMP_NS, 9, 6_100_012, 2_000_000, 1)
    assert row_of(raw(AGGREGATE_TRADE)) == expected


def test_a_spot_book_ticker_has_no_venue_time() -> None:
    expected = QuoteRow(BTC.id, 0, 700, 6_100_011, 378_826_000, 6_100_012, 154_698_000)
    assert row_of(raw(SPOT_TICKER)) == expected


def test_a_usdm_book_ticker_has_the_time_of_the_matching_engine() -> None:
    expected = QuoteRow(ETH.id, STAMP_NS, 701, 268_160, 1_165, 268_165, 73_077)
    assert row_of(raw(USDM_TICKER)) == expected


def test_an_empty_side_of_a_book_ticker_is_absent() -> None:
    row = row_of(raw(SPOT_TICKER, a="0.00000000", A="0.00000000"))
    assert isinstance(row, QuoteRow)
    assert (row.bid, row.ask, row.ask_size) == (6_100_011, 0, 0)


def test_a_bid_at_the_ask_is_taken_and_one_tick_above_it_is_refused() -> None:
    assert isinstance(row_of(raw(SPOT_TICKER, b="61000.12000000")), QuoteRow)
    assert reason_of(raw(SPOT_TICKER, b="61000.13000000")) == (
        "a bid of 61000.13000000 above an ask of 61000.12000000"
    )


def test_a_spot_depth_update_names_no_frame_before_it() -> None:
    bids = [(6_100_011, 378_826_000), (5_565_387, 0)]
    asks = [(6_100_012, 154_698_000)]
    assert row_of(raw(SPOT_DEPTH)) == DepthUpdateRow(BTC.id, STAMP_NS, 690, 700, -1, bids, asks)


def test_a_usdm_depth_update_names_the_frame_before_it() -> None:
    expected = DepthUpdateRow(
        ETH.id, STAMP_NS, 690, 701, 688, [(268_160, 1_165)], [(268_165, 73_077)]
    )
    assert row_of(raw(USDM_DEPTH)) == expected


def test_a_depth_snapshot_is_read_with_and_without_a_time() -> None:
    bids, asks = [(6_100_011, 378_826_000)], [(6_100_012, 154_698_000)]
    assert row_of(raw(SPOT_SNAPSHOT)) == DepthSnapshotRow(BTC.id, 0, 699, bids, asks)
    usdm = read_frame(raw(USDM_SNAPSHOT), USDM, NOW_NS)
    bids, asks = [(268_160, 16_969)], [(268_165, 64_369)]
    assert usdm == DepthSnapshotRow(ETH.id, STAMP_NS, 700, bids, asks)


def test_a_depth_snapshot_for_one_of_two_instruments_is_refused_since_it_names_none() -> None:
    bad_tick = read_frame(raw(SPOT_SNAPSHOT), BOTH, NOW_NS)
    assert isinstance(bad_tick, BadTick)
    assert "names no symbol" in bad_tick.reason


def test_a_kline_ends_where_the_next_one_begins() -> None:
    row = row_of(raw(KLINE))
    assert row == BarRow(
        BTC.id, 1_700_000_040_000 * MS, "1m", 1_699_999_980_000 * MS, 1_700_000_040_000 * MS,
        6_100_000, 6_100_300, 6_099_900, 6_100_200, 1_250_000_000, True,
    )  # fmt: skip


def test_stamps_in_microseconds_are_taken_as_such() -> None:
    row = row_of(raw(SPOT_TRADE, T=STAMP_MS * 1000 + 456))
    assert row.venue_time_ns == STAMP_NS + 456_000
    bar = row_of(kline(t=1_699_999_980_000_000, T=1_700_000_039_999_999))
    assert isinstance(bar, BarRow)
    assert bar.close_time_ns - bar.open_time_ns == 60 * 10**9


@pytest.mark.parametrize("stream", [*SPOT_STREAMS, *USDM_STREAMS])
def test_a_combined_frame_is_read_like_the_plain_one(stream: str) -> None:
    frame = (SPOT_STREAMS | USDM_STREAMS)[stream]
    assert row_of(combined(stream, frame)) == row_of(raw(frame))


@pytest.mark.parametrize("frame", [*SPOT_STREAMS.values(), *USDM_STREAMS.values(), SPOT_SNAPSHOT])
def test_unknown_fields_are_ignored(frame: Fields) -> None:
    assert row_of(raw(frame, zz={"new": [1, None]})) == row_of(raw(frame))


@pytest.mark.parametrize(
    ("frame", "what"),
    [
        (b'{"result":null,"id":1}', ""),
        (combined("btcusdt@depth20@100ms", SPOT_SNAPSHOT), ""),
        (combined("ethusdt@depth20@100ms", USDM_DEPTH), ""),
        (b'{"e":"24hrTicker","s":"BTCUSDT"}', "24hrTicker"),
        (raw(SPOT_TRADE, s="ETHBTC"), "ETHBTC"),
        (raw(SPOT_TICKER, s="ETHBTC"), "ETHBTC"),
    ],
)
def test_frames_of_other_kinds_and_symbols_are_skipped(frame: bytes, what: str) -> None:
    row = read_frame(frame, SPOT, NOW_NS)
    assert isinstance(row, SkippedRow)
    assert what in row.what


NEEDED = [
    (SPOT_TRADE, "stpqTm"),
    (AGGREGATE_TRADE, "sapqflTm"),
    (USDM_TICKER, "usbBaA"),
    (SPOT_DEPTH, "sEUuba"),
    (KLINE, "sk"),
]


@pytest.mark.parametrize(
    ("frame", "name"), [(frame, name) for frame, names in NEEDED for name in names]
)
def test_a_missing_field_is_refused_by_name(frame: Fields, name: str) -> None:
    assert reason_of(without(frame, name)).startswith("Object missing required field")


@pytest.mark.parametrize("name", ["bids", "asks"])
def test_a_snapshot_without_a_side_is_refused(name: str) -> None:
    assert "missing required field" in reason_of(without(SPOT_SNAPSHOT, name))


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (raw(SPOT_TRADE, p="0.00000000"), "a price of 0.00000000 is not above zero"),
        (raw(SPOT_TRADE, p="-1.00"), "a price of -1.00 is not above zero"),
        (raw(SPOT_TRADE, p="NaN"), "'NaN' is not a plain decimal number"),
        (raw(SPOT_TRADE, p="Infinity"), "not a plain decimal number"),
        (raw(SPOT_TRADE, p="61000.125"), "more than 2 digits"),
        (raw(SPOT_TRADE, p="99999999999999.00"), "too large"),
        (raw(SPOT_TRADE, p=61000.12), "Expected `str`, got `float`"),
        (raw(SPOT_TRADE, q="0.00000000"), "a trade of nothing"),
        (raw(SPOT_TRADE, q="-0.5"), "a size of -0.5 is below zero"),
        (raw(SPOT_TRADE, q="0.000000001"), "more than 8 digits"),
        (raw(SPOT_TRADE, T=0), "Expected `int` >= 1"),
        (raw(SPOT_TRADE, T=-5), "Expected `int` >= 1"),
        (raw(SPOT_TRADE, t=2**63), "Expected `int` <="),
        (raw(SPOT_TRADE, m=None), "Expected `bool`"),
        (raw(USDM_TRADE, p="2681.62"), "a price of 2681.62 is off the tick of 0.05"),
        (raw(AGGREGATE_TRADE, f=44), "trades from 44 to 43"),
        (raw(SPOT_TICKER, b="0.00", B="1.0"), "a price of 0.00 is not above zero"),
        (raw(SPOT_TICKER, B="0.00"), "with nothing there"),
        (raw(SPOT_TICKER, a="-61000.12"), "not above zero"),
        (raw(SPOT_TICKER, B="nan"), "not a plain decimal number"),
        (raw(SPOT_DEPTH, U=701), "updates from 701 to 700"),
        (raw(SPOT_DEPTH, b=[["0", "1"]]), "a price of 0 is not above zero"),
        (raw(SPOT_DEPTH, b=[["5.00", "-1"]]), "a size of -1 is below zero"),
        (raw(SPOT_DEPTH, b=[["5.00"]]), "Expected `array` of length 2"),
        (raw(SPOT_DEPTH, b=[["61000.12", "1"]]), "a bid of 61000.12 against an ask of 61000.12"),
        (raw(USDM_DEPTH, a=[["2681.62", "1"]]), "off the tick of 0.05"),
        (raw(SPOT_SNAPSHOT, bids=[["61000.13", "1"]]), "against an ask of 61000.12"),
        (raw(SPOT_SNAPSHOT, lastUpdateId="699"), "Expected `int"),
        (kline(l="61001.00000000"), "do not enclose it"),
        (kline(h="61001.00000000"), "do not enclose it"),
        (kline(v="-1"), "a size of -1 is below zero"),
        (kline(T=1_699_999_979_999), "a bar from 1699999980000 to 1699999979999"),
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b"null", "Expected `object`"),
        (raw(SPOT_TRADE)[:-1], "truncated"),
        (b'{"e":"\xff"}', "utf-8"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "recursion"),
        (combined("btcusdt@trade", SPOT_TRADE)[:-1], "truncated"),
        (b'{"stream":"btcusdt@trade"}', "truncated"),
        (b'{"stream":"btcusdt@trade","data":[]}', "Expected `object`"),
    ],
)
def test_an_absurd_frame_is_refused_with_what_is_wrong(frame: bytes, reason: str) -> None:
    assert reason in reason_of(frame)


def test_a_size_off_the_lot_is_taken_since_older_orders_still_stand() -> None:
    row = row_of(raw(SPOT_DEPTH, b=[["200.00", "25.42618900"]]))
    assert isinstance(row, DepthUpdateRow)
    assert row.bids == [(20_000, 2_542_618_900)]


def test_a_price_at_the_bound_is_taken_and_one_past_it_is_refused() -> None:
    whole, cents = divmod(UNITS_MAX, 100)
    row = row_of(raw(SPOT_TRADE, p=f"{whole}.{cents:02}"))
    assert isinstance(row, TradeRow)
    assert row.price == UNITS_MAX
    assert "too large" in reason_of(raw(SPOT_TRADE, p=f"{whole}.{cents + 1:02}"))


def test_a_frame_with_as_many_levels_as_allowed_is_taken_and_one_more_is_refused() -> None:
    levels = [[f"{price}.00", "1"] for price in range(1, LEVELS_MAX + 1)]
    assert isinstance(row_of(raw(SPOT_DEPTH, b=levels)), DepthUpdateRow)
    assert f"length <= {LEVELS_MAX}" in reason_of(raw(SPOT_DEPTH, b=[*levels, ["9999999", "1"]]))


def test_a_frame_at_the_byte_limit_is_taken_and_one_byte_more_is_refused() -> None:
    frame = raw(SPOT_TRADE)
    assert isinstance(row_of(frame + b" " * (FRAME_BYTES_MAX - len(frame))), TradeRow)
    assert "bytes" in reason_of(frame + b" " * (FRAME_BYTES_MAX - len(frame) + 1))


texts = st.sampled_from(["0", "-1", "NaN", "1e5", "", "61000.12", "0.1", "9" * 30]) | st.text()
values = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.lists(
    st.lists(texts, max_size=3), max_size=3
)  # fmt: skip


@given(
    st.sampled_from([*SPOT_STREAMS.values(), *USDM_STREAMS.values(), SPOT_SNAPSHOT]),
    st.data(),
)
def test_whatever_stands_in_a_frame_it_is_a_row_or_a_bad_tick(
    frame: Fields, data: st.DataObject
) -> None:
    names = data.draw(st.sets(st.sampled_from(sorted(frame)), max_size=3))
    changed = frame | {name: data.draw(values) for name in names}
    grids = USDM if frame.get("s") == "ETHUSDT" else SPOT
    row = read_frame(json.dumps(changed).encode(), grids, NOW_NS)
    assert isinstance(row, AnyRow | BadTick)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_a_row_or_a_bad_tick(frame: bytes) -> None:
    assert isinstance(read_frame(frame, SPOT, NOW_NS), AnyRow | BadTick)


def test_two_instruments_of_one_symbol_need_two_readers() -> None:
    with pytest.raises(AssertionError, match="two instruments are called BTCUSDT"):
        grids_of([BTC, BTC])
