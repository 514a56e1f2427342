"""The engine's step: decisions, records with their sequences, snapshots and hashes."""

from typing import Any

import numpy as np
import pytest

from tradewind.core.engine import Engine
from tradewind.core.journal_hash import JournalHash
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, Columns
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.market import quote_of
from tradewind.model.orders import Liquidity, OrderState, Side, Sizing
from tradewind.runtime.strategy_host import attach
from tradewind.strategies.base import Strategy

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
LIMITS = Limits(position_quantity="2")


def started(limits: Limits = LIMITS) -> Engine:
    engine = Engine(State())
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, GOOG),
        m.AccountOpened(1, "main", "USD"),
        m.CashDeposited(1, "main", "USD", 1_000_000_000),
        m.LimitsChanged(1, "account:main", limits, "test"),
        m.StrategyRegistered(1, "manual", "main", "", {}),
    ):
        engine.step(event)
    return engine


def intent(number: int, quantity: int, side: Side = Side.BUY) -> m.OrderIntended:
    return m.OrderIntended(5, f"j0-manual-{number}", "manual", "GOOG.SIM", side, quantity)


def fill(number: int, quantity: int, price: int = 10000, name: str = "f1") -> m.OrderFilled:
    order_id = f"j0-manual-{number}"
    return m.OrderFilled(6, order_id, name, price, quantity, 1000, "USD", Liquidity.TAKER)


def quoted(engine: Engine) -> None:
    engine.step(quote_of(GOOG, 4, 9999, 5, 10001, 5))


def test_an_order_at_the_limit_goes_out_and_one_past_it_is_denied_with_its_numbers() -> None:
    engine = started()
    quoted(engine)
    assert isinstance(engine.step(intent(1, 2))[0], m.SubmitOrder)
    (denied,) = engine.step(intent(2, 1))
    assert denied == m.OrderDenied(5, "j0-manual-2", "max_position", "3", "2")


def test_a_fill_is_posted_once_however_often_it_is_reported() -> None:
    engine = started()
    quoted(engine)
    engine.step(intent(1, 2))
    engine.step(fill(1, 2))
    before = state_hash(engine.state)
    engine.step(fill(1, 2))
    engine.state.sequence -= 1
    engine.state.anomalies.clear()
    assert state_hash(engine.state) == before


def test_a_fill_behind_a_cancel_is_still_money() -> None:
    engine = started()
    quoted(engine)
    engine.step(intent(1, 2))
    engine.step(m.OrderCanceled(6, "j0-manual-1"))
    engine.step(fill(1, 2))
    assert engine.state.orders["j0-manual-1"].state == OrderState.FILLED
    assert engine.state.accounts[0].home.cash == 1_000_000_000 - 200_000_000 - 1000
    assert engine.state.anomalies == {"fill_behind_the_end": 1}


def test_an_unknown_order_keeps_its_exposure_and_is_asked_for() -> None:
    engine = started()
    quoted(engine)
    engine.step(intent(1, 2))
    (query,) = engine.step(m.OrderUnknown(6, "j0-manual-1", "no answer in time"))
    assert isinstance(query, m.QueryOrder)
    (denied,) = engine.step(intent(2, 1))
    assert isinstance(denied, m.OrderDenied)


def test_a_halt_blocks_first_and_cancels_what_works() -> None:
    engine = started()
    quoted(engine)
    engine.step(intent(1, 1))
    (cancel,) = engine.step(m.Halted(6, "all", "drill", "test"))
    assert cancel == m.CancelOrder(6, "j0-manual-1", "SIM", "GOOG.SIM")
    (denied,) = engine.step(intent(2, 1))
    assert isinstance(denied, m.OrderDenied)
    assert denied.rule == "halted"
    engine.step(m.Resumed(7, "all", "test"))
    assert isinstance(engine.step(intent(3, 1))[0], m.SubmitOrder)


def test_a_snapshot_gives_the_same_state_and_goes_on_alike() -> None:
    engine = started()
    quoted(engine)
    engine.step(intent(1, 2))
    engine.step(fill(1, 1))
    engine.step(m.TimerSet(6, "manual", "again", 99, 10**6))
    again = Engine(decode_state(encode_state(engine.state)))
    assert state_hash(again.state) == state_hash(engine.state)
    for one in (engine, again):
        one.step(fill(1, 1, name="f2"))
        one.step(intent(2, 1, Side.SELL))
    assert state_hash(again.state) == state_hash(engine.state)


class Quoter(Strategy):
    def on_start(self) -> None:
        self.subscribe_quotes(self.instrument)

    def on_quote(self, quote: Any) -> None:
        if self.position.is_flat and not self.open_orders:
            self.buy(1, limit=quote.bid)


def with_strategy(strategy: Strategy) -> Engine:
    engine = started()
    attach(
        engine,
        strategy,
        name="quoter",
        account="main",
        instruments=[GOOG],
        sizing=Sizing.AT_FILL,
    )
    return engine


def test_folding_the_records_gives_the_state_without_calling_the_strategy() -> None:
    engine = with_strategy(Quoter())
    quoted(engine)
    engine.step(fill_of("j0-quoter-1"))
    _, records = engine.take_records()
    again = Engine(State())
    decided: list[m.Decision] = []
    for record in records:
        if isinstance(record, m.OrderDenied | m.SubmitOrder | m.CancelOrder):
            assert decided.pop(0) == record
            continue
        if isinstance(record, m.OrderIntended):
            again.state.sequence += 1  # the quote
            again.state.markets[0].bid = 9999
            again.state.markets[0].ask = 10001
            again.state.markets[0].mark = 10000
            again.state.markets[0].mark_time_ns = 4
        decided += again.fold(record)
    assert state_hash(again.state) == state_hash(engine.state)


def fill_of(order_id: str) -> m.OrderFilled:
    return m.OrderFilled(6, order_id, "f1", 9999, 1, 0, "USD", Liquidity.MAKER)


class Broken(Quoter):
    def on_quote(self, quote: Any) -> None:
        self.buy(1)
        raise ZeroDivisionError("oops")


def test_a_strategy_that_raises_is_stopped_and_its_intents_are_dropped() -> None:
    engine = with_strategy(Broken())
    quoted(engine)
    assert engine.state.strategies[1].stop_reason == "ZeroDivisionError: oops"
    assert not engine.state.orders
    quoted(engine)
    assert isinstance(engine.records[-1], m.StrategyStopped)


def test_a_market_row_out_of_order_is_refused() -> None:
    engine = started()
    quoted(engine)
    with pytest.raises(BadData, match="rows must be in order"):
        engine.step(quote_of(GOOG, 3, 9999, 5, 10001, 5))


def test_the_journal_hash_does_not_see_how_records_are_cut() -> None:
    engine = started()
    quoted(engine)
    engine.step(intent(1, 1))
    sequences, records = engine.take_records()
    whole, pieces = JournalHash(), JournalHash()
    whole.records(sequences, records)
    for sequence, record in zip(sequences, records, strict=True):
        pieces.records([sequence], [record])
    assert whole.hexdigest() == pieces.hexdigest()


def test_behind_a_gap_the_book_has_no_best_prices() -> None:
    engine = started()
    names = ("time_ns", "side", "price", "size", "flags")
    rows = [(4, 1, 9999, 5, 2), (4, -1, 10001, 5, 3), (5, 1, 9998, 1, DEPTH_GAP | DEPTH_LAST)]
    columns = zip(*rows, strict=True)
    arrays = {name: np.array(one) for name, one in zip(names, columns, strict=True)}
    depth = Columns("depth", GOOG, arrays)
    engine.run(depth.cut(0, 2))
    assert (engine.state.markets[0].bid, engine.state.markets[0].ask) == (9999, 10001)
    engine.run(depth.cut(2))
    assert (engine.state.markets[0].bid, engine.state.markets[0].ask) == (0, 0)
