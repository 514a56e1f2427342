"""Two instruments in one run: money goes to the one that did better of late.

Run it with `python examples/two_instruments.py`.
"""

from __future__ import annotations

import tradewind as tw
from tradewind.sim.market_bars import generate_bars

DAY_NS = 86_400 * 10**9


class Stronger(tw.Strategy):
    """All but a tenth of the account in the instrument with the higher return of `days`."""

    days: int = 20

    def on_start(self) -> None:
        self.closes: dict[str, list[float]] = {name: [] for name in self.instruments}
        for name in self.instruments:
            self.subscribe_bars(name, "1d")

    def on_bar(self, bar: tw.Bar) -> None:
        closes = self.closes[bar.instrument.id]
        closes.append(bar.close)
        del closes[: -self.days - 1]
        # Bars of one day come one after the other, in the order of the instruments: decide with
        # the last of them.
        if bar.instrument.id != self.instruments[-1] or len(closes) <= self.days:
            return
        returns = {name: kept[-1] / kept[0] for name, kept in self.closes.items()}
        best = max(returns, key=lambda name: returns[name])
        for name in self.instruments:
            if name != best and not self.position_in(name).is_flat:
                self.target_position(0, name)
        if self.position_in(best).is_flat:
            self.target_weight(0.9, best)


def main() -> None:
    goog = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    aapl = tw.Instrument("AAPL.SIM", tick="0.01", lot="1", currency="USD")
    data = [
        generate_bars(one, 7, start_time_ns=20_000 * DAY_NS, duration_ns=DAY_NS, count=250)
        for one in (goog, aapl)
    ]
    result = tw.backtest(
        Stronger(days=20), data=data, cash="100000", fees=tw.fees.per_share("0.005", minimum="1")
    )
    traded = {fill.instrument for fill in result.fills}
    print(f"{len(result.fills)} fills in {', '.join(sorted(traded))}")
    print(f"end equity {result.end_equity} {result.currency}, denied {result.denied_count}")


if __name__ == "__main__":
    main()
