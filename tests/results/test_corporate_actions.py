"""Statements agree with factor files: dividends of SPY and splits of AAPL on real prices."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import tradewind as tw
from tests.adapters.files.import_files import lines_of, of_format, read, real
from tradewind.adapters.files.action_files import read_actions
from tradewind.model.messages import DividendPaid, InstrumentSplit
from tradewind.model.timeframes import timerange_ns


class Hold(tw.Strategy):
    """Buys once, at the first bar, and keeps it."""

    quantity: int = 100

    def on_start(self) -> None:
        self.is_done = False
        self.subscribe_bars(self.instrument, "1d")

    def on_bar(self, bar: tw.Bar) -> None:
        if not self.is_done:
            self.is_done = True
            self.buy(self.quantity)


def raw_bars(symbol: str, timerange: str) -> tw.Columns:
    instrument = of_format("us-equity", f"{symbol.upper()}.ARCA", price_digits=4)
    bars = read("us-equity", real(f"us_equity/daily/{symbol}.zip"), instrument, timeframe="1d")
    first, last = bars["open_time_ns"].searchsorted(timerange_ns(timerange))
    return bars.cut(int(first), int(last))


def actions_of(path: Path, instrument: str) -> list[DividendPaid | InstrumentSplit]:
    return tw.actions.events_of(read_actions(path, "factor-file"), instrument)


def test_the_dividends_of_spy_from_1998_to_2005_are_those_of_its_factor_file() -> None:
    path = real("us_equity/factor_files/spy.csv")
    bars = raw_bars("spy", "19980101-20060101")
    actions = actions_of(path, "SPY.ARCA")
    result = tw.backtest(Hold(), data=[bars], cash="100000", clearing=tw.Clearing(actions=actions))
    # by hand, from the text of the file: reference x (1 - factor / next factor) for 100 shares
    rows = [line for line in lines_of(path) if line[0] < "20060101"]
    following = lines_of(path)[1 : len(rows) + 1]
    by_hand = [
        Fraction(row[3]) * (1 - Fraction(row[1]) / Fraction(after[1])) * 100
        for row, after in zip(rows, following, strict=True)
        if row[1] != after[1]
    ]
    paid = [one for one in result.ledger.entries if one.kind == "dividend"]
    posted = [entry.postings["cash", "USD"] for entry in paid]
    assert len(posted) == len(by_hand) == 33  # four a year, and the special one of November 2004
    for money, exact in zip(posted, by_hand, strict=True):
        assert abs(Fraction(money, 10**6) - exact) <= Fraction(1, 10_000)  # 100 x 10^-6
    (fill,) = result.fills
    last = Decimal(int(bars["close"][-1])).scaleb(-4)
    received = Decimal(sum(posted)).scaleb(-6)
    assert result.end_equity == 100_000 + 100 * (last - fill.price) + received
    assert received.quantize(Decimal("0.01")) == Decimal(round(float(sum(by_hand)), 2)).quantize(
        Decimal("0.01")
    )


def test_a_share_of_aapl_of_1998_is_112_after_its_splits() -> None:
    path = real("us_equity/factor_files/aapl.csv")
    actions = actions_of(path, "AAPL.ARCA")
    splits = [one for one in actions if isinstance(one, InstrumentSplit)]
    assert [(one.numerator, one.denominator) for one in splits] == [(2, 1), (2, 1), (7, 1), (4, 1)]
    bars = raw_bars("aapl", "19980101-20210401")
    strategy = Hold()
    strategy.quantity = 1
    result = tw.backtest(
        strategy, data=[bars], cash="100000", clearing=tw.Clearing(actions=actions)
    )
    (position,) = result.ledger.positions.values()
    assert position.quantity == 112
    # each dividend is paid on the shares of its day: 1, 2, 4, then 28 and 112
    shares, received = Decimal(1), Decimal(0)
    for action in actions:
        if action.time_ns > int(bars["open_time_ns"][-1]):
            continue
        if isinstance(action, DividendPaid):
            received += shares * Decimal(action.amount)
        else:
            shares = shares * action.numerator / action.denominator
    (fill,) = result.fills
    last = Decimal(int(bars["close"][-1])).scaleb(-4)
    assert result.end_equity == 100_000 - fill.price + 112 * last + received
