"""A result of another engine, to the cent: LEAN's own statistics of buying SPY once.

Daily bars of 2013-10-08 to 2013-10-17, cash 100,000. The bar of 2013-10-08 gives the signal: all of
the account but a buffer of 0.25 %, in whole shares at that bar's adjusted close. The order fills at
the open of 2013-10-09. The fee is 0.005 a share, at least 1; prices are the raw ones times the
factor file, with six digits.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

import tradewind as tw
from tests.adapters.files.import_files import lines_of, of_format, read, real
from tradewind.model.timeframes import timerange_ns

START, END = "20131008", "20131018"
CENT = Decimal("0.01")


class BuyOnce(tw.Strategy):
    """Wants the whole account in the first instrument, on the first bar."""

    def on_start(self) -> None:
        self.is_done = False
        self.subscribe_bars(self.instrument, "1d")

    def on_bar(self, bar: tw.Bar) -> None:
        if not self.is_done:
            self.is_done = True
            self.target_weight(1)


def adjusted_spy(price_digits: int = 6) -> tw.Columns:
    """Return the adjusted daily bars of the stretch."""
    spy = of_format("us-equity", "SPY.ARCA", price_digits=price_digits)
    factors = real("us_equity/factor_files/spy.csv")
    bars = read("us-equity", real("us_equity/daily/spy.zip"), spy, timeframe="1d", factors=factors)
    first, last = bars["open_time_ns"].searchsorted(timerange_ns(f"{START}-{END}"))
    return bars.cut(int(first), int(last))


def run(**options: Any) -> tw.BacktestResult:
    """Run the case, with some of its terms changed."""
    terms: dict[str, Any] = {
        "cash": "100000",
        "fees": tw.fees.per_share("0.005", minimum="1"),
        "fill": "next_open",
        "size": "at_signal",
        "cash_buffer": "0.0025",
    }
    return tw.backtest(BuyOnce(), data=[adjusted_spy()], **(terms | options))


def test_buying_spy_once_ends_at_the_cent_that_lean_reports() -> None:
    result = run()
    assert result.end_equity.quantize(CENT, ROUND_HALF_EVEN) == Decimal("104486.22")
    (fill,) = result.fills
    assert (fill.quantity, fill.fee) == (697, Decimal("3.485"))
    assert result.denied_count == 0


def test_the_result_follows_from_the_files_by_hand() -> None:
    raw = {line[0][:8]: line for line in lines_of(real("us_equity/daily/spy.zip"))}
    factor = next(
        Decimal(line[1])
        for line in lines_of(real("us_equity/factor_files/spy.csv"))
        if line[0] >= START
    )
    close_of_signal = Decimal(raw["20131008"][4]) / 10_000 * factor
    open_of_fill = Decimal(raw["20131009"][1]) / 10_000 * factor
    close_of_end = Decimal(raw["20131017"][4]) / 10_000 * factor
    shares = Decimal("99750") // close_of_signal
    equity = 100_000 + shares * (close_of_end - open_of_fill) - shares * Decimal("0.005")
    assert shares == 697
    assert run().end_equity.quantize(CENT) == equity.quantize(CENT) == Decimal("104486.22")
    (fill,) = run().fills
    assert abs(fill.price - open_of_fill) < Decimal("0.000001")


@pytest.mark.parametrize(
    ("terms", "shares"),
    [({"size": "at_fill"}, 695), ({"cash_buffer": 0}, 698)],
)
def test_another_sizing_gives_another_number_of_shares(terms: dict[str, Any], shares: int) -> None:
    assert [fill.quantity for fill in run(**terms).fills] == [shares]
