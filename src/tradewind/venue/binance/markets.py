"""What the local Binance lists: symbols, their grids and filters, and who has an account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradewind.sim.market_parameters import MarketParameters
from tradewind.venue.listing import Listing

_BTC = MarketParameters(
    start_price=60_000.0, annual_volatility=0.55, market_loading=0.8, trades_per_second=4.0,
    mean_trade_size=0.02, spread_fraction=0.000002, level_gap_fraction=0.00002, depth_levels=20,
)  # fmt: skip
_ETH = MarketParameters(
    start_price=3_000.0, annual_volatility=0.7, market_loading=0.8, trades_per_second=3.0,
    mean_trade_size=0.3, spread_fraction=0.00001, level_gap_fraction=0.00002, depth_levels=20,
)  # fmt: skip
_BNB = MarketParameters(
    start_price=600.0, annual_volatility=0.7, market_loading=0.7, trades_per_second=1.0,
    mean_trade_size=0.5, spread_fraction=0.00003, level_gap_fraction=0.00005, depth_levels=20,
)  # fmt: skip
_LTC = MarketParameters(
    start_price=0.0015, annual_volatility=0.6, market_loading=0.3, trades_per_second=0.5,
    mean_trade_size=3.0, spread_fraction=0.001, level_gap_fraction=0.001, depth_levels=20,
)  # fmt: skip


def _listing(
    base: str, quote: str, tick: str, lot: str, parameters: MarketParameters, minimum: str = "5"
) -> Listing:
    return Listing(
        base + quote,
        base,
        quote,
        tick=Decimal(tick),
        lot=Decimal(lot),
        minimum_quantity=Decimal(lot),
        maximum_quantity=Decimal(9000) if base == "BTC" else Decimal(900_000),
        minimum_notional=Decimal(minimum),
        parameters=parameters,
    )


SPOT = (
    _listing("BTC", "USDT", "0.01", "0.00001", _BTC),
    _listing("ETH", "USDT", "0.01", "0.0001", _ETH),
    _listing("BNB", "USDT", "0.01", "0.001", _BNB),
    _listing("LTC", "BTC", "0.000001", "0.01", _LTC, "0.0001"),
)
"""The spot symbols; their markets are generated."""

USDM = tuple(
    replace(
        _listing(base, "USDT", tick, "0.001", parameters), kind="perpetual", maximum_quantity=most
    )
    for base, tick, parameters, most in (
        ("BTC", "0.10", _BTC, Decimal(1000)),
        ("ETH", "0.01", _ETH, Decimal(10_000)),
    )
)
"""The USD-M contracts; their markets are generated."""

USDM_DEPOSITS = {"USDT": "100000"}
"""What a demo futures account begins with."""

DEPOSITS = {"USDT": "100000", "BTC": "10", "ETH": "100", "BNB": "100", "LTC": "1000"}
"""What a demo account begins with."""
