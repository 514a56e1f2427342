"""Orders routed over several venues in a backtest: who gets them, at which fees, and why."""

from __future__ import annotations

from typing import Any

import pytest

import tradewind as tw
from tradewind.model.columns import DEPTH_LAST, DEPTH_SNAPSHOT, Columns
from tradewind.model.errors import UserError
from tradewind.model.frames import columns_from
from tradewind.model.route_messages import route
from tradewind.sim import fees, latency

NEAR = tw.Instrument("X/USD.NEAR", tick="0.01", lot="1", currency="USD")
FAR = tw.Instrument("X/USD.FAR", tick="0.01", lot="1", currency="USD")
SECOND_NS = 10**9
BOTH = route("X", (NEAR.id, "0.002", 1), (FAR.id, "0.0005", 40), millisecond_cost="0.00001")


class Once(tw.Strategy):
    """Buys by the route on the second look at a book."""

    quantity: int = 30
    algorithm: str = "at_once"
    limit: str = ""

    def on_start(self) -> None:
        for instrument in self.instruments:
            self.subscribe_depth(instrument)
        self.looks = 0

    def on_depth(self, book: Any) -> None:
        self.looks += 1
        if self.looks == 4:
            terms: dict[str, Any] = {"algorithm": self.algorithm, "route": "X"}
            if self.algorithm == "twap":
                terms |= {"seconds": 10, "slices": 3}
            if self.limit:
                terms["limit"] = self.limit
            self.buy(self.quantity, **terms)


def book_of(instrument: tw.Instrument, start_ns: int, asks: list[tuple[float, int]]) -> Columns:
    """The same snapshot each second, one bid far below."""
    levels = [(1, 90.0, 500), *((-1, price, size) for price, size in asks)]
    rows = [
        (start_ns + second * SECOND_NS, *level, place == len(levels) - 1)
        for second in range(20)
        for place, level in enumerate(levels)
    ]
    return columns_from(
        "depth",
        {
            "time_ns": [row[0] for row in rows],
            "side": [row[1] for row in rows],
            "price": [row[2] for row in rows],
            "size": [row[3] for row in rows],
            "flags": [DEPTH_SNAPSHOT | (DEPTH_LAST if row[4] else 0) for row in rows],
        },
        instrument,
    )


def run(**parameters: Any) -> Any:
    return tw.backtest(
        Once(**parameters),
        data=[
            book_of(NEAR, 0, [(100.0, 10), (100.1, 10), (101.0, 100)]),
            book_of(FAR, 1, [(100.05, 15), (100.3, 100)]),
        ],
        cash="1000000",
        venues={
            "NEAR": {"fees": fees.percent("0.002")},
            "FAR": {
                "fees": fees.percent("0.0005"),
                "latency": latency.constant(order_ns=10**6, report_ns=10**6),
            },
        },
        routes=[BOTH],
    )


def bought(result: Any) -> list[tuple[str, int, str, str]]:
    return sorted(
        (fill.instrument, int(fill.quantity), str(fill.price), str(fill.fee))
        for fill in result.fills
    )


def test_level_by_level_the_cheapest_with_all_costs_comes_first() -> None:
    # NEAR 100.00 costs 0.2 % and 1 ms: 100.201; FAR 100.05 costs 0.05 % and 40 ms: 100.140;
    # FAR 100.30 is 100.390, NEAR 100.10 is 100.301
    assert bought(run()) == [
        ("X/USD.FAR", 15, "100.05", "0.750375"),
        ("X/USD.NEAR", 5, "100.10", "1.001000"),
        ("X/USD.NEAR", 10, "100.00", "2.000000"),
    ]


def test_what_no_book_shows_is_asked_for_once() -> None:
    # 235 are shown; the rest goes where it is cheapest, and nothing has to be called back
    counts = run(quantity=300).record_counts
    assert (counts["SubmitOrder"], counts["CancelOrder"], counts["OrderRouted"]) == (2, 0, 1)


def test_a_limit_price_is_kept_at_every_venue() -> None:
    result = run(limit="100.05", quantity=40)
    assert {str(fill.price) for fill in result.fills} == {"100.00", "100.05"}


def test_slices_are_routed_too_and_the_same_twice() -> None:
    one, other = run(algorithm="twap"), run(algorithm="twap")
    assert sum(int(fill.quantity) for fill in one.fills) == 30
    assert {fill.instrument for fill in one.fills} == {FAR.id}
    assert one.journal_hash == other.journal_hash


def test_a_venue_that_nobody_gave_is_refused_in_one_sentence() -> None:
    with pytest.raises(UserError, match=r"X/USD.FAR: there is no venue FAR, only NEAR"):
        tw.backtest(
            Once(),
            data=[book_of(NEAR, 0, [(100.0, 10)]), book_of(FAR, 1, [(100.0, 10)])],
            venues={"NEAR": {}},
        )
    with pytest.raises(UserError, match=r"Y/USD.FAR is not listed here"):
        tw.backtest(
            Once(),
            data=[book_of(NEAR, 0, [(100.0, 10)])],
            routes=[route("X", ("Y/USD.FAR", "0", 0))],
        )


def test_each_routing_is_one_record() -> None:
    assert run().record_counts["OrderRouted"] == 1
    assert run(algorithm="twap").record_counts["OrderRouted"] == 3
