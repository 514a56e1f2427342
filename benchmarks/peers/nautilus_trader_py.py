"""nautilus_trader over the trades of `benchmarks/trades.py`: a Python `on_trade_tick` on each."""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from typing import Any

import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType
from nautilus_trader.model.identifiers import TradeId, Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

FAST = 2 / (10 + 1)


class Count(Strategy):
    """Counts the trades above an average."""

    def __init__(self, instrument: Any) -> None:
        super().__init__()
        self.instrument = instrument
        self.fast = 0.0
        self.above = self.seen = 0

    def on_start(self) -> None:
        """Ask for trades."""
        self.subscribe_trade_ticks(self.instrument.id)

    def on_trade_tick(self, tick: TradeTick) -> None:
        """One trade."""
        price = float(tick.price)
        self.seen += 1
        self.fast += (price - self.fast) * FAST
        if price > self.fast:
            self.above += 1


def ticks_of(rows: Any, instrument: Any) -> list[TradeTick]:
    """The trades as its objects, made before the clock starts."""
    sides = {1: AggressorSide.BUYER, -1: AggressorSide.SELLER}
    columns = (rows[name].tolist() for name in ("time_ns", "price", "size", "side"))
    return [
        TradeTick(
            instrument.id, Price(price / 100, 2), Quantity.from_int(size), sides[side],
            TradeId(str(number)), time_ns, time_ns,
        )
        for number, (time_ns, price, size, side) in enumerate(zip(*columns, strict=True))
    ]  # fmt: skip


def main() -> None:
    """Run over the file named and print seconds of CPU."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(log_level="ERROR")))
    instrument = TestInstrumentProvider.equity(symbol="GOOG", venue="SIM")
    engine.add_venue(
        Venue("SIM"), OmsType.NETTING, AccountType.CASH, [Money(100_000, USD)],
        base_currency=USD, default_leverage=Decimal(1),
    )  # fmt: skip
    engine.add_instrument(instrument)
    ticks = ticks_of(np.load(sys.argv[1]), instrument)
    engine.add_data(ticks)
    strategy = Count(instrument)
    engine.add_strategy(strategy)
    start = time.process_time()
    engine.run()
    seconds = time.process_time() - start
    assert strategy.seen == len(ticks)
    print(json.dumps({"seconds": seconds, "rows": len(ticks), "fills": 0}))


if __name__ == "__main__":
    main()
