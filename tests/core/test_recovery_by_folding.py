"""A crash behind any event: the snapshot before it and the journal's tail give the same state."""

from __future__ import annotations

from typing import Any

from tests.core.market_run import SAP, RecordedRun, columns
from tradewind.core.engine import Engine
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument

MINUTES = 12


def one_row_each() -> list[Columns]:
    """Rows as a live engine gets them: quotes, trades, depth, and bars built from them."""
    rows = [
        batch.cut(row, row + 1)
        for batch in columns(MINUTES)
        if batch.instrument is not SAP or batch.kind != "bars"
        for row in range(len(batch))
    ]
    return sorted(rows, key=lambda row: int(row.time_ns[0]))


def take(engine: Engine, row: Columns) -> None:
    if row.kind == "bars":
        engine.run_closes(row)
    else:
        engine.run(row)


def live_run() -> tuple[list[bytes], dict[int, Any], dict[int, Columns], str]:
    """Snapshots behind every row, records and rows by their sequence, and the last hash."""
    engine = RecordedRun().engine
    snapshots = [encode_state(engine.state)]
    rows: dict[int, Columns] = {}
    recorded: dict[int, Any] = {}
    for row in one_row_each():
        before = engine.state.sequence
        take(engine, row)
        recorded.update(zip(*engine.take_records(), strict=True))
        gaps = set(range(before + 1, engine.state.sequence + 1)) - set(recorded)
        assert len(gaps) == 1
        rows[gaps.pop()] = row
        snapshots.append(encode_state(engine.state))
    return snapshots, recorded, rows, state_hash(engine.state)


def fold_on(engine: Engine, recorded: dict[int, Any], rows: dict[int, Columns], last: int) -> None:
    """Fold the tail behind a snapshot; decisions must come out as they were journaled."""
    due: list[Any] = []
    for sequence in range(engine.state.sequence + 1, last + 1):
        record = recorded.get(sequence)
        if sequence in rows:
            due += engine.fold_rows(rows[sequence])
        elif isinstance(record, m.Decision):
            assert due.pop(0) == record
        else:
            due += engine.fold(record)
    assert not due


def test_the_run_has_what_recovery_must_fold() -> None:
    _, recorded, _, _ = live_run()
    kinds = {type(record) for record in recorded.values()}
    assert kinds >= {m.TargetIntended, m.OrderFilled, m.OrderCanceled, m.TimerFired, m.AmendOrder}


def test_folding_the_tail_behind_every_snapshot_gives_the_same_state() -> None:
    snapshots, recorded, rows, expected = live_run()
    last = max(*recorded, *rows)
    for data in snapshots:
        engine = Engine(decode_state(data))
        fold_on(engine, recorded, rows, last)
        assert state_hash(engine.state) == expected


def test_a_snapshot_of_a_restored_state_has_the_same_bytes() -> None:
    for data in live_run()[0]:
        assert encode_state(decode_state(data)) == data


def test_folding_calls_no_strategy() -> None:
    snapshots, recorded, rows, _ = live_run()
    run = RecordedRun()
    run.engine.state = decode_state(snapshots[0])
    fold_on(run.engine, recorded, rows, max(*recorded, *rows))
    assert not run.engine.intents
    issued = [book.intents for book in run.engine.state.strategies]
    wanted = (m.OrderIntended, m.TargetIntended)
    assert sum(issued) == sum(type(record) in wanted for record in recorded.values())


def stress_by_scope(engine: Engine) -> list[int]:
    return [scope.holdings[1].bounds.stress for scope in engine.state.scopes() if scope.holdings]


def test_a_new_version_of_an_instrument_counts_at_once_and_behind_a_restart() -> None:
    engine = Engine(decode_state(live_run()[0][40]))
    version = Instrument(SAP.id, tick="0.05", lot="1", currency="EUR", stress_move="0.5")
    engine.step(m.InstrumentListed(engine.state.time_ns, version))
    again = Engine(decode_state(encode_state(engine.state)))
    assert stress_by_scope(engine) == [500_000_000] * 3
    assert stress_by_scope(again) == [500_000_000] * 3
    assert encode_state(engine.state) == encode_state(again.state)
