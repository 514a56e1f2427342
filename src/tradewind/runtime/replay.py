"""Replays: a strategy over batches in the order in which they arrived."""

from __future__ import annotations

from collections.abc import Iterable

from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.errors import BadData
from tradewind.runtime.backtest_result import BacktestResult
from tradewind.runtime.simulated_run import RunTerms, SimulatedRun
from tradewind.sim.venue import SimulatedVenue
from tradewind.strategies.base import Strategy


def replay(
    strategy: Strategy, batches: Iterable[Columns], venue: SimulatedVenue, terms: RunTerms
) -> BacktestResult:
    """Run a strategy over batches of one instrument as they came; `BadData` where there are none.

    Nothing is sorted or merged: a quote that ran ahead of the book is seen ahead of the book. The
    batches are taken one at a time, so that a reader need not hold a whole file.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.sim.market import generate_quotes
    >>> btc = Instrument("BTC/USDT.SIM", tick="0.10", lot="0.00001")
    >>> quotes = generate_quotes(btc, 7, start_time_ns=0, end_time_ns=10**9)
    >>> replay(Strategy(), [quotes], SimulatedVenue(), RunTerms()).order_count
    0
    """
    run: SimulatedRun | None = None
    for batch in batches:
        if run is None:
            start_ns = int(batch[REQUIRED[batch.kind][0]][0])
            run = SimulatedRun([strategy], [batch.instrument], venue, terms, start_time_ns=start_ns)
        run.take(batch)
    if run is None:
        raise BadData("there is nothing to replay: give a file with market data")
    return run.finish()
