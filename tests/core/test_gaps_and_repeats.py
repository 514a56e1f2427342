"""Timers over gaps of events, and fills that are told again."""

from __future__ import annotations

from typing import Any

from tradewind.core.engine import Engine
from tradewind.core.orders import FILL_IDS_MAX
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument
from tradewind.model.market import trade_of
from tradewind.model.orders import Side

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
S = 10**9


def started() -> Engine:
    engine = Engine(State())
    for event in (
        m.RunStarted(0, "j0", 1, ""),
        m.InstrumentListed(0, GOOG),
        m.AccountOpened(0, "main", "USD"),
        m.CashDeposited(0, "main", "USD", 10**14),
        m.StrategyRegistered(0, "s", "main", "", {}),
    ):
        engine.step(event)
    return engine


def fired(engine: Engine) -> list[int]:
    """Times in seconds at which timers fired."""
    _, records = engine.take_records()
    return [record.time_ns // S for record in records if isinstance(record, m.TimerFired)]


def test_over_a_gap_a_timer_fires_once_and_then_on_its_beat_again() -> None:
    engine = started()
    engine.step(m.TimerSet(0, "s", "beat", 10 * S, 10 * S))
    engine.step(trade_of(GOOG, 3605 * S, 100, 1, 0))
    assert fired(engine) == [10]
    engine.step(m.ClockTicked(3610 * S))
    assert fired(engine) == [3610]


def test_a_timer_due_at_the_very_event_behind_a_gap_is_not_missed() -> None:
    engine = started()
    engine.step(m.TimerSet(0, "s", "beat", 10 * S, 10 * S))
    engine.step(m.ClockTicked(60 * S))
    assert fired(engine) == [10, 60]


def test_without_gaps_every_interval_fires() -> None:
    engine = started()
    engine.step(m.TimerSet(0, "s", "beat", 10 * S, 10 * S))
    for second in range(1, 41):
        engine.step(m.ClockTicked(second * S))
    assert fired(engine) == [10, 20, 30, 40]


def test_a_recovery_knows_what_a_timer_missed() -> None:
    engine = started()
    engine.step(m.TimerSet(0, "s", "beat", 10 * S, 10 * S))
    engine.step(m.ClockTicked(3605 * S))
    again = Engine(State())
    for record in engine.take_records()[1]:
        again.fold(record)  # type: ignore[arg-type]
    assert state_hash(again.state) == state_hash(engine.state)
    assert again.next_timer_ns() == 3610 * S


def filled(engine: Engine, number: int) -> Any:
    return engine.step(m.OrderFilled(1, "j0-s-1", f"f{number}", 100, 1, 0, "USD", 2))


def test_a_fill_told_again_is_known_for_many_fills_and_memory_is_bounded() -> None:
    engine = started()
    quantity = FILL_IDS_MAX + 10
    engine.step(trade_of(GOOG, 1, 100, 1, 0))
    engine.step(m.OrderIntended(1, "j0-s-1", "s", GOOG.id, Side.BUY, quantity))
    for number in range(FILL_IDS_MAX + 1):
        filled(engine, number)
    order = engine.state.orders["j0-s-1"]
    assert len(order.fill_ids) == FILL_IDS_MAX
    filled(engine, 1)
    filled(engine, FILL_IDS_MAX)
    assert order.filled_quantity == FILL_IDS_MAX + 1
    assert engine.state.anomalies == {"fill_reported_again": 2}
    restored = Engine(decode_state(encode_state(engine.state)))
    filled(restored, FILL_IDS_MAX)
    assert restored.state.anomalies == {"fill_reported_again": 3}
