"""Backtests: the engine over historical columns with a simulated venue inside the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradewind.core.engine import Engine
from tradewind.core.journal_hash import JournalHash
from tradewind.core.orders import Order
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.errors import UserError
from tradewind.model.frames import columns_from
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.limits import NONE, Limits
from tradewind.model.numbers import money_of, to_decimal, units_of
from tradewind.model.orders import WEIGHT_DIGITS, Side
from tradewind.runtime.strategy_host import attach, parse_sizing, strategy_name
from tradewind.sim.fees import FeeModel
from tradewind.sim.latency import LatencyModel
from tradewind.sim.slippage import SlippageModel
from tradewind.sim.venue import SimulatedVenue
from tradewind.strategies.base import Strategy

JOURNAL_ID = "bt"
ACCOUNT = "main"


class Fill(msgspec.Struct, frozen=True):
    """One execution of a backtest; price, quantity and fee are exact."""

    time_ns: int
    order_id: str
    instrument: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str


class EquityCurve(msgspec.Struct, frozen=True):
    """Equity of the account at bar closes: UTC ns (int64) and account currency (float64)."""

    time_ns: NDArray[np.int64]
    equity: NDArray[np.float64]


class BacktestResult:
    """What came out of a run; everything beyond the run itself is computed when asked for.

    `limits` says which limits stood in the way: a run without any says so.
    """

    def __init__(
        self, engine: Engine, journal: JournalHash, *, cash: int, currency: str, limits: Limits
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._cash = cash
        self.currency = currency
        self.limits: Limits | str = "none" if limits == NONE else limits

    @property
    def start_equity(self) -> Decimal:
        """The cash it began with."""
        return to_decimal(self._cash, currency_digits(self.currency))

    @property
    def end_equity(self) -> Decimal:
        """Cash and positions at their last marks."""
        state = self._engine.state
        return to_decimal(state.equity(state.accounts[0]), currency_digits(self.currency))

    @property
    def fills(self) -> list[Fill]:
        """All executions in order."""
        return [self._fill(event, order) for event, order in self._engine.fills or []]

    @property
    def equity_curve(self) -> EquityCurve:
        """Equity at bar closes; without bars only the start and the end."""
        engine = self._engine
        scale = 10.0 ** currency_digits(self.currency)
        times = np.array(engine.curve_time_ns, np.int64)
        return EquityCurve(times, np.array(engine.curve_equity, np.int64) / scale)

    @property
    def journal_hash(self) -> str:
        """Hash of every record with its place, and of the market data."""
        return self._journal.hexdigest()

    @property
    def state_hash(self) -> str:
        """Hash of the core's state at the end."""
        return state_hash(self._engine.state)

    @property
    def anomalies(self) -> dict[str, int]:
        """What should not have happened, counted by name."""
        return dict(self._engine.state.anomalies)

    @property
    def stopped(self) -> dict[str, str]:
        """Strategies that were stopped, with the reason."""
        return {
            book.name: book.stop_reason for book in self._engine.state.strategies if book.is_stopped
        }

    def _fill(self, event: m.OrderFilled, order: Order) -> Fill:
        instrument = self._engine.state.markets[order.instrument].instrument
        return Fill(
            event.time_ns,
            event.order_id,
            instrument.id,
            Side(order.side),
            to_decimal(event.quantity, instrument.quantity_digits),
            to_decimal(event.price, instrument.price_digits),
            to_decimal(event.fee, currency_digits(event.fee_currency)),
            event.fee_currency,
        )


def backtest(
    strategy: Strategy | Sequence[Strategy],
    *,
    instrument: Instrument | None = None,
    bars: object = None,
    trades: object = None,
    quotes: object = None,
    depth: object = None,
    data: Sequence[Columns] = (),
    cash: Decimal | str | int | float = "100000",
    currency: str = "",
    limits: Limits = NONE,
    fees: FeeModel | None = None,
    slippage: SlippageModel | None = None,
    latency: LatencyModel | None = None,
    fill: str = "next_open",
    size: str = "at_fill",
    cash_buffer: Decimal | str | int | float = 0,
    hedging: bool = False,
    seed: int = 0,
    venue: Mapping[str, Any] | None = None,
) -> BacktestResult:
    """Run strategies over historical data; deterministic for the same inputs and seed.

    Give frames of one `instrument` as `bars= trades= quotes= depth=` (see
    `model.frames.columns_from`), or `data=` columns of any instruments. `fill` says when a market
    order fills on bars ("next_open", "next_close", "signal_close"), `size` when a target is
    turned into a quantity ("at_fill", "at_signal"), `cash_buffer` which share of equity weights
    leave alone. `venue` has further options of `sim.venue.SimulatedVenue`.

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
    batches = _batches(instrument, data, bars=bars, trades=trades, quotes=quotes, depth=depth)
    simulated = SimulatedVenue(
        fees=fees, slippage=slippage, latency=latency, fill=fill, seed=seed, **(venue or {})
    )
    journal = JournalHash()
    engine = Engine(State(), simulated, journal.records)
    engine.fills = []
    instruments = list({batch.instrument.id: batch.instrument for batch in batches}.values())
    currency = currency or instruments[0].currency
    money = money_of(cash, currency_digits(currency))
    for event in _setup(
        _start_ns(batches), instruments, currency, cash=money, limits=limits, hedging=hedging
    ):
        engine.step(event)
    strategies = [strategy] if isinstance(strategy, Strategy) else list(strategy)
    for one, name in zip(strategies, _names(strategies), strict=True):
        attach(
            engine,
            one,
            name=name,
            account=ACCOUNT,
            instruments=instruments,
            sizing=parse_sizing(size),
            cash_buffer=units_of(cash_buffer, WEIGHT_DIGITS),
        )
    engine.run(*batches)
    for one in strategies:
        one.on_stop()
    engine.flush()
    for batch in batches:
        journal.rows(batch)
    return BacktestResult(engine, journal, cash=money, currency=currency, limits=limits)


def _batches(
    instrument: Instrument | None, data: Sequence[Columns], **frames: object
) -> list[Columns]:
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


def _setup(
    time_ns: int,
    instruments: list[Instrument],
    currency: str,
    *,
    cash: int,
    limits: Limits,
    hedging: bool,
) -> list[m.ControlEvent]:
    events: list[m.ControlEvent] = [m.RunStarted(time_ns, JOURNAL_ID, 1, "")]
    events += [m.InstrumentListed(time_ns, instrument) for instrument in instruments]
    events.append(m.AccountOpened(time_ns, ACCOUNT, currency, hedging))
    events.append(m.CashDeposited(time_ns, ACCOUNT, currency, cash))
    if limits != NONE:
        events.append(m.LimitsChanged(time_ns, f"account:{ACCOUNT}", limits, "backtest"))
    return events


def _names(strategies: list[Strategy]) -> list[str]:
    names: list[str] = []
    for strategy in strategies:
        name = strategy_name(strategy)
        while name in names:
            name = name[:8].rstrip("_0123456789") + str(len(names))
        names.append(name)
    return names
