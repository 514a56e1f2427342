"""Rows that are run without asking at each give what the same rows give one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.core.market_run import events
from tradewind.core.engine import Engine
from tradewind.core.journal_hash import JournalHash
from tradewind.core.quiet import extremes
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.core.tape import Tape
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.market import quote_of
from tradewind.model.orders import Sizing
from tradewind.runtime.strategy_host import attach
from tradewind.sim import fees
from tradewind.sim.venue import SimulatedVenue
from tradewind.strategies.base import Strategy

MINUTE = 60_000_000_000
ROWS = 300
SHARE = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
COIN = Instrument("BTC/USD.SIM", tick="0.01", lot="0.00000001", currency="USD")
"""Its value has more digits than money, so that it is rounded."""


class Wisher(Strategy):
    """Wants something now and then, each time in another way."""

    def on_start(self) -> None:
        self.rows = 0
        self.seen: list[str] = []
        self.subscribe_bars(self.instrument)
        self.subscribe_trades(self.instrument)

    def on_bar(self, bar: Any) -> None:
        self.on_row(bar.close_exact)

    def on_trade(self, trade: Any) -> None:
        self.on_row(trade.price_exact)

    def on_row(self, price: Decimal) -> None:
        self.rows += 1
        if self.rows % 40 == 7:
            self.target_position(3 if self.rows % 80 < 40 else -2)
        elif self.rows % 40 == 20:
            self.buy(1)
        elif self.rows % 40 == 30:
            self.set_timer("later", self.time_ns + 5 * MINUTE + 1)
        elif self.rows % 40 == 12:
            self.buy(1, stop=price)  # the last price has reached it
        elif self.rows % 40 == 35:
            self.seen.append(str(self.account.equity))
        elif self.rows == 250:
            raise ValueError("no more")

    def on_timer(self, name: str) -> None:
        self.sell(1)


def columns(kind: str, instrument: Instrument) -> Columns:
    """Rows of a random walk."""
    draw = np.random.default_rng(3)
    price = 10_000_00 + np.cumsum(draw.integers(-60, 61, ROWS))
    times = np.arange(ROWS, dtype=np.int64) * MINUTE
    size = draw.integers(1, 1_000, ROWS)
    if kind == "trades":
        side = draw.choice(np.array([-1, 1]), ROWS)
        return Columns(
            kind, instrument, {"time_ns": times, "price": price, "size": size, "side": side}
        )
    prices = {"open": price - 3, "high": price + 9, "low": price - 8, "close": price}
    ends = {"open_time_ns": times, "close_time_ns": times + MINUTE}
    return Columns(kind, instrument, {**ends, **prices, "volume": size})


def run(batch: Columns, *, mark: str, fill: str, by_rows: int) -> list[Any]:
    """All that came of the rows, given one by one (1) or as columns (0)."""
    journal = JournalHash()
    venue = SimulatedVenue(fees=fees.percent("0.001"), fill=fill)
    engine = Engine(State(), venue, Tape(journal.body))
    for event in (
        m.RunStarted(0, "j0", 1, "", mark),
        m.InstrumentListed(0, batch.instrument),
        m.AccountOpened(0, "main", "USD"),
        m.CashDeposited(0, "main", "USD", 100_000 * 10**6),
    ):
        engine.step(event)
    if mark == "mid":
        engine.step(quote_of(batch.instrument, 0, 999_000, 5, 1_000_000, 5))
    wisher = Wisher()
    attach(
        engine, wisher, name="wisher", account="main", instruments=[batch.instrument],
        sizing=Sizing.AT_FILL,
    )  # fmt: skip
    if by_rows:
        for event in events([batch]):
            engine.step(event)
    else:
        engine.run(batch)
    engine.flush()
    curve = [engine.curve.time_ns.tolist(), engine.curve.equity.tolist()]
    return [journal.hexdigest(), state_hash(engine.state), wisher.rows, wisher.seen, curve]


@pytest.mark.parametrize("instrument", [SHARE, COIN], ids=["share", "coin"])
@pytest.mark.parametrize("kind", ["bars", "trades"])
@pytest.mark.parametrize(
    ("mark", "fill"), [("latest", "next_open"), ("latest", "signal_close"), ("mid", "next_open")]
)
def test_columns_give_what_their_rows_give(
    instrument: Instrument, kind: str, mark: str, fill: str
) -> None:
    batch = columns(kind, instrument)
    one_by_one = run(batch, mark=mark, fill=fill, by_rows=1)
    assert one_by_one[2] == 250
    assert len(one_by_one[3]) > 4
    assert run(batch, mark=mark, fill=fill, by_rows=0) == one_by_one


def test_prices_beyond_what_money_holds_are_no_quiet_ones() -> None:
    rows = {name: array.copy() for name, array in columns("bars", SHARE).arrays.items()}
    for name in ("high", "close"):
        rows[name][100:120] = 10**15
    batch = Columns("bars", SHARE, rows)
    found = [run(batch, mark="latest", fill="next_open", by_rows=number) for number in (1, 0)]
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", ["bars", "trades"])
def test_a_batch_behind_the_time_is_refused(kind: str) -> None:
    batch = columns(kind, SHARE)
    engine = Engine(State())
    engine.step(m.RunStarted(0, "j0", 1, ""))
    engine.step(m.InstrumentListed(0, SHARE))
    engine.run(batch)
    with pytest.raises(Exception, match="rows must be in order"):
        engine.run(batch)


def test_the_extremes_of_nothing_are_nought() -> None:
    assert extremes(np.zeros(0, np.int64)) == (0, 0)
