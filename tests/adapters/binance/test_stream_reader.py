"""The stream reader: short way and long way give the same, gaps are noted, bad frames refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.binance.rows import TradeRow
from tradewind.adapters.binance.stream_reader import GAPS_MAX, ORDERED_FRAMES_MAX, StreamReader
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument

BTC = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001", quantity_digits=8)
NOW_NS = 1_723_161_255_350_000_000


def trade(number: int, **changes: object) -> bytes:
    data = {
        "e": "trade", "E": 1723161255343, "s": "BTCUSDT", "t": number, "p": "61837.63000000",
        "q": "0.02000000", "T": 1723161255342, "m": True, "M": True,
    }  # fmt: skip
    return msgspec.json.encode({"stream": "btcusdt@trade", "data": {**data, **changes}})


def quote(number: int, **changes: object) -> bytes:
    data = {"u": number, "s": "BTCUSDT", "b": "9.01", "B": "1", "a": "9.02", "A": "2"}
    return msgspec.json.encode({"stream": "btcusdt@bookTicker", "data": {**data, **changes}})


def rows(batches: list[Columns], kind: str) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    for columns in batches:
        if columns.kind == kind:
            names = [name for name in columns.arrays if name != "time_ns"]
            found += zip(*(columns[name].tolist() for name in names), strict=True)
    return found


ODD = st.sampled_from(
    [
        trade(1, p="61837.635"),
        trade(1, p="0"),
        trade(1, p="-1"),
        trade(1, p="1e5"),
        trade(1, q="0"),
        trade(1, m=None),
        trade(1, T=0),
        trade(1, X="INSURANCE_FUND"),
        quote(1, b="9.03"),
        quote(1, b="0.00", B="0.00"),
        quote(1, B="0"),
        quote(1, b="9.015"),
        quote(1, u=-1),
        b"{",
        b"\xff\xfe",
        b'{"result":null,"id":1}',
        trade(1, s="ETHUSDT"),
    ]
)


@given(st.lists(st.one_of(ODD, st.just(b"next"), st.just(b"quote")), max_size=150))
def test_any_mix_gives_the_same_rows_together_and_one_by_one(frames: list[bytes]) -> None:
    numbered = [
        trade(100 + i) if frame == b"next" else quote(i) if frame == b"quote" else frame
        for i, frame in enumerate(frames)
    ]
    together, alone = StreamReader([BTC]), StreamReader([BTC])
    whole = together.take(numbered, NOW_NS)
    parts = [columns for frame in numbered for columns in alone.take([frame], NOW_NS)]
    for kind in ("trades", "quotes"):
        assert rows(whole, kind) == rows(parts, kind)
    assert together.statistics.bad_ticks == alone.statistics.bad_ticks
    assert together.statistics.trade_gaps == alone.statistics.trade_gaps


@pytest.mark.parametrize("size", [1, ORDERED_FRAMES_MAX + 1])
def test_a_print_told_twice_counts_once_and_a_gap_is_noted_with_its_ends(size: int) -> None:
    reader = StreamReader([BTC])
    frames = [trade(each) for each in (5, 6, 6, 4, 9, 10, 20)]
    frames += [quote(1)] * (size - 1)
    batches = reader.take(frames, NOW_NS)
    assert len(rows(batches, "trades")) == 5
    (stream,) = reader.behind()
    assert list(stream.missed) == [(6, 9), (10, 20)]


def test_gaps_beyond_the_bound_forget_the_oldest() -> None:
    reader = StreamReader([BTC])
    for number in range(GAPS_MAX + 2):
        reader.take([trade(10 * number)], NOW_NS)
    (stream,) = reader.behind()
    assert len(stream.missed) == GAPS_MAX
    assert stream.missed[0] == (10, 20)


def test_time_never_goes_back_and_late_prints_come_with_the_time_of_arrival() -> None:
    reader = StreamReader([BTC])
    batches = reader.take([trade(1)], NOW_NS)
    batches += reader.take([trade(2)], NOW_NS - 5)
    stream = reader.streams["BTCUSDT"]
    batches += reader.late(stream, [TradeRow(BTC.id, 7, 0, 6_183_763, 1, 1)], NOW_NS + 9)
    assert [columns.time_ns.tolist() for columns in batches] == [[NOW_NS], [NOW_NS], [NOW_NS + 9]]


def test_order_between_kinds_is_kept_in_a_small_read() -> None:
    reader = StreamReader([BTC])
    batches = reader.take([trade(1), quote(1), trade(2)], NOW_NS)
    assert [columns.kind for columns in batches] == ["trades", "quotes", "trades"]
