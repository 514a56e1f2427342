"""The short ways of trades and quotes: scanned and decoded, they say what the long way says."""

from __future__ import annotations

import random

import pytest

from tradewind.adapters.binance import stream_reader
from tradewind.adapters.binance.decoded_frames import DecodedFrames
from tradewind.adapters.binance.stream_reader import StreamReader
from tradewind.adapters.binance.usual_frames import Lane, UsualFrames
from tradewind.model.instruments import Instrument

BTC = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
ETH = Instrument("ETH/USDT.BINANCE", tick="0.01", lot="0.00001")
TIME_NS = 1_723_161_255_350_000_000


class NoShortWay:
    """Leaves every frame to the long way."""

    def __init__(self, lanes: object, prints: object) -> None:
        """Take what the others take."""
        self.touched: list[Lane] = []

    def take(self, frames: list[bytes], time_ns: int, other: object) -> None:
        """Hand all of them on."""
        assert callable(other)
        for raw in frames:
            other(raw)


WAYS = (NoShortWay, DecodedFrames, UsualFrames)


def trade(number: int, *, symbol: str = "BTCUSDT", more: str = "") -> bytes:
    price, size = f"{61_000 + number % 7}.{number % 100:02d}000000", f"0.{number % 9 + 1:05d}000"
    stamp, maker = 1_723_161_255_000 + number, "true" if number % 2 else "false"
    data = (
        f'{{"e":"trade","E":{stamp},"s":"{symbol}","t":{number},"p":"{price}","q":"{size}",'
        f'"T":{stamp},"m":{maker},"M":true{more}}}'
    )
    return f'{{"stream":"{symbol.lower()}@trade","data":{data}}}'.encode()


def quote(number: int, *, symbol: str = "BTCUSDT", more: str = "") -> bytes:
    bid, ask = f"{61_000 + number % 5}.10000000", f"{61_000 + number % 5}.{number % 80 + 11}000000"
    data = (
        f'{{"u":{number},"s":"{symbol}","b":"{bid}","B":"3.78826000","a":"{ask}","A":"1.5"{more}}}'
    )
    return f'{{"stream":"{symbol.lower()}@bookTicker","data":{data}}}'.encode()


def said(
    way: type, reads: list[list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> tuple[list[object], object]:
    """Columns of all reads and the counts behind them, by one way."""
    monkeypatch.setattr(stream_reader, "IS_COMPILED", way is not DecodedFrames)
    if way is NoShortWay:
        monkeypatch.setattr(stream_reader, "UsualFrames", NoShortWay)
    reader = StreamReader([BTC, ETH])
    monkeypatch.undo()
    assert type(reader._usual) is way
    found: list[object] = []
    for number, frames in enumerate(reads):
        for columns in reader.take(frames, TIME_NS + number):
            rows = {name: array.tolist() for name, array in columns.arrays.items()}
            found.append((columns.kind, columns.instrument.id, rows))
    return found, reader.statistics


def check_all_ways(reads: list[list[bytes]], monkeypatch: pytest.MonkeyPatch) -> object:
    expected = said(NoShortWay, reads, monkeypatch)
    for way in (DecodedFrames, UsualFrames):
        assert said(way, reads, monkeypatch) == expected
    return expected[1]


def changed(raw: bytes, chance: random.Random) -> bytes:
    """The frame with one sign of its data changed, left out or put in, or without its end.

    What stands in front of the data (the stream's name) only the long way looks at.
    """
    place = chance.randrange(raw.index(b'"data"'), len(raw))
    sign = bytes([chance.choice(b'{}[]",:.-+eE019atfn \\\x00\xff\n')])
    return chance.choice(
        [
            raw[:place] + sign + raw[place + 1 :],
            raw[:place] + raw[place + 1 :],
            raw[:place] + sign + raw[place:],
            raw[:place],
        ]
    )


@pytest.mark.parametrize("size", [1, 7, 200])
def test_trades_and_quotes_of_two_instruments_are_said_alike(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = []
    for number in range(300):
        frames += [trade(number), quote(number, symbol="ETHUSDT"), trade(number, symbol="ETHUSDT")]
        frames.append(quote(number, more=',"T":1723161256310,"E":1723161256311'))
    reads = [frames[start : start + size] for start in range(0, len(frames), size)]
    counts = check_all_ways(reads, monkeypatch)
    assert counts.trades == counts.quotes == 600


def test_changed_frames_are_said_or_refused_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(5)
    number = 0
    reads = []
    for _ in range(1_500):
        frames = []
        for _ in range(chance.choice([1, 2, 70])):
            made = trade if chance.random() < 0.6 else quote
            frames.append(made(number))
            number += made is trade
        reads.append([changed(raw, chance) if len(frames) < 3 else raw for raw in frames])
    counts = check_all_ways(reads, monkeypatch)
    assert counts.bad_ticks > 500
    assert counts.trades > 1_000


@pytest.mark.parametrize(
    "more",
    [',"X":"MARKET"', ',"X":"NA"', ',"nq":"1"', ',"m":false', ',"t":5', ',"Z":null', ',"Z":-1',
     ',"Z":1.5', ',"Z":"\\u0041"', ',"Z":[1]', ',"Z":01', ',"Z":99999999999999999999'],
)  # fmt: skip
def test_fields_beyond_the_usual_are_said_alike(more: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_all_ways([[trade(1), trade(2, more=more), quote(3, more=more)]], monkeypatch)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"p":"61001.01000000"', b'"p":"%s"' % text) for text in (
        b"", b".", b"1.", b".1", b"0", b"-1.00", b"1e3", b"61001.015", b"61001.0100000000000",
        b"10000000000000", b"10000000000000.01", b"9999999999999999999999", b"0061001.01", b"1 ")]
    + [(b'"T":1723161255001', b'"T":%s' % text) for text in (
        b"0", b"-1", b"1723161255001000", b"99999999999999999999", b'"1"', b"1.0", b"null")]
    + [(b'"t":1,', b'"t":%s,' % text) for text in (b'"1"', b"4611686018427387905", b"-1", b"3")]
    + [(b'"s":"BTCUSDT"', b'"s":"%s"' % text) for text in (b"", b"LTCUSDT", b"BTC", b"\xc3\xa9")],
)  # fmt: skip
def test_values_at_their_bounds_are_said_alike(
    old: bytes, new: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = trade(1)
    assert old in usual
    check_all_ways([[trade(0), usual.replace(old, new), trade(2)]], monkeypatch)
