"""Marking: what positions are valued at, chosen by name and written into the journal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.core.market_run import Run, columns, events
from tradewind.core.engine import Engine
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.market import quote_of, trade_of
from tradewind.model.marking import MARKINGS
from tradewind.model.orders import Leg, Liquidity, Side

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
CASH = 1_000_000 * 10**6
LONG, SHORT = 30, 20
DOLLAR = 10**6


class Desk:
    """An engine with one account and an order book of its own making."""

    def __init__(self, mark: str, *, hedging: bool = False) -> None:
        self.engine = Engine(State())
        self.hedging = hedging
        self.orders = 0
        self.give(
            m.RunStarted(1, "j0", 1, "", mark),
            m.InstrumentListed(1, GOOG),
            m.AccountOpened(1, "main", "USD", hedging),
            m.CashDeposited(1, "main", "USD", CASH),
            m.StrategyRegistered(1, "manual", "main", "", {}),
        )

    def give(self, *given: m.Event) -> None:
        for event in given:
            self.engine.step(event)

    def quote(self, bid: int, ask: int) -> None:
        self.give(quote_of(GOOG, 5, bid * 100, 10 * (bid > 0), ask * 100, 10 * (ask > 0)))

    def trade(self, price: int) -> None:
        self.give(trade_of(GOOG, 5, price * 100, 10, 0))

    def fill(self, side: Side, quantity: int, price: int, leg: Leg = Leg.NET) -> None:
        self.orders += 1
        identity = f"j0-manual-{self.orders}"
        leg = leg if self.hedging else Leg.NET
        self.give(m.OrderIntended(5, identity, "manual", GOOG.id, side, quantity, leg=leg))
        paid = (price * 100, quantity, 0, "USD", Liquidity.TAKER)
        self.give(m.OrderFilled(5, identity, f"f{self.orders}", *paid))

    @property
    def profit(self) -> int:
        """Equity above the cash brought in, in dollars."""
        state = self.engine.state
        return (state.equity(state.accounts[0]) - CASH) // DOLLAR


@pytest.mark.parametrize(
    ("mark", "long", "short"),
    [("latest", 10, -10), ("last", 10, -10), ("mid", 5, -5), ("bid_ask", 4, -6)],
)
def test_each_marking_values_a_position_at_its_own_price(mark: str, long: int, short: int) -> None:
    for side, each in ((Side.BUY, long), (Side.SELL, short)):
        desk = Desk(mark)
        desk.quote(104, 106)
        desk.fill(side, 10, 100)
        desk.trade(110)
        assert desk.profit == each * 10


@pytest.mark.parametrize(
    ("mark", "profit"), [("latest", 9), ("last", 5), ("mid", 9), ("bid_ask", 8)]
)
def test_a_quote_behind_a_trade_moves_what_looks_at_quotes(mark: str, profit: int) -> None:
    desk = Desk(mark)
    desk.trade(105)
    desk.fill(Side.BUY, 1, 100)
    desk.quote(108, 110)
    assert desk.profit == profit


@pytest.mark.parametrize("mark", MARKINGS)
def test_the_latest_price_stands_for_one_that_is_not_there(mark: str) -> None:
    desk = Desk(mark)
    desk.fill(Side.BUY, 1, 100)
    assert desk.profit == 0
    desk.trade(107) if mark != "last" else desk.quote(106, 108)
    assert desk.profit == 7


def test_a_side_that_goes_away_is_seen_at_once() -> None:
    desk = Desk("bid_ask")
    desk.quote(104, 106)
    desk.fill(Side.BUY, 1, 100)
    assert desk.profit == 4
    desk.quote(0, 106)
    assert desk.profit == 5  # the middle of before
    desk.quote(103, 0)
    assert desk.profit == 3


def test_each_leg_is_valued_at_its_own_side() -> None:
    desk = Desk("bid_ask", hedging=True)
    desk.quote(99, 101)
    desk.fill(Side.BUY, LONG, 100, Leg.LONG)
    desk.fill(Side.SELL, SHORT, 100, Leg.SHORT)
    assert desk.profit == -LONG - SHORT
    assert desk.engine.state.accounts[0].home.value == (LONG * 99 - SHORT * 101) * DOLLAR


@pytest.mark.parametrize("mark", MARKINGS)
def test_a_snapshot_goes_on_with_the_marking_of_its_run(mark: str) -> None:
    desk = Desk(mark)
    desk.quote(104, 106)
    desk.trade(110)
    desk.fill(Side.BUY, 10, 100)
    state = decode_state(encode_state(desk.engine.state))
    assert state_hash(state) == state_hash(desk.engine.state)
    other = Engine(state)
    for engine in (desk.engine, other):
        engine.step(quote_of(GOOG, 6, 9000, 10, 9400, 10))
    assert state.equity(state.accounts[0]) - CASH == desk.profit * DOLLAR
    assert state_hash(state) == state_hash(desk.engine.state)


def test_a_new_run_may_mark_otherwise() -> None:
    desk = Desk("latest")
    desk.quote(104, 106)
    desk.fill(Side.BUY, 10, 100)
    desk.give(m.RunStarted(6, "j0", 2, "", "bid_ask"))
    assert desk.profit == 40


def test_an_unknown_marking_is_refused_in_one_sentence() -> None:
    with pytest.raises(UserError, match=r"mark='median': choose one of latest, last, mid, bid_ask"):
        Desk("median")


def test_stepping_is_running_under_every_marking() -> None:
    hashes = set()
    for mark in MARKINGS:
        batches = columns(20)
        stepped, run = Run(mark=mark), Run(mark=mark)
        for event in events(batches):
            stepped.engine.step(event)
        run.engine.run(*batches)
        assert stepped.hashes() == run.hashes()
        state = run.engine.state
        hashes.add(Decimal(state.equity(state.accounts[0])))
    assert len(hashes) > 1
