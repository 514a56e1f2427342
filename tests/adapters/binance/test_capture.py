"""Captures: order of arrival, time that never goes back, bad lines counted, broken files named."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.binance.frames import (
    AGGREGATE_TRADE,
    BTC,
    ETH,
    KLINE,
    MS,
    SPOT_DEPTH,
    SPOT_SNAPSHOT,
    SPOT_TICKER,
    SPOT_TRADE,
    STAMP_MS,
    USDM_DEPTH,
    USDM_SNAPSHOT,
    USDM_TICKER,
    combined,
    raw,
)
from tradewind.adapters.binance import capture
from tradewind.adapters.binance.capture import (
    BAD_TICKS_KEPT_MAX,
    RECEIVED_NS_MAX,
    RECEIVED_NS_MIN,
    CaptureStatistics,
    infer_instrument,
    read_capture,
)
from tradewind.adapters.binance.instruments import KNOWN
from tradewind.core.book import Book
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument

START_NS = STAMP_MS * MS

DEPTH_FIRST = [raw(SPOT_DEPTH, U=690, u=698), raw(SPOT_SNAPSHOT), raw(SPOT_DEPTH, U=699, u=700)]


def line(frame: bytes, time_ns: int = START_NS) -> bytes:
    return b"%d %s\n" % (time_ns, frame)


def written(folder: Path, *lines: bytes) -> Path:
    path = folder / "capture.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(lines)))
    return path


def read(path: Path, instrument: Instrument = BTC) -> tuple[list[Columns], CaptureStatistics]:
    statistics = CaptureStatistics()
    return list(read_capture(path, instrument, statistics)), statistics


def test_rows_come_in_the_order_of_arrival_and_are_counted(tmp_path: Path) -> None:
    frames = [*DEPTH_FIRST, raw(SPOT_TICKER), combined("btcusdt@trade", SPOT_TRADE), raw(KLINE)]
    path = written(tmp_path, *map(line, frames))
    batches, found = read(path)
    assert [(part.kind, len(part)) for part in batches] == [
        ("depth", 5), ("quotes", 1), ("trades", 1)
    ]  # fmt: skip
    assert (found.frames, found.trades, found.quotes, found.bars) == (6, 1, 1, 1)
    assert (found.depth_updates, found.depth_applied, found.depth_dropped) == (2, 1, 1)
    assert (found.tops_compared, found.tops_equal, found.bad_ticks) == (1, 1, 0)


def test_usdm_frames_are_chained_by_the_id_before(tmp_path: Path) -> None:
    frames = [raw(USDM_SNAPSHOT), raw(USDM_DEPTH), raw(USDM_DEPTH, U=705, u=709, pu=701)]
    ticker = raw(USDM_TICKER, u=709)
    _batches, found = read(written(tmp_path, *map(line, frames), line(ticker)), ETH)
    assert (found.depth_applied, found.depth_gaps) == (2, 0)
    assert (found.tops_compared, found.tops_equal) == (1, 1)


def test_a_plain_file_is_read_like_a_gzip_one(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    path.write_bytes(line(raw(SPOT_TRADE)) + line(raw(SPOT_TRADE)).rstrip(b"\n"))
    batches, _found = read(path)
    assert [len(part) for part in batches] == [2]


def test_time_stands_still_where_the_receive_clock_goes_back(tmp_path: Path) -> None:
    times = [START_NS, START_NS - 5, START_NS + 3]
    batches, found = read(written(tmp_path, *(line(raw(SPOT_TRADE), time) for time in times)))
    assert batches[0]["time_ns"].tolist() == [START_NS, START_NS, START_NS + 3]
    assert found.clock_backs == 1
    assert (found.first_time_ns, found.last_time_ns) == (START_NS, START_NS + 3)


def test_a_receive_clock_behind_the_venue_is_measured_and_breaks_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, line(raw(SPOT_TRADE), START_NS - 1_270_000_000))
    batches, found = read(path)
    assert found.venue_ahead_ns_max == 1_270_000_000
    assert batches[0]["venue_time_ns"].tolist() == [START_NS]
    assert batches[0]["time_ns"].tolist() == [START_NS - 1_270_000_000]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"\n", "does not begin with its receive time"),
        (b"hello\n", "does not begin with its receive time"),
        (raw(SPOT_TRADE) + b"\n", "does not begin with its receive time"),
        (b"-5 " + raw(SPOT_TRADE) + b"\n", "does not begin with its receive time"),
        (b"1" * 5000 + b" {}\n", "does not begin with its receive time"),
        (line(raw(SPOT_TRADE), RECEIVED_NS_MIN - 1), "does not begin with its receive time"),
        (line(raw(SPOT_TRADE), RECEIVED_NS_MAX + 1), "does not begin with its receive time"),
        (line(b""), "truncated"),
        (line(b'{"e":'), "truncated"),
        (line(b"\x00\xff\xfe"), "malformed"),
        (line(raw(SPOT_TICKER, b="61000.13")), "above an ask"),
    ],
)
def test_a_bad_line_is_counted_with_its_reason_and_the_rest_is_read(
    tmp_path: Path, text: bytes, reason: str
) -> None:
    good = line(raw(SPOT_TRADE))
    batches, found = read(written(tmp_path, good, text, good))
    assert [len(part) for part in batches] == [2]
    assert found.bad_ticks == 1
    (bad_tick,) = found.bad_ticks_kept
    assert reason in bad_tick.reason
    assert bad_tick.time_ns == START_NS
    assert len(bad_tick.raw) <= 200


@pytest.mark.parametrize("time_ns", [RECEIVED_NS_MIN, RECEIVED_NS_MAX])
def test_receive_times_at_their_limits_are_taken(tmp_path: Path, time_ns: int) -> None:
    batches, found = read(written(tmp_path, line(raw(SPOT_TRADE), time_ns)))
    assert (batches[0]["time_ns"].tolist(), found.bad_ticks) == ([time_ns], 0)


def test_bad_lines_beyond_the_limit_are_counted_and_not_kept(tmp_path: Path) -> None:
    bad = [b"?\n"] * (BAD_TICKS_KEPT_MAX + 1)
    _batches, found = read(written(tmp_path, line(raw(SPOT_TRADE)), *bad))
    assert found.bad_ticks == BAD_TICKS_KEPT_MAX + 1
    assert len(found.bad_ticks_kept) == BAD_TICKS_KEPT_MAX


def test_a_line_longer_than_allowed_is_one_bad_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = line(raw(SPOT_TRADE))
    monkeypatch.setattr(capture, "LINE_BYTES_MAX", len(good))
    long = good.rstrip(b"\n") + b" " * 3 * len(good) + b"\n"
    batches, found = read(written(tmp_path, good, long, good))
    assert (found.frames, found.trades) == (3, 3)  # cut behind its frame, which still stands
    cut = b"9" + good.rstrip(b"\n") + b"\n"
    batches, found = read(written(tmp_path, good, cut, good))
    assert (found.frames, found.bad_ticks, sum(map(len, batches))) == (3, 1, 2)


def test_a_lost_update_empties_the_book_of_who_follows_the_rows(tmp_path: Path) -> None:
    frames = [*DEPTH_FIRST, raw(SPOT_DEPTH, U=705, u=709), raw(SPOT_DEPTH, U=710, u=711)]
    batches, found = read(written(tmp_path, *map(line, frames)))
    (depth,) = batches
    book = Book(BTC.tick_units)
    book.run(depth["side"], depth["price"], depth["size"], depth["flags"])
    assert (found.depth_gaps, book.gaps, book.best_bid, book.is_stale) == (1, 1, 0, True)


def test_aggregate_trades_beside_trades_are_skipped_and_alone_are_taken(tmp_path: Path) -> None:
    both = [line(raw(SPOT_TRADE)), line(raw(AGGREGATE_TRADE)), line(raw(SPOT_TRADE))]
    _batches, found = read(written(tmp_path, *both))
    assert (found.trades, found.skipped) == (2, 1)
    batches, found = read(written(tmp_path, both[1], both[1]))
    assert (found.trades, found.skipped) == (2, 0)
    assert batches[0]["side"].tolist() == [1, 1]


def test_a_truncated_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = written(tmp_path, *[line(raw(SPOT_TRADE, t=n)) for n in range(500)])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadData, match="ends in the middle: it is truncated, get the whole file"):
        read(path)


GZIP_HEAD = gzip.compress(b"")[:10]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x1f\x8bgarbage, no gzip", "Unknown compression method"),
        (GZIP_HEAD + b"\xff" * 20, "invalid block type"),
        (gzip.compress(line(raw(SPOT_TRADE)))[:-8] + bytes(8), "CRC check failed"),
    ],
    ids=["method", "block", "checksum"],
)
def test_a_damaged_file_is_refused_with_what_to_do(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "capture.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(BadData, match=rf"is damaged \(.*{reason}.*\): get the file again"):
        read(path)


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"gone.gz cannot be read: No such file or directory"):
        read(tmp_path / "gone.gz")
    with pytest.raises(BadData, match="cannot be read: Is a directory"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "it has 0 lines"),
        ([b"time,price\n", b"1,2\n"], "its first refused line: the line does not begin"),
        ([line(raw(SPOT_TRADE))], "it is of BTCUSDT"),
    ],
)
def test_a_file_without_the_instrument_is_refused_with_what_it_is(
    tmp_path: Path, lines: list[bytes], reason: str
) -> None:
    with pytest.raises(BadData, match=rf"has nothing of {ETH.id} \({reason}"):
        read(written(tmp_path, *lines), ETH)


def test_an_unknown_instrument_is_found_in_the_frames_and_a_known_one_is_taken(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, b"broken\n", *map(line, DEPTH_FIRST), line(raw(SPOT_TRADE)))
    assert infer_instrument(path, "BTC/USDT.BINANCE") is KNOWN["BTC/USDT.BINANCE"]
    assert infer_instrument(path, "BTC/USDT.MINE").tick == "0.01"
    with pytest.raises(BadData, match="no price of SOLUSDT"):
        infer_instrument(path, "SOL/USDT.BINANCE")


def test_batches_come_before_the_file_is_read_to_its_end(tmp_path: Path) -> None:
    frames = [raw(SPOT_TRADE), raw(SPOT_TICKER)] * 50
    statistics = CaptureStatistics()
    first = next(read_capture(written(tmp_path, *map(line, frames)), BTC, statistics))
    assert np.array_equal(first["price"], [6_100_012])
    assert statistics.frames == 2
