"""The depth algorithm: what is buffered, dropped, applied, and where a gap begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.binance.depth_sync import Applied, DepthGap, DepthSync
from tradewind.adapters.binance.rows import DepthSnapshotRow, DepthUpdateRow


def spot(first_id: int, last_id: int) -> DepthUpdateRow:
    return DepthUpdateRow("X", 1, first_id, last_id, -1, [(last_id, 1)], [])


def usdm(previous_id: int, first_id: int, last_id: int) -> DepthUpdateRow:
    return DepthUpdateRow("X", 1, first_id, last_id, previous_id, [(last_id, 1)], [])


def snapshot(last_id: int) -> DepthSnapshotRow:
    return DepthSnapshotRow("X", 1, last_id, [], [])


def take(sync: DepthSync, *rows: DepthUpdateRow | DepthSnapshotRow) -> list[Applied]:
    applied: list[Applied] = []
    for row in rows:
        is_update = isinstance(row, DepthUpdateRow)
        applied += sync.take_update(row) if is_update else sync.take_snapshot(row)
    return applied


def test_updates_before_the_snapshot_are_buffered_and_those_it_has_are_dropped() -> None:
    sync = DepthSync()
    early, across, late = spot(1, 5), spot(6, 12), spot(13, 13)
    assert take(sync, early, across, late) == []
    assert sync.needs_snapshot
    assert take(sync, snapshot(10)) == [snapshot(10), across, late]
    assert (sync.applied, sync.dropped, sync.gaps, sync.last_id) == (2, 1, 0, 13)
    assert not sync.needs_snapshot


@pytest.mark.parametrize(
    ("snapshot_id", "update", "follows"),
    [
        (10, spot(11, 11), True),
        (10, spot(1, 11), True),
        (10, spot(12, 12), False),
        (10, usdm(3, 10, 12), True),
        (10, usdm(3, 5, 10), True),
        (10, usdm(10, 11, 12), False),
    ],
)
def test_the_first_update_behind_a_snapshot_reaches_it(
    snapshot_id: int, update: DepthUpdateRow, follows: bool
) -> None:
    sync = DepthSync()
    applied = take(sync, snapshot(snapshot_id), update)
    assert applied[1:] == ([update] if follows else [DepthGap(1)])
    buffered = DepthSync()
    applied = take(buffered, update, snapshot(snapshot_id))
    assert applied == ([snapshot(snapshot_id), update] if follows else [])
    assert buffered.snapshots_too_old == (0 if follows else 1)


@pytest.mark.parametrize(
    ("snapshot_id", "update"), [(10, spot(9, 10)), (10, usdm(7, 8, 9)), (10, spot(3, 4))]
)
def test_an_update_that_the_snapshot_has_is_dropped(
    snapshot_id: int, update: DepthUpdateRow
) -> None:
    sync = DepthSync()
    assert take(sync, snapshot(snapshot_id), update) == [snapshot(snapshot_id)]
    assert (sync.dropped, sync.gaps) == (1, 0)


def test_spot_updates_chain_by_the_next_id() -> None:
    sync = DepthSync()
    chain = [spot(11, 12), spot(13, 13), spot(14, 20)]
    assert take(sync, snapshot(10), *chain) == [snapshot(10), *chain]
    assert take(sync, spot(22, 25)) == [DepthGap(1)]


def test_usdm_updates_chain_by_the_id_before_and_may_leave_ids_out() -> None:
    sync = DepthSync()
    chain = [usdm(3, 9, 12), usdm(12, 15, 18), usdm(18, 30, 31)]
    assert take(sync, snapshot(10), *chain) == [snapshot(10), *chain]
    assert take(sync, usdm(30, 32, 33)) == [DepthGap(1)]


@pytest.mark.parametrize("make", [spot, lambda first, last: usdm(first - 1, first, last)])
def test_an_update_that_comes_twice_or_late_is_dropped(make) -> None:
    sync = DepthSync()
    take(sync, snapshot(10), make(10, 11), make(12, 15))
    assert take(sync, make(12, 15), make(10, 11)) == []
    assert (sync.dropped, sync.gaps) == (2, 0)
    assert take(sync, make(16, 17)) == [make(16, 17)]


def test_a_gap_is_told_once_and_a_new_snapshot_heals_it() -> None:
    sync = DepthSync()
    take(sync, spot(11, 12), snapshot(10))
    assert take(sync, spot(20, 21), spot(22, 23)) == [DepthGap(1)]
    assert (sync.gaps, sync.needs_snapshot, sync.last_id) == (1, True, -1)
    assert take(sync, snapshot(21)) == [snapshot(21), spot(22, 23)]
    assert (sync.applied, sync.dropped, sync.snapshots) == (2, 1, 2)


def test_a_snapshot_older_than_the_buffer_is_refused_and_a_newer_one_taken() -> None:
    sync = DepthSync()
    assert take(sync, spot(20, 21), snapshot(18)) == []
    assert sync.needs_snapshot
    assert take(sync, snapshot(19)) == [snapshot(19), spot(20, 21)]
    assert (sync.snapshots, sync.snapshots_too_old) == (1, 1)


def test_a_hole_inside_the_buffer_is_a_gap_behind_the_snapshot() -> None:
    sync = DepthSync()
    applied = take(sync, spot(10, 11), spot(20, 21), snapshot(10))
    assert applied == [snapshot(10), spot(10, 11), DepthGap(1)]
    assert sync.needs_snapshot


def test_a_late_snapshot_that_nobody_needs_does_not_set_the_book_back() -> None:
    sync = DepthSync()
    take(sync, snapshot(10), spot(11, 20))
    assert take(sync, snapshot(19)) == []
    assert sync.last_id == 20
    assert take(sync, snapshot(20), spot(21, 22)) == [snapshot(20), spot(21, 22)]


def test_the_buffer_at_its_limit_keeps_all_and_one_more_drops_the_oldest() -> None:
    sync = DepthSync(updates_max=3)
    updates = [spot(n, n) for n in range(1, 5)]
    take(sync, *updates[:3])
    assert sync.dropped == 0
    take(sync, updates[3])
    assert sync.dropped == 1
    assert take(sync, snapshot(0)) == []  # what follows the snapshot is no longer there
    assert take(sync, snapshot(1)) == [snapshot(1), *updates[1:]]


steps = st.lists(st.integers(1, 4), min_size=1, max_size=12)


@given(steps, st.data())
def test_a_stream_with_rows_lost_doubled_or_swapped_never_gives_a_book_with_a_hole(
    lengths: list[int], data: st.DataObject
) -> None:
    updates, at = [], 1
    for length in lengths:
        updates.append(spot(at, at + length - 1))
        at += length
    sent = [row for row in updates for _ in range(data.draw(st.sampled_from([0, 1, 1, 1, 2])))]
    sent = data.draw(st.permutations(sent)) if data.draw(st.booleans()) else sent
    start = data.draw(st.integers(0, at))
    place = data.draw(st.integers(0, len(sent)))
    sync = DepthSync()
    applied = take(sync, *sent[:place], snapshot(start), *sent[place:])
    book_id = None
    for row in applied:
        if isinstance(row, DepthGap):
            book_id = None
        elif isinstance(row, DepthSnapshotRow):
            book_id = row.last_id
        else:
            assert book_id is not None
            assert row.first_id <= book_id + 1 <= row.last_id
            book_id = row.last_id
    assert sync.last_id == (-1 if book_id is None else book_id)
