"""Public trades as input: exact prices as text, resting orders, a profit target.

Run it with `python examples/trades_as_input.py`.
"""

from __future__ import annotations

import tradewind as tw

SECOND_NS = 10**9


class BuyTheDip(tw.Strategy):
    """Rests a buy below the last trade; sells with a profit what was filled."""

    below: str = "0.50"
    profit: str = "0.30"

    def on_start(self) -> None:
        self.subscribe_trades(self.instrument)

    def on_trade(self, trade: tw.Trade) -> None:
        if not self.open_orders and self.position.is_flat:
            limit = self.price_below(trade.price - float(self.below))
            self.buy("0.1", limit=limit, time_in_force=tw.TimeInForce.GTC)

    def on_fill(self, fill: object) -> None:
        if self.position.is_long:
            price = self.price_above(float(self.position.average_price) + float(self.profit))
            self.sell(self.position.quantity, limit=price)


def main() -> None:
    instrument = tw.Instrument("ETH/USDT.SIM", tick="0.01", lot="0.0001")
    # Prices may be text, Decimal, float or integers with digits; what is off the grid is refused.
    path = ["100.00", "99.80", "99.40", "99.60", "99.85", "100.10", "99.50", "99.95"]
    trades = {
        "time_ns": [SECOND_NS * second for second in range(len(path))],
        "price": path,
        "size": ["1.5"] * len(path),
        "side": [-1 if price < "99.90" else 1 for price in path],
    }
    result = tw.backtest(BuyTheDip(), trades=trades, instrument=instrument, cash="1000")
    for fill in result.fills:
        print(f"{fill.side.name:<4} {fill.quantity} at {fill.price}")
    print(f"end equity {result.end_equity} {result.currency}")


if __name__ == "__main__":
    main()
