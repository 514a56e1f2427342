"""Backtests: the engine over historical columns with a simulated venue inside the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.errors import UserError
from tradewind.model.frames import columns_from
from tradewind.model.instruments import Instrument
from tradewind.model.limits import NONE, Limits
from tradewind.model.route_messages import RouteSet
from tradewind.runtime.backtest_result import BacktestResult
from tradewind.runtime.simulated_run import Number, RunTerms, SimulatedRun
from tradewind.sim.cleared_venue import ClearedVenue
from tradewind.sim.clearing import Clearing
from tradewind.sim.fees import FeeModel
from tradewind.sim.latency import LatencyModel
from tradewind.sim.slippage import SlippageModel
from tradewind.sim.venue import SimulatedVenue
from tradewind.sim.venue_group import VenueGroup
from tradewind.strategies.base import Strategy


def backtest(
    strategy: Strategy | Sequence[Strategy],
    *,
    instrument: Instrument | None = None,
    bars: object = None,
    trades: object = None,
    quotes: object = None,
    depth: object = None,
    data: Sequence[Columns] = (),
    cash: Number = "100000",
    currency: str = "",
    limits: Limits = NONE,
    fees: FeeModel | None = None,
    slippage: SlippageModel | None = None,
    latency: LatencyModel | None = None,
    fill: str = "next_open",
    size: str = "at_fill",
    cash_buffer: Number = 0,
    hedging: bool = False,
    mark: str = "latest",
    clearing: Clearing | None = None,
    seed: int = 0,
    venue: Mapping[str, Any] | None = None,
    venues: Mapping[str, Mapping[str, Any]] | None = None,
    routes: Sequence[RouteSet] = (),
) -> BacktestResult:
    """Run strategies over historical data; deterministic for the same inputs and seed.

    Give frames of one `instrument` as `bars= trades= quotes= depth=` (see
    `model.frames.columns_from`), or `data=` columns of any instruments. `fill` says when a market
    order fills on bars ("next_open", "next_close", "signal_close"), `size` when a target is
    turned into a quantity ("at_fill", "at_signal"), `cash_buffer` which share of equity weights
    leave alone, `mark` what positions are valued at ("latest", "last", "mid", "bid_ask": see
    `model.marking`). `clearing` gives the account terms, charges and corporate actions (see
    `sim.clearing`), `venue` has further options of `sim.venue.SimulatedVenue`. `venues` gives each
    venue by its name what differs from these (its `fees`, `latency`, ...), and `routes` are what
    orders may name to be divided among venues (`model.route_messages.route`).

    >>> class Hold(Strategy):
    ...     def on_start(self): self.subscribe_bars(self.instrument, "1d")
    ...     def on_bar(self, bar):
    ...         if self.position.is_flat: self.buy(10)
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> frame = {"open_time_ns": [0, 60, 120], "open": [10, 11, 12], "high": [11, 12, 13],
    ...          "low": [10, 11, 12], "close": [11, 12, 13], "volume": [5, 5, 5]}
    >>> result = backtest(Hold(), bars=frame, instrument=goog, cash="1000")
    >>> result.end_equity, [str(fill.price) for fill in result.fills]
    (Decimal('1020.000000'), ['11.00'])
    """
    batches = batches_of(instrument, data, bars=bars, trades=trades, quotes=quotes, depth=depth)
    run = SimulatedRun(
        [strategy] if isinstance(strategy, Strategy) else list(strategy),
        list({batch.instrument.id: batch.instrument for batch in batches}.values()),
        _venue(
            clearing,
            {"fees": fees, "slippage": slippage, "latency": latency, "fill": fill, "seed": seed},
            venue or {},
            venues or {},
        ),
        RunTerms(cash, currency, limits, size, cash_buffer, hedging, mark, clearing, tuple(routes)),
        start_time_ns=_start_ns(batches),
    )
    run.take(*batches)
    result = run.finish()
    result.market = batches
    return result


def _venue(
    clearing: Clearing | None,
    options: Mapping[str, Any],
    more: Mapping[str, Any],
    by_name: Mapping[str, Mapping[str, Any]],
) -> SimulatedVenue | VenueGroup:
    """A venue that clears where it is asked to; without, nothing of that costs anything."""
    if by_name:
        if clearing is not None:
            raise UserError("clearing= is for one venue: leave venues= out, or clear apart")
        return VenueGroup(
            {name: SimulatedVenue(**{**options, **more, **own}) for name, own in by_name.items()}
        )
    if clearing is None:
        return SimulatedVenue(**options, **more)
    return ClearedVenue(clearing, **options, **more)


def batches_of(
    instrument: Instrument | None, data: Sequence[Columns], **frames: object
) -> list[Columns]:
    """The columns of `data` and of frames by kind; `UserError` where there are none."""
    batches = list(data)
    for kind in REQUIRED:
        frame = frames[kind]
        if frame is None:
            continue
        if instrument is None:
            raise UserError(f"{kind}= needs instrument=: say what these rows are of")
        batches.append(columns_from(kind, frame, instrument))
    if not batches:
        raise UserError("there is no data: give bars=, trades=, quotes=, depth= or data=")
    for batch in batches:
        batch.check_sorted()
    return batches


def _start_ns(batches: list[Columns]) -> int:
    firsts = [batch[REQUIRED[batch.kind][0]] for batch in batches]
    return min((int(first[0]) for first in firsts if len(first)), default=0)
