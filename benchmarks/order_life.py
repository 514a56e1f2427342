"""A whole order: intent, checks, venue, fill, ledger, journal; and the checks of it alone.

The figure is what an order adds to a run over the same bars by a strategy that wants none; the
floor is the same of the toy fill; the ratio is that of the whole runs, since the toy fill alone is
too short to measure on a busy machine. `check_us` is one pass through form, halts and all limits.

What limits it: nothing alone. Counted by callgrind, before texts were written by a bare pointer, an
order took 28,400 instructions beside the hash of its records: packing four records 24 %, checks and
counting its exposure 15 % (the checks alone 9 %), the strategy's own call 14 %, posting the fill 12
%, the venue's match 12 % and its order entry 8 %; then the loop and the acceptance. By time the
largest single entry are look-ups in dicts of texts, 7 %. Tried: an order without a dict for its
fills, fills without tuples, finished orders without look-ups, objects that the collector does not
walk, calls of what returns nothing without a look for errors, usual terms recognised at once: side
by side on a busy machine 7.2 us before the last three and the bare pointer, 5.3 with them. Then the
three holdings that an order counts in kept with the strategy's book, the money of a fill worked out
once, checks and matching asked only where a rule or an order is there, and a position valued when
somebody looks: for 1,500 orders in turn 4.8 us before and 3.9 to 4.6 with them, the collector off.
An order costs more the more are kept: 4.18 and 4.07 us in runs of 1,500 and 5,000 orders, 6.11 and
6.57 in those of 15,000 and 50,000 (6.8 to 7.8 before), of which the collector is up to 0.8;
look-ups of texts in large dicts are first in a profile (7.8 %). By call stacks of `perf`, at a
load of 7: the strategy's own call and the hash of the records 15 %, ids looked up among the venue's
finished ones 6, forgetting orders of the day before 4, and 80 functions below 4. The order that was
reported last is remembered and finished orders lie in a list: in three runs in turn at a load of
12, which errs by as much, 7.5, 5.8 and 6.2 us before and 6.8, 6.1 and 5.7 after. Not tried: one
object for the order of the core and that of the venue. Checks in plain Python: 14 calls less of
41 brought nothing that could be measured (8.1 and 8.2 us before, 8.3 and 9.0 after, the best of
short runs). In plain Python an order made 202 calls of Python functions and makes 136 now: 64 us
before and 53 with them in turn, where the profile shows no function with more than a twentieth of
the time.
"""

from __future__ import annotations

import sys
import time

import bars
import floor
from _measure import best_in_turn_s, report, sized, timed

import tradewind as tw
from tradewind.core.engine import Engine
from tradewind.core.entry import first_breach
from tradewind.core.orders import Order
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.market import BarOpened

TARGET = 0.055 if tw.COMPILED else 0.005
CHECKS = 20_000
LIMITS = tw.Limits(
    order_quantity="100",
    order_notional="2000000",
    position_quantity="100",
    position_notional="5000000",
    gross_exposure="5000000",
    net_exposure="5000000",
    leverage="5",
    concentration="4",
    price_collar="0.1",
    stale_price_ns=60_000_000_000,
    duplicate_ns=1_000_000,
    orders_per_second=1000,
    open_orders=1000,
)


class Always(tw.Strategy):
    """One order a bar."""

    quantity: int = 10

    def on_start(self) -> None:
        """Ask for bars."""
        self.side = 1
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: tw.Bar) -> None:
        """Buy, then sell, or only count."""
        self.side = -self.side
        if self.quantity == 0:
            return
        if self.side > 0:
            self.buy(self.quantity)
        else:
            self.sell(self.quantity)


class ToyAlways:
    """The same with a toy fill."""

    def __init__(self, quantity: int) -> None:
        self.quantity = quantity
        self.side = 1
        self.toy = floor.ToyCross()

    def on_bar(self, bar: floor.Bar) -> None:
        """Buy, then sell, or only count."""
        self.side = -self.side
        if self.quantity == 0:
            return
        if self.side > 0:
            self.toy.fill(self.quantity, bar.close)
        else:
            self.toy.fill(-self.quantity, bar.close)


def run(columns: tw.Columns, quantity: int) -> tw.BacktestResult:
    """A run with an order a bar, or with none."""
    fees = tw.fees.percent("0.0001")
    strategy = Always(quantity=quantity)
    return tw.backtest(strategy, data=[columns], cash="1000000", limits=bars.LIMITS, fees=fees)


def run_toy(columns: list[list[float]], quantity: int) -> None:
    """The loop with a toy fill a bar, or with none."""
    strategy = ToyAlways(quantity)
    for row in zip(*columns, strict=True):
        strategy.on_bar(floor.Bar(*row))  # type: ignore[arg-type]


def checks_s() -> float:
    """CPU seconds of `CHECKS` passes through all checks of one order."""
    engine = Engine(State())
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, floor.INSTRUMENT),
        m.AccountOpened(1, "main", "USD"),
        m.CashDeposited(1, "main", "USD", 1_000_000_000_000),
        m.LimitsChanged(1, "account:main", LIMITS, "benchmark"),
        m.StrategyRegistered(1, "manual", "main", "", {}),
    ):
        engine.step(event)
    engine.step(BarOpened(floor.INSTRUMENT, 2, 1_000_000))
    state = engine.state
    book, market = state.strategies[0], state.markets[0]
    order = Order("j0-manual-1", 0, 0, 0, 1, 10)
    order.order_type, order.limit_price = 2, 1_000_000
    start = time.process_time()
    for number in range(CHECKS):
        state.time_ns = number * 2_000_000 + 2
        market.mark_time_ns = state.time_ns
        if first_breach(state, order, book, market) is not None:
            raise SystemExit("order_life: the order was refused")
    return time.process_time() - start


def main() -> int:
    """Print microseconds an order."""
    count = sized(50_000, 10_000)
    rows = floor.bar_rows(count)
    columns = tw.Columns("bars", floor.INSTRUMENT, rows)
    bare = floor.bar_columns(rows)
    fills = len(run(columns, 10).fills)
    busy_s, idle_s, toy_s, toy_idle_s, checked_s = best_in_turn_s(
        timed(lambda: run(columns, 10)),
        timed(lambda: run(columns, 0)),
        timed(lambda: run_toy(bare, 10)),
        timed(lambda: run_toy(bare, 0)),
        checks_s,
    )
    order_us = (busy_s - idle_s) / fills * 1e6
    toy_us = (toy_s - toy_idle_s) / count * 1e6
    return report(
        "order_life",
        order_us,
        "us/order",
        floor=toy_us,
        ratio=toy_s / busy_s,
        target=TARGET,
        check_us=checked_s / CHECKS * 1e6,
        fills=fills,
    )


if __name__ == "__main__":
    sys.exit(main())
