"""The demo universe: six instruments of the venue SIM and the character of their markets."""

from __future__ import annotations

from collections.abc import Iterable

from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.sim.market import MarketGenerator
from tradewind.sim.market_parameters import MarketParameters

INSTRUMENTS = (
    Instrument("BTC/USDT.SIM", tick="0.10", lot="0.00001", min_notional="5"),
    Instrument("ETH/USDT.SIM", tick="0.01", lot="0.0001", min_notional="5"),
    Instrument("SOL/USDT.SIM", tick="0.01", lot="0.001", min_notional="5"),
    Instrument("AAPL.SIM", tick="0.01", lot="1", currency="USD", kind="equity"),
    Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD", kind="equity"),
    Instrument("EUR/USD.SIM", tick="0.00001", lot="1000", kind="fx"),
)
"""What `tradewind run` trades when nothing else is asked for."""

PARAMETERS: dict[str, MarketParameters] = {
    "BTC/USDT.SIM": MarketParameters(
        start_price=60_000.0,
        annual_volatility=0.55,
        market_loading=0.8,
        trades_per_second=4.0,
        mean_trade_size=0.02,
        spread_fraction=0.00002,
        level_gap_fraction=0.00002,
    ),
    "ETH/USDT.SIM": MarketParameters(
        start_price=3_000.0,
        annual_volatility=0.7,
        market_loading=0.8,
        trades_per_second=3.0,
        mean_trade_size=0.3,
        spread_fraction=0.00003,
        level_gap_fraction=0.00002,
    ),
    "SOL/USDT.SIM": MarketParameters(
        start_price=150.0,
        annual_volatility=0.9,
        market_loading=0.7,
        trades_per_second=2.0,
        mean_trade_size=5.0,
        spread_fraction=0.0001,
        level_gap_fraction=0.00007,
    ),
    "AAPL.SIM": MarketParameters(
        start_price=220.0,
        annual_volatility=0.28,
        market_loading=0.5,
        trades_per_second=1.0,
        mean_trade_size=80.0,
        spread_fraction=0.00008,
        level_gap_fraction=0.00005,
    ),
    "GOOG.SIM": MarketParameters(
        start_price=170.0,
        annual_volatility=0.3,
        market_loading=0.5,
        trades_per_second=0.8,
        mean_trade_size=60.0,
        spread_fraction=0.0001,
        level_gap_fraction=0.00006,
    ),
    "EUR/USD.SIM": MarketParameters(
        start_price=1.08,
        annual_volatility=0.08,
        market_loading=0.2,
        jumps_per_day=3.0,
        trades_per_second=1.0,
        mean_trade_size=50_000.0,
        spread_fraction=0.00006,
        level_gap_fraction=0.00001,
    ),
}
"""Character of each demo market, by instrument id. They trade round the clock."""


def demo_instrument(instrument_id: str) -> Instrument:
    """The demo instrument of that id.

    >>> demo_instrument("ETH/USDT.SIM").tick
    '0.01'
    >>> demo_instrument("DOGE/USDT.SIM")
    Traceback (most recent call last):
    tradewind.model.errors.UserError: the demo has no DOGE/USDT.SIM: choose from BTC/USDT.SIM ...
    """
    for instrument in INSTRUMENTS:
        if instrument.id == instrument_id:
            return instrument
    known = " ".join(instrument.id for instrument in INSTRUMENTS)
    raise UserError(f"the demo has no {instrument_id}: choose from {known}")


def demo_market(
    seed: int, start_time_ns: int, instrument_ids: Iterable[str] = ()
) -> MarketGenerator:
    """The demo's market from a time on: of the named instruments, or of all.

    >>> market = demo_market(7, 0, ["BTC/USDT.SIM"])
    >>> len(market.advance(60_000_000_000))
    3
    """
    chosen = [demo_instrument(each) for each in instrument_ids] or list(INSTRUMENTS)
    return MarketGenerator(chosen, seed, start_time_ns, PARAMETERS)
