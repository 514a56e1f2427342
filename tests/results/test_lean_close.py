"""A result of another engine, to the cent: LEAN's own statistics of an order for the close.

Hourly bars of SPY, 2021-03-01 to 03-03, cash 100,000, one share. The order is wanted on the bar
that ends the first session: too late for its close, so it fills at the close of the second. The fee
is 0.005 a share, at least 1; prices are the raw ones times the factor file.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import tradewind as tw
from tests.adapters.files.import_files import of_format, read, real
from tradewind.model.timeframes import timerange_ns

CENT = Decimal("0.01")
FACTOR = Decimal("0.9967360")
HOURS_OF_A_DAY = 7


class OnClose(tw.Strategy):
    """Wants one share at a close, on the bar of a number."""

    number: int = HOURS_OF_A_DAY

    def on_start(self) -> None:
        self.seen = 0
        self.subscribe_bars(self.instrument, "1h")

    def on_bar(self, bar: tw.Bar) -> None:
        self.seen += 1
        if self.seen == self.number:
            self.buy(1, time_in_force=tw.TimeInForce.CLS)


def hours(last: str = "20210304") -> tw.Columns:
    """Return the adjusted hours of the stretch."""
    spy = of_format("us-equity", "SPY.ARCA", price_digits=6)
    factors = real("us_equity/factor_files/spy.csv")
    bars = read("us-equity", real("us_equity/hour/spy.zip"), spy, timeframe="1h", factors=factors)
    first, end = bars["open_time_ns"].searchsorted(timerange_ns(f"20210301-{last}"))
    return bars.cut(int(first), int(end))


def run(strategy: tw.Strategy, **terms: Any) -> tw.BacktestResult:
    fees = tw.fees.per_share("0.005", minimum="1")
    return tw.backtest(strategy, data=[hours()], cash="100000", fees=fees, **terms)


def test_one_share_at_the_close_ends_at_the_cent_that_lean_reports() -> None:
    result = run(OnClose())
    assert result.end_equity.quantize(CENT, ROUND_HALF_EVEN) == Decimal("99993.90")
    (fill,) = result.fills
    assert fill.time_ns == 1614718800 * 10**9  # 2021-03-02 21:00 UTC
    assert fill.price == (Decimal("386.54") * FACTOR).quantize(fill.price)
    assert fill.fee == 1


def test_an_order_before_the_last_hour_fills_at_the_close_of_its_own_session() -> None:
    (fill,) = run(OnClose(number=3)).fills
    assert fill.time_ns == 1614632400 * 10**9  # 2021-03-01 21:00 UTC
    assert fill.price == (Decimal("389.58") * FACTOR).quantize(fill.price)
