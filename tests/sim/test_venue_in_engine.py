"""The venue inside the engine's loop: late reports are learned, and answered, at their own time."""

from __future__ import annotations

from typing import Any

import tradewind as tw
from tradewind.model.orders import Side
from tradewind.sim import latency

SECOND_NS = 10**9
GOOG = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")


class BuyThenSell(tw.Strategy):
    """Rests a buy at the first trade and answers its fill with a sale."""

    def on_start(self) -> None:
        self.subscribe_trades(self.instrument)

    def on_trade(self, trade: Any) -> None:
        if trade.time_ns == 0:
            self.buy(10, limit="99")

    def on_fill(self, fill: Any) -> None:
        if fill.side == Side.BUY:
            self.sell(10)


def test_a_late_fill_is_answered_before_the_next_row() -> None:
    trades = {
        "time_ns": [second * SECOND_NS for second in range(10)],
        "price": [100, 100, 100, 98, 101, 102, 103, 104, 105, 106],
        "size": [50] * 10,
        "side": [0] * 10,
    }
    result = tw.backtest(
        BuyThenSell(),
        trades=trades,
        instrument=GOOG,
        cash="10000",
        latency=latency.constant(order_ns=SECOND_NS // 2, report_ns=SECOND_NS // 4),
    )
    # Filled by the trade of second 3, known at 3.25, sold on arrival: by the trade of second 4.
    fills = [(fill.time_ns, str(fill.price)) for fill in result.fills]
    assert fills == [(3_250_000_000, "99.00"), (4_250_000_000, "101.00")]
