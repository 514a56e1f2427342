"""A venue inside the loop that reports what cannot be: said once, nothing posted or raised."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.market_run import MINUTE, START
from tradewind.core.engine import Engine
from tradewind.core.event_checks import TIME_MAX_NS
from tradewind.core.reports import execution
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.core.venue_model import VenueModel
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.frames import columns_from
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import MONEY_MAX, UNITS_MAX
from tradewind.model.orders import Side

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
ORDER = "j0-manual-1"
CASH = 10**12


class Liar(VenueModel):
    """Answers the first bar with reports that were made up before."""

    def __init__(self, *reports: Any) -> None:
        VenueModel.__init__(self)
        self.coming = list(reports)
        self.working = 1

    def on_bar(self, instrument: int, time_ns: int, *prices: int) -> None:
        self.reports += self.coming
        self.coming = []


def fill(**terms: Any) -> Any:
    named = {"price": 10_000, "quantity": 5, "fee": 0, "time_ns": START, **terms}
    return execution(
        named["time_ns"], ORDER, "f1", named["price"], named["quantity"], named["fee"], "USD", 2
    )


def bars() -> Columns:
    times = [START + MINUTE * number for number in range(3)]
    prices = dict.fromkeys(("open", "high", "low", "close"), [100.0] * 3)
    return columns_from("bars", {"open_time_ns": times, **prices, "volume": [1] * 3}, GOOG)


def ran(*reports: Any) -> Engine:
    engine = Engine(State(), Liar(*reports))
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, GOOG),
        m.AccountOpened(1, "main", "USD"),
        m.CashDeposited(1, "main", "USD", CASH),
        m.StrategyRegistered(1, "manual", "main", "", {}),
        m.OrderIntended(2, ORDER, "manual", GOOG.id, Side.BUY, 5),
    ):
        engine.step(event)
    engine.run(bars())
    return engine


ABSURD = [
    (fill(price=0), "is out of range"),
    (fill(price=-1), "is out of range"),
    (fill(price=UNITS_MAX + 1), "is out of range"),
    (fill(price=MONEY_MAX), "is out of range"),
    (fill(quantity=0), "is out of range"),
    (fill(quantity=MONEY_MAX), "is out of range"),
    (fill(price=UNITS_MAX), "cannot hold so much USD"),
    (fill(price=10**13, quantity=10**6), "cannot hold so much USD"),
    (fill(fee=MONEY_MAX // 2), "cannot hold so much USD"),
    (fill(time_ns=TIME_MAX_NS), "a time of"),
    (m.OrderAmended(START, ORDER, UNITS_MAX + 1, 0), "an amendment to"),
    (m.OrderCanceled(START, ORDER, "", MONEY_MAX), "an end at"),
]


@pytest.mark.parametrize(("report", "reason"), ABSURD, ids=[reason for _, reason in ABSURD])
def test_an_absurd_report_is_said_once_and_changes_nothing(report: Any, reason: str) -> None:
    engine = ran(report)
    told = [record for record in engine.records if isinstance(record, m.VenueDiffered)]
    assert [(one.rule, one.subject, one.venue) for one in told] == [("refuse", ORDER, "SIM")]
    assert reason in told[0].reason
    state = engine.state
    assert state.accounts[0].home.cash == CASH
    assert state.equity(state.accounts[0]) == CASH
    assert state.open_orders[ORDER].filled_quantity == 0
    assert state.firm.holding(state.markets[0], None).open_buy == 5


@pytest.mark.parametrize(("report", "reason"), ABSURD, ids=[reason for _, reason in ABSURD])
def test_its_journal_leads_to_the_same_state(report: Any, reason: str) -> None:
    engine = ran(report)
    folded = Engine(State())
    for record in engine.take_records()[1]:
        if not isinstance(record, m.SubmitOrder):
            folded.fold(record)
    assert folded.state.anomalies == engine.state.anomalies
    assert books(folded) == books(engine)


def books(engine: Engine) -> tuple[Any, ...]:
    """What the reports of a run may have moved."""
    state = engine.state
    orders = {order.order_id: order.snapshot() for order in state.orders.values()}
    return orders, state.accounts[0].home.cash, state.firm.holding(state.markets[0], None).open_buy


@pytest.mark.parametrize(
    "report", [fill(), fill(price=1), fill(price=10**9), fill(fee=-(10**9)), fill(quantity=7)]
)
def test_a_fill_that_can_be_is_posted(report: Any) -> None:
    engine = ran(report)
    assert not [record for record in engine.records if isinstance(record, m.VenueDiffered)]
    assert engine.state.orders[ORDER].filled_quantity == report.quantity
    assert state_hash(engine.state)


def test_a_fill_of_nobodys_order_is_counted_as_ever() -> None:
    stray = execution(START, "j0-nobody-1", "f1", 10_000, 5, 0, "USD", 2)
    assert ran(stray).state.anomalies == {"fill_of_unknown_order": 1}
