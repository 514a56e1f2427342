"""What came out of a run over stored data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradewind.analysis.equity import samples_per_year
from tradewind.analysis.fills import fill_rows
from tradewind.analysis.ledger import Ledger
from tradewind.analysis.market_path import MarketPath
from tradewind.analysis.metrics import Metrics, metrics
from tradewind.analysis.tca import Tca, transaction_costs
from tradewind.core.engine import Engine
from tradewind.core.journal_hash import JournalHash
from tradewind.core.reports import Execution
from tradewind.core.snapshot import state_hash
from tradewind.model.columns import Columns
from tradewind.model.instruments import currency_digits
from tradewind.model.limits import NONE, Limits
from tradewind.model.numbers import to_decimal
from tradewind.model.orders import Side
from tradewind.runtime.order_stories import stories_of_run
from tradewind.runtime.run_ledger import ledger_of_run


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

    `limits` says which limits stood in the way: a run without any says so. `record_counts` are
    the records of the journal by the name of their kind.
    """

    def __init__(
        self,
        engine: Engine,
        journal: JournalHash,
        record_counts: Counter[str],
        *,
        start_time_ns: int,
        cash: int,
        currency: str,
        limits: Limits,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._start_time_ns = start_time_ns
        self._cash = cash
        self.market: Sequence[Columns] = ()
        self.record_counts = record_counts
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

    @cached_property
    def fills(self) -> list[Fill]:
        """All executions in order."""
        return [self._fill(event) for event in self._engine.fills or []]

    @property
    def equity_curve(self) -> EquityCurve:
        """Equity at bar closes; without bars only the start and the end."""
        engine = self._engine
        times, values = engine.curve.time_ns, engine.curve.equity
        if not len(times):
            equity = engine.state.equity(engine.state.accounts[0])
            times = np.array([self._start_time_ns, engine.state.time_ns], np.int64)
            values = np.array([self._cash, equity], np.int64)
        return EquityCurve(times, values / 10.0 ** currency_digits(self.currency))

    @property
    def periods_per_year(self) -> float:
        """How many points the equity curve has a year, counted over the run; 0 without time.

        It is about 252 for daily bars of US equities and 365.25 for daily bars of a market that
        never closes.
        """
        return samples_per_year(self.equity_curve.time_ns) or 0.0

    @cached_property
    def ledger(self) -> Ledger:
        """The general ledger of the run: see `analysis.ledger`."""
        return ledger_of_run(self._engine)

    def tca(self, *market: Columns) -> Tca:
        """What executing the orders cost: see `analysis.tca`.

        A backtest remembers its data; after a replay give the columns. The way from tick to
        fill is told by the journal of a run only.
        """
        by_instrument: dict[str, list[Columns]] = {}
        for batch in market or self.market:
            by_instrument.setdefault(batch.instrument.id, []).append(batch)
        paths = {name: MarketPath(batches) for name, batches in by_instrument.items()}
        return transaction_costs(stories_of_run(self._engine), paths)

    @cached_property
    def metrics(self) -> Metrics:
        """Every metric of `analysis.metrics` by name; None where it is undefined.

        Ratios are annualised by `periods_per_year`. Without bars the curve has two points, so
        that volatility, Sharpe and Sortino ratio are undefined.
        """
        curve = self.equity_curve
        yearly = samples_per_year(curve.time_ns) or 0.0  # `periods_per_year` makes the curve anew
        rows = fill_rows(self._engine.fills or [], self._engine.state.markets)
        return metrics(curve.time_ns, curve.equity, rows, yearly)

    @property
    def order_count(self) -> int:
        """Orders that went to the venue."""
        return self.record_counts["SubmitOrder"]

    @property
    def fill_count(self) -> int:
        """Executions; sooner known than `fills`, which makes an object of each."""
        return len(self._engine.fills or [])

    @property
    def denied_count(self) -> int:
        """Orders that the risk checks refused."""
        return self.record_counts["OrderDenied"]

    @property
    def journal_hash(self) -> str:
        """Hash of every record with its place, and of the market data."""
        return self._journal.hexdigest()

    def journal_hash_beside(self, market: bytes) -> str:
        """The same where the digest of the market data is known (`core.journal_hash`)."""
        return self._journal.hexdigest_beside(market)

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

    def _fill(self, event: Execution) -> Fill:
        order = event.order
        assert order is not None, "a fill that was kept without its order"
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
