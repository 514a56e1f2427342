"""Exposure of an account that trades in several currencies."""

from __future__ import annotations

import numpy as np

from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Side
from tradewind.runtime.desk_actions import exposure_row
from tradewind.runtime.state_rows import equity_rows, gross_exposure

SAP = Instrument("SAP.SIM", tick="0.01", lot="1", currency="EUR")
GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
USD = 10**6


def bought(engine: Engine, number: int, instrument: Instrument, quantity: int) -> None:
    """A position at 100, marked at 100."""
    name, side = f"j0-a-{number}", Side.BUY if quantity > 0 else Side.SELL
    size = abs(quantity)
    engine.step(m.OrderIntended(0, name, "a", instrument.id, side, size))
    engine.step(m.OrderFilled(0, name, "f", 100_00, size, 0, instrument.currency, 1))
    rows = {"time_ns": 1, "bid": 100_00, "bid_size": 9, "ask": 100_00, "ask_size": 9}
    engine.run(Columns("quotes", instrument, {name: np.array([one]) for name, one in rows.items()}))


def test_exposure_is_in_the_currency_of_the_account() -> None:
    engine = Engine(State())
    for event in (
        m.RunStarted(0, "j0", 1, ""),
        m.InstrumentListed(0, SAP),
        m.InstrumentListed(0, GOOG),
        m.AccountOpened(0, "main", "USD"),
        m.RateChanged(0, "EUR", "USD", 1_250_000_000),
        m.StrategyRegistered(0, "a", "main", "", {}),
    ):
        engine.step(event)
    engine.step(m.CashDeposited(0, "main", "EUR", 2_000 * USD))
    bought(engine, 1, SAP, 8)  # 800 EUR are 1,000 USD
    bought(engine, 2, GOOG, -3)
    engine.state.revalue()
    account = engine.state.accounts[0]
    assert gross_exposure(account) == (1_000 + 300) * USD
    row = exposure_row(engine.state, account)
    assert (row["gross"], row["net"]) == ("1300.000000", "700.000000")
    (equity,) = equity_rows(engine.state, 1)
    # cash of 2,000 EUR less 800 and of 300 USD; nothing is won where prices stand still
    assert (equity.cash, equity.unrealised) == ("1800.000000", "0.000000")
    assert equity.equity == "2500.000000"
    assert row["instruments"] == {"SAP.SIM": "1000.000000", "GOOG.SIM": "-300.000000"}
