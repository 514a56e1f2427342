"""A venue that clears: margin calls, funding, borrow cost, interest and corporate actions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import tradewind as tw
from tradewind.model.errors import UserError

HOUR = 3600 * 10**9
DAY = 24 * HOUR
GOOG = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD", kind="equity")
BTC = tw.Instrument("BTC/USDT.SIM", tick="0.01", lot="0.001", kind="perpetual")


class Want(tw.Strategy):
    """Wants a position at the first bar, and nothing more."""

    def __init__(self, quantity: str) -> None:
        self.quantity = quantity

    def on_start(self) -> None:
        self.is_done = False
        self.subscribe_bars(self.instrument, "1d")

    def on_bar(self, bar: tw.Bar) -> None:
        if not self.is_done:
            self.is_done = True
            self.target_position(Decimal(self.quantity))


def bars(instrument: tw.Instrument, rows: list[tuple[int, ...]], step: int = DAY) -> Any:
    """Daily bars from (open, high, low, close); each closes an hour before the next opens."""
    opens = [number * step for number in range(len(rows))]
    frame: dict[str, Any] = {
        "open_time_ns": opens,
        "close_time_ns": [time + step - HOUR for time in opens],
        "volume": [1000] * len(rows),
    }
    for place, name in enumerate(("open", "high", "low", "close")):
        frame[name] = [row[place] for row in rows]
    return tw.columns_from("bars", frame, instrument)


def flat(price: int) -> tuple[int, ...]:
    return (price, price, price, price)


def run(strategy: tw.Strategy, columns: Any, **clearing: Any) -> tw.BacktestResult:
    cash = clearing.pop("cash", "1000")
    return tw.backtest(strategy, data=[columns], cash=cash, clearing=tw.Clearing(**clearing))


def test_a_position_is_liquidated_where_equity_falls_below_maintenance_and_not_before() -> None:
    terms = tw.AccountTerms(initial_margin="0.5", maintenance_margin="0.25")
    # 20 at 100 on 1000 of cash: equity at p is 20 p - 1000, maintenance 5 p, equal at 66.666...
    kept = run(Want("20"), bars(GOOG, [flat(100), flat(100), (100, 100, 67, 90)]), terms=terms)
    assert kept.record_counts["MarginCalled"] == 0
    assert kept.end_equity == 800
    called = run(Want("20"), bars(GOOG, [flat(100), flat(100), (100, 100, 66, 90)]), terms=terms)
    assert called.record_counts["MarginCalled"] == called.record_counts["PositionLiquidated"] == 1
    assert called.end_equity == 20 * 66 - 1000  # sold at the bar's low
    assert called.anomalies == {}


def test_a_short_is_liquidated_at_the_high_and_pays_the_fee() -> None:
    terms = tw.AccountTerms(initial_margin="0.5", maintenance_margin="0.25")
    # short 10 at 100 on 1000: equity 2000 - 10 p, maintenance 2.5 p, equal at 160
    rows = [flat(100), flat(100), (100, 161, 100, 100)]
    result = run(Want("-10"), bars(GOOG, rows), terms=terms, liquidation_fee="0.01")
    assert result.end_equity == Decimal(2000) - 1610 - Decimal("16.1")


def test_open_orders_end_before_positions_are_closed() -> None:
    class Resting(Want):
        def on_bar(self, bar: tw.Bar) -> None:
            if not self.is_done:
                self.sell(1, limit=500)
            super().on_bar(bar)

    terms = tw.AccountTerms(initial_margin="0.5", maintenance_margin="0.25")
    rows = [flat(100), flat(100), (100, 100, 60, 60), flat(600)]
    # what rests is counted: 19 wanted are 20 bought beside the one on sale
    result = run(Resting("19"), bars(GOOG, rows), terms=terms)
    assert result.record_counts["OrderCanceled"] == 1
    assert len(result.fills) == 1
    assert result.end_equity == 20 * 60 - 1000


def test_an_order_beyond_the_margin_is_denied_in_a_backtest_too() -> None:
    terms = tw.AccountTerms(initial_margin="0.5", maintenance_margin="0.25")
    result = run(Want("21"), bars(GOOG, [flat(100), flat(100)]), terms=terms)
    assert result.denied_count == 1
    assert result.end_equity == 1000


def test_funding_is_paid_by_longs_to_shorts_every_eight_hours() -> None:
    rows = [flat(100)] * 3
    charges = [tw.charges.funding("0.0001")]
    # filled at 24:00, behind the funding of then; due at 32, 40, 48, 56 and 64 hours
    for quantity, sign in (("2", -1), ("-2", 1)):
        result = run(Want(quantity), bars(BTC, rows), charges=charges)
        assert result.record_counts["CashPosted"] == 5
        assert result.end_equity == 1000 + sign * 5 * Decimal("0.02")


def test_a_table_of_funding_rates_is_paid_at_its_times_only() -> None:
    table = tw.charges.funding_table({BTC.id: [(30 * HOUR, "0.001"), (35 * HOUR, "-0.0005")]})
    result = run(Want("1"), bars(BTC, [flat(100)] * 3), charges=[table])
    assert result.end_equity == 1000 - Decimal("0.1") + Decimal("0.05")


def test_borrowed_shares_and_debt_cost_interest_each_midnight() -> None:
    rows = [flat(100)] * 4
    short = run(Want("-36"), bars(GOOG, rows), charges=[tw.charges.borrow("0.1")])
    assert short.end_equity == 1000 - 2 * Decimal(3600) * Decimal("0.1") / 360
    debt = run(Want("46"), bars(GOOG, rows), charges=[tw.charges.interest(debit="0.1")])
    first = Decimal(3600) / 3600
    second = ((3600 + first) / 3600).quantize(Decimal("0.000001"))
    assert debt.end_equity == 1000 - first - second


def test_a_split_and_a_dividend_reach_the_strategy_and_the_equity() -> None:
    rows = [flat(100), flat(100), flat(51), flat(50)]
    actions = [
        tw.actions.split(GOOG.id, "1970-01-03", 2),
        tw.actions.dividend(GOOG.id, "1970-01-04", "0.25"),
    ]
    result = run(Want("4"), bars(GOOG, rows), actions=actions)
    assert result.end_equity == 1000 - 400 + 8 * 50 + 8 * Decimal("0.25")
    assert result.equity_curve.equity.tolist() == [1000, 1000, 1008, 1002]


def test_what_the_venue_and_the_core_hold_is_the_same_to_the_last_digit() -> None:
    clearing = tw.Clearing(
        terms=tw.AccountTerms(initial_margin="0.5", maintenance_margin="0.25"),
        charges=[tw.charges.borrow("0.07"), tw.charges.interest(debit="0.05", credit="0.01")],
        actions=[tw.actions.dividend(GOOG.id, "1970-01-05", "0.123456789")],
        liquidation_fee="0.002",
    )
    rows = [flat(100), flat(100), (100, 103, 97, 99), flat(98), flat(97), (90, 90, 60, 60)]
    options: dict[str, Any] = {"fees": tw.fees.percent("0.001"), "cash": "1000"}
    data = bars(GOOG, rows)
    result = tw.backtest(Want("19"), data=[data], clearing=clearing, **options)
    theirs = clearing.state.equity(clearing.account)
    assert Decimal(theirs).scaleb(-6) == result.end_equity
    assert result.record_counts["PositionLiquidated"] == 1


def test_the_same_run_gives_the_same_hashes_again() -> None:
    clearing = tw.Clearing(
        terms=tw.AccountTerms(initial_margin="0.5", maintenance_margin="0.25"),
        charges=[tw.charges.funding("0.0001"), tw.charges.borrow("0.1")],
    )
    data = bars(GOOG, [flat(100), flat(100), (100, 100, 60, 60)])
    first, second = (
        tw.backtest(Want("20"), data=[data], cash="1000", clearing=clearing) for _ in range(2)
    )
    assert (first.journal_hash, first.state_hash) == (second.journal_hash, second.state_hash)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: tw.charges.funding("0.0001", 7), "funding every 7 hours"),
        (lambda: tw.charges.borrow("0.1", 100), "a year of 100 days"),
        (lambda: tw.actions.split("GOOG.SIM", "soon", 2), "'soon' is no date"),
    ],
)
def test_terms_that_cannot_be_are_refused_with_a_sentence(make: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        make()


def test_a_hedging_account_has_no_terms() -> None:
    with pytest.raises(UserError, match="leave hedging out"):
        tw.backtest(
            Want("1"),
            data=[bars(GOOG, [flat(100)])],
            hedging=True,
            clearing=tw.Clearing(terms=tw.AccountTerms()),
        )
