"""What the recorder gives back equals what it was given, or is refused with its place."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.disks import files_at_most, small_disk
from tradewind.model.columns import OPTIONAL, REQUIRED, Columns
from tradewind.model.instruments import Instrument
from tradewind.ports.journal import JournalBroken, JournalDamaged, JournalFull
from tradewind.runtime.recorder import MAGIC, Recorder, digest_of
from tradewind.runtime.segments import FileSegments, MemorySegments, Segments

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
BTC = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")

INT64 = st.integers(-(2**63), 2**63 - 1)


@st.composite
def batches(draw: st.DrawFn) -> Columns:
    kind = draw(st.sampled_from(sorted(REQUIRED)))
    names = REQUIRED[kind] + tuple(sorted(draw(st.sets(st.sampled_from(OPTIONAL)))))
    count = draw(st.integers(1, 5))
    column = st.lists(INT64, min_size=count, max_size=count)
    arrays = {name: np.array(draw(column), np.int64) for name in names}
    return Columns(kind, draw(st.sampled_from([GOOG, BTC])), arrays)


def trades(count: int, start: int = 0, instrument: Instrument = GOOG) -> Columns:
    names = REQUIRED["trades"]
    rows = np.arange(start, start + count, dtype=np.int64)
    return Columns("trades", instrument, {name: rows + number for number, name in enumerate(names)})


def same(left: Columns, right: Columns) -> bool:
    return (
        (left.kind, left.instrument) == (right.kind, right.instrument)
        and set(left.arrays) == set(right.arrays)
        and all(np.array_equal(left[name], right[name]) for name in left.arrays)
    )


@pytest.fixture(params=["files", "memory"])
def new_segments(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Segments]]:
    """Makes empty segments, each time others."""
    made: list[Segments] = []
    directories = (tmp_path / str(number) for number in itertools.count())

    def make() -> Segments:
        files = request.param == "files"
        made.append(FileSegments(next(directories)) if files else MemorySegments())
        return made[-1]

    yield make
    for segments in made:
        segments.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(batches(), min_size=1, max_size=6), st.sampled_from([1, 300, 10**6]))
def test_every_batch_is_read_as_it_was_recorded(
    new_segments: Callable[[], Segments], given_batches: list[Columns], segment_bytes_max: int
) -> None:
    segments = new_segments()
    recorder = Recorder(segments, segment_bytes_max=segment_bytes_max)
    references = [recorder.record(batch) for batch in given_batches]
    recorder.flush()
    for reader in (recorder, Recorder(segments)):
        for batch, reference in reversed(list(zip(given_batches, references, strict=True))):
            assert same(reader.read(reference), batch)
            assert reference.digest == digest_of(batch)
    segments.close()


def test_a_reference_tells_kind_instrument_count_and_last_time() -> None:
    reference = Recorder(MemorySegments()).record(trades(3, start=7))
    assert (reference.time_ns, reference.count, reference.kind) == (9, 3, "trades")
    assert (reference.instrument, reference.segment) == ("GOOG.SIM", "00000001")


def test_what_was_read_can_be_written_to() -> None:
    recorder = Recorder(MemorySegments())
    columns = recorder.read(recorder.record(trades(3)))
    columns["price"][0] = 5
    assert all(array.flags.c_contiguous for array in columns.arrays.values())


def test_a_new_version_of_an_instrument_is_kept_beside_the_old_one() -> None:
    recorder = Recorder(MemorySegments())
    finer = Instrument("GOOG.SIM", tick="0.001", lot="1", currency="USD", version=2)
    given_batches = [trades(1), trades(1, instrument=finer), trades(1)]
    references = [recorder.record(batch) for batch in given_batches]
    found = [recorder.read(reference).instrument.version for reference in references]
    assert found == [1, 2, 1]
    assert references[0].digest != references[1].digest


@pytest.mark.parametrize("over_bytes", [0, 1])
def test_a_segment_that_has_reached_its_size_is_left(over_bytes: int) -> None:
    probe = MemorySegments()
    Recorder(probe).record(trades(1))
    size = len(probe.read("00000001", 0, 10**6))
    recorder = Recorder(MemorySegments(), segment_bytes_max=size + over_bytes)
    names = [recorder.record(trades(1)).segment for _ in range(3)]
    assert names[:2] == ["00000001", "00000002" if over_bytes == 0 else "00000001"]


def test_each_process_begins_a_segment_of_its_own(new_segments: Callable[[], Segments]) -> None:
    segments = new_segments()
    assert [Recorder(segments).record(trades(1)).segment for _ in range(3)] == [
        "00000001", "00000002", "00000003",
    ]  # fmt: skip


def test_a_torn_end_takes_only_what_was_not_flushed() -> None:
    for kept_bytes in range(0, 400, 7):
        segments = MemorySegments()
        recorder = Recorder(segments)
        safe = recorder.record(trades(3))
        recorder.flush()
        torn = recorder.record(trades(5))
        found = Recorder(segments.crash(kept_bytes))
        assert same(found.read(safe), trades(3))
        if kept_bytes < 160:
            with pytest.raises(JournalDamaged, match="of segment 00000001 are damaged"):
                found.read(torn)
        again = found.record(trades(2))
        assert same(found.read(again), trades(2))


def test_a_flush_takes_in_every_segment(new_segments: Callable[[], Segments]) -> None:
    segments = new_segments()
    recorder = Recorder(segments, segment_bytes_max=1)
    references = [recorder.record(trades(1, start=number)) for number in range(3)]
    recorder.flush()
    found = Recorder(segments.crash() if isinstance(segments, MemorySegments) else segments)
    for number, reference in enumerate(references):
        assert same(found.read(reference), trades(1, start=number))


def test_any_flipped_bit_is_refused() -> None:
    # Every field differs from its default, so that each bit of the instrument counts.
    finer = Instrument("GOOG.SIM", currency="USD", price_digits=4, quantity_digits=1)
    segments = MemorySegments()
    reference = Recorder(segments).record(trades(2, instrument=finer))
    whole = segments.read(reference.segment, 0, 10**6)
    for bit in range(len(MAGIC) * 8, len(whole) * 8):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        segments = MemorySegments()
        segments.append(reference.segment, damaged)
        with pytest.raises(JournalDamaged, match=f"at byte {reference.offset} of segment"):
            Recorder(segments).read(reference)


def test_rows_that_point_at_another_frame_for_their_instrument_are_refused() -> None:
    segments = MemorySegments()
    reference = Recorder(segments).record(trades(2))
    data = segments.read(reference.segment, 0, 10**6)
    pointer = b"\xa6trades" + bytes([len(MAGIC)])
    assert pointer in data
    assert reference.offset < 128
    segments = MemorySegments()
    changed = data.replace(pointer, pointer[:-1] + bytes([reference.offset]))
    segments.append(reference.segment, changed)
    with pytest.raises(JournalDamaged, match="its instrument is not there"):
        Recorder(segments).read(reference)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "quotes"},
        {"count": 3},
        {"digest": b"x" * 16},
        {"instrument": "BTC/USDT.BINANCE"},
        {"offset": 0},
        {"offset": len(MAGIC)},
        {"offset": 10**6},
        {"segment": "00000009"},
    ],
)
def test_a_reference_that_means_other_rows_is_refused(change: dict[str, object]) -> None:
    recorder = Recorder(MemorySegments())
    reference = recorder.record(trades(2))
    with pytest.raises(JournalDamaged, match="restore the last backup"):
        recorder.read(msgspec.structs.replace(reference, **change))


def test_pruning_removes_older_segments_and_never_the_newest(
    new_segments: Callable[[], Segments],
) -> None:
    recorder = Recorder(new_segments(), segment_bytes_max=1)
    references = [recorder.record(trades(1, start=number)) for number in range(4)]
    assert recorder.read(references[0]).instrument == GOOG
    assert recorder.prune(references[2].segment) == 2
    with pytest.raises(JournalDamaged, match="the segment is gone"):
        recorder.read(references[1])
    assert same(recorder.read(references[2]), trades(1, start=2))
    assert recorder.prune("99999999") == 1
    assert recorder.record(trades(1)).segment == "00000005"


def test_after_a_failed_sync_nothing_more_is_recorded() -> None:
    segments = MemorySegments()
    recorder = Recorder(segments)
    reference = recorder.record(trades(1))
    segments.fail_next("fsync")
    for attempt in (recorder.flush, lambda: recorder.record(trades(1)), recorder.flush):
        with pytest.raises(JournalBroken):
            attempt()
    assert same(recorder.read(reference), trades(1))


def test_a_full_disk_loses_nothing_and_the_flush_may_be_tried_again() -> None:
    segments = MemorySegments()
    recorder = Recorder(segments)
    references = [recorder.record(trades(1))]
    segments.fail_next("full")
    with pytest.raises(JournalFull):
        recorder.flush()
    references.append(recorder.record(trades(2)))
    recorder.flush()
    found = Recorder(segments.crash())
    assert [len(found.read(reference)) for reference in references] == [1, 2]


def test_a_full_disk_of_files_is_written_at_the_same_place_again(tmp_path: Path) -> None:
    with small_disk(tmp_path, "1m") as disk:
        recorder = Recorder(FileSegments(disk))
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(700_000))
        batches = [trades(5000, start=number) for number in range(4)]
        references = [recorder.record(batch) for batch in batches]
        with pytest.raises(JournalFull, match="free space"):
            recorder.flush()
        ballast.unlink()
        recorder.flush()
        recorder.close()
        found = Recorder(FileSegments(disk))
        for batch, reference in zip(batches, references, strict=True):
            assert same(found.read(reference), batch)
        found.close()


def test_after_a_failed_write_nothing_more_is_recorded(tmp_path: Path) -> None:
    recorder = Recorder(FileSegments(tmp_path))
    reference = recorder.record(trades(10))
    recorder.flush()
    recorder.record(trades(1000))
    with files_at_most(1000), pytest.raises(JournalBroken, match="check the disk"):
        recorder.flush()
    for attempt in (recorder.flush, lambda: recorder.record(trades(1))):
        with pytest.raises(JournalBroken):
            attempt()
    assert same(recorder.read(reference), trades(10))
    recorder.close()
