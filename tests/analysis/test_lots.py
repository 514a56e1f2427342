"""Lots: each method by hand, against each other, and against the core's average cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tradewind as tw
from tests.sim.test_clearing import GOOG as SHARE
from tests.sim.test_clearing import Want, bars, flat
from tradewind.analysis.ledger_lots import lot_rows, lots_of_ledger
from tradewind.analysis.lots import LotFill, Lots, Method, lots_of, split_lots
from tradewind.core.positions import Position
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
DOLLAR = 10**6


def fills(*rows: tuple[int, int]) -> list[LotFill]:
    """Fills of (signed quantity, price in dollars), a nanosecond apart."""
    return [LotFill(time, quantity, price * 100) for time, (quantity, price) in enumerate(rows)]


def closed(lots: Lots) -> list[tuple[int, int, int]]:
    """Opened at, signed quantity, realized in dollars."""
    return [(lot.opened_ns, lot.quantity, lot.realized // DOLLAR) for lot in lots.closed]


BOUGHT = fills((10, 100), (10, 130), (10, 110), (-15, 120))


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (Method.FIFO, [(0, 10, 200), (1, 5, -50)]),
        (Method.LIFO, [(2, 10, 100), (1, 5, -50)]),
        (Method.HIFO, [(1, 10, -100), (2, 5, 50)]),
    ],
)
def test_a_sale_closes_the_lots_that_its_method_picks(
    method: Method, expected: list[tuple[int, int, int]]
) -> None:
    assert closed(lots_of(GOOG, BOUGHT, method)) == expected


def test_a_short_gives_up_its_cheapest_lot_first_by_hifo() -> None:
    lots = lots_of(GOOG, fills((-10, 100), (-10, 90), (15, 95)), Method.HIFO)
    assert closed(lots) == [(1, -10, -50), (0, -5, 25)]


def test_a_flip_closes_all_lots_and_opens_one_the_other_way() -> None:
    lots = lots_of(GOOG, fills((10, 100), (-25, 110)), Method.FIFO)
    assert closed(lots) == [(0, 10, 100)]
    assert [(lot.quantity, lot.cost // DOLLAR) for lot in lots.open] == [(-15, -1650)]


def test_rows_are_decimal_text() -> None:
    (row, _) = lots_of(GOOG, BOUGHT, Method.FIFO).rows()
    assert row == {
        "opened_time_ns": "0",
        "closed_time_ns": "3",
        "quantity": "10",
        "open_price": "100.00",
        "close_price": "120.00",
        "realized": "200.000000",
    }


ROWS = st.lists(
    st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 10**6)), min_size=1, max_size=40
)


@given(ROWS, st.sampled_from(Method))
def test_lots_hold_what_the_position_holds_and_realize_the_same_when_flat(
    rows: list[tuple[int, int]], method: Method
) -> None:
    total = sum(quantity for quantity, _ in rows)
    given_fills = [LotFill(time, quantity, price) for time, (quantity, price) in enumerate(rows)]
    if total:
        given_fills.append(LotFill(len(rows), -total, 77))
    position = Position()
    for fill in given_fills:
        position.fill(fill.quantity, fill.price, GOOG.money_factor, GOOG.money_divisor)
        lots = lots_of(GOOG, given_fills[: fill.time_ns + 1], method)
        assert sum(lot.quantity for lot in lots.open) == position.quantity
        assert len({lot.quantity > 0 for lot in lots.open}) <= 1
        # cash is the same for both: cost and profit differ by the same amount
        assert sum(lot.cost for lot in lots.open) - lots.realized == (
            position.cost - position.realized
        )
    assert lots.open == []
    assert lots.realized == position.realized


def test_the_lots_of_a_ledger_follow_its_splits_and_realize_what_it_says() -> None:
    rows = [flat(100), flat(100), flat(60), flat(70), flat(70)]

    class Trades(Want):
        def on_bar(self, bar: tw.Bar) -> None:
            self.target_position([10, 40, 5, 0, 0][self.count])
            self.count += 1

        count = 0

    result = tw.backtest(
        Trades("0"),
        data=[bars(SHARE, rows)],
        cash="100000",
        clearing=tw.Clearing(actions=[tw.actions.split(SHARE.id, "1970-01-03", 2)]),
    )
    for method in Method:
        found = lots_of_ledger(result.ledger, method)
        ((key, lots),) = found.items()
        position = result.ledger.position(key)
        assert sum(lot.quantity for lot in lots.open) == position.quantity
        held = sum(lot.cost for lot in lots.open)
        assert held - lots.realized == position.cost - position.realized
        assert lots.closed
        assert [row["instrument"] for row in lot_rows(found)] == [SHARE.id] * len(lots.closed)
    with pytest.raises(UserError, match="leaves a lot with a part of a unit"):
        split_lots(lots_of(GOOG, fills((5, 100)), Method.FIFO), 1, 2)
