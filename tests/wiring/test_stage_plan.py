"""What a run trades: the symbols that are named, by the strategies in turn."""

import pytest

from tradewind.wiring import binance
from tradewind.wiring.settings import load_settings
from tradewind.wiring.stage_plan import symbols_of


@pytest.mark.parametrize(
    ("named", "strategies", "traded"),
    [
        ("BTC/USDT", 3, ("BTC/USDT", "BTC/USDT", "BTC/USDT")),
        ("BTC/USDT,LTC/BTC", 3, ("BTC/USDT", "LTC/BTC", "BTC/USDT")),
        ("BTC/USDT,LTC/BTC", 1, ("BTC/USDT", "LTC/BTC")),
        ("BTC/USDT", 0, ("BTC/USDT",)),
        ("", 2, ("BTC/USDT", "ETH/USDT")),
        ("", 0, binance.ENTRY.symbols),
    ],
)
def test_only_what_is_named_is_traded_and_else_the_venues_usual(
    named: str, strategies: int, traded: tuple[str, ...]
) -> None:
    settings = load_settings({"trading.instruments": named})
    assert symbols_of(settings, binance.ENTRY, strategies) == traded
