"""Trading hours in a backtest: daily bars trade, DAY orders end with the session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

import tradewind as tw
from tradewind.model.errors import BadData, UserError
from tradewind.model.orders import OrderState

SECOND_NS = 10**9
HOUR_NS = 3600 * SECOND_NS


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * SECOND_NS


def ibm(calendar: str = "XNYS") -> tw.Instrument:
    return tw.Instrument("IBM.SIM", tick="0.01", lot="1", currency="USD", calendar=calendar)


def frame(times: list[int]) -> dict[str, Any]:
    prices = [100.0 + number for number in range(len(times))]
    same = dict.fromkeys(("open", "high", "low", "close"), prices)
    return {"open_time_ns": times, **same, "volume": [1000] * len(times)}


# Wednesday and Friday around Thanksgiving; the Friday closes at 13:00.
DAYS = [at(f"2024-{day}T00:00:00+00:00") for day in ("11-26", "11-27", "11-29", "12-02")]


class Once(tw.Strategy):
    """Sends one order on the bar of a number, and notes how it went on."""

    number: int = 0

    def on_start(self) -> None:
        self.subscribe_bars(self.instrument)
        self.seen = 0
        self.terms: dict[str, Any] = getattr(self, "terms", {})
        self.states: list[tuple[str, int]] = []

    def on_bar(self, bar: tw.Bar) -> None:
        if self.seen == self.number:
            self.buy(1, **self.terms)
        self.seen += 1

    def on_order(self, order: Any) -> None:
        self.states.append((OrderState(order.state).name, self.time_ns))


def run(strategy: Once, times: list[int], calendar: str = "XNYS") -> tw.BacktestResult:
    return tw.backtest(strategy, bars=frame(times), instrument=ibm(calendar), cash="100000")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_daily_bars_of_a_calendar_are_decided_at_the_close_and_filled_at_the_open(
    number: int,
) -> None:
    result = run(Once(number=number), DAYS)
    opens = ["11-27T09:30", "11-29T09:30", "12-02T09:30"]
    assert result.denied_count == 0
    assert [fill.time_ns for fill in result.fills] == [at(f"2024-{opens[number]}:00-05:00")]


def test_the_same_bars_with_midnights_of_their_own_are_closed_by_the_calendar() -> None:
    bars = frame(DAYS) | {"close_time_ns": [day + 24 * HOUR_NS for day in DAYS]}
    result = tw.backtest(Once(), bars=bars, instrument=ibm(), cash="100000")
    assert (result.denied_count, len(result.fills)) == (1, 0)


def test_a_daily_bar_of_a_day_without_a_session_is_refused() -> None:
    with pytest.raises(BadData, match="2024-11-28 has no session of XNYS: leave its bar out"):
        run(Once(), [*DAYS[:2], at("2024-11-28T00:00:00+00:00")])


@pytest.mark.parametrize(
    ("sent", "ends"),
    [
        ("2024-11-29T11:30:00-05:00", "2024-11-29T13:00:00-05:00"),  # a half day
        ("2024-11-29T13:00:00-05:00", "2024-12-02T16:00:00-05:00"),  # at its very close
        ("2024-12-02T10:30:00-05:00", "2024-12-02T16:00:00-05:00"),
    ],
)
def test_a_day_order_ends_with_its_session(sent: str, ends: str) -> None:
    hours = [at("2024-11-29T09:30:00-05:00") + HOUR_NS // 2 * number for number in range(8)]
    hours += [at("2024-12-02T09:30:00-05:00") + HOUR_NS // 2 * number for number in range(13)]
    hours += [at("2024-12-03T09:30:00-05:00") + HOUR_NS // 2 * number for number in range(13)]
    bars = frame(hours) | {"close_time_ns": [time_ns + HOUR_NS // 2 for time_ns in hours]}
    strategy = Once(number=bars["close_time_ns"].index(at(sent)))
    strategy.terms = {"limit": "1", "time_in_force": tw.TimeInForce.DAY}
    tw.backtest(strategy, bars=bars, instrument=ibm(), cash="100000")
    # it works through the bar that closes at that very time
    name, time_ns = strategy.states[-1]
    assert name == "EXPIRED"
    assert at(ends) <= time_ns < at(ends) + SECOND_NS


def test_a_calendar_that_nobody_knows_is_refused_before_the_run() -> None:
    with pytest.raises(UserError, match="calendar 'XXXX' is not known: use 24/7"):
        run(Once(), [HOUR_NS, 2 * HOUR_NS], "XXXX")
