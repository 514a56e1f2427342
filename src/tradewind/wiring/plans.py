"""What the strategies of a run trade and with which parameters, and their names in order ids."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.model.errors import UserError
from tradewind.model.ids import STRATEGY_NAME_LENGTH_MAX
from tradewind.strategies.library import library_strategy

PLANS: dict[str, tuple[str, dict[str, str | float]]] = {
    "ma_crossover": ("BTC/USDT.SIM", {"timeframe": "1s", "fast": 3, "slow": 10, "weight": 0.08}),
    "mean_reversion": (
        "ETH/USDT.SIM",
        {"timeframe": "1s", "period": 15, "entry": 1.5, "weight": 0.08},
    ),
    "market_maker": ("SOL/USDT.SIM", {"quantity": "2", "spread_share": 0.00002}),
    "accumulator": ("BTC/USDT.SIM", {"quantity": "0.001", "total": "0.01", "every_s": 5}),
}
"""What each library strategy trades in the demo, and with which parameters."""

SHORT_NAMES = {
    "ma_crossover": "ma_cross",
    "mean_reversion": "mean_rev",
    "market_maker": "maker",
    "accumulator": "accum",
}

Plan = dict[str, tuple[str, dict[str, str | float]]]


def plan_of(strategies: Sequence[str], symbols: Sequence[str], venue: str) -> Plan:
    """Instrument and parameters of each strategy at a venue; the n-th takes the n-th symbol.

    >>> plan_of(["market_maker"], [], "BINANCE")["market_maker"][0]
    'SOL/USDT.BINANCE'
    >>> plan_of(["market_maker"], ["BTC/USDT"], "BINANCE")["market_maker"][0]
    'BTC/USDT.BINANCE'
    """
    plan: Plan = {}
    for number, name in enumerate(strategies):
        library_strategy(name)
        if name not in PLANS:
            raise UserError(f"{name} has no place in a run: choose from {', '.join(PLANS)}")
        instrument_id, parameters = PLANS[name]
        symbol = symbols[number] if number < len(symbols) else instrument_id.rpartition(".")[0]
        plan[name] = (f"{symbol}.{venue}", parameters)
    return plan


def instruments_of(plan: Plan, symbols: Sequence[str], venue: str) -> list[str]:
    """Every instrument of a run once: those of strategies, then the others that were named.

    Where only persons trade and none was named, the demo's.

    >>> instruments_of({}, [], "SIM")
    ['BTC/USDT.SIM', 'ETH/USDT.SIM', 'SOL/USDT.SIM']
    """
    named = [f"{symbol}.{venue}" for symbol in symbols]
    found = dict.fromkeys([*(instrument_id for instrument_id, _ in plan.values()), *named])
    demo = (instrument_id.rpartition(".")[0] for instrument_id, _ in PLANS.values())
    return list(found) or [f"{symbol}.{venue}" for symbol in dict.fromkeys(demo)]


def short_name(name: str) -> str:
    """The name of a library strategy inside order ids, which have room for ten characters.

    >>> short_name("mean_reversion")
    'mean_rev'
    """
    return SHORT_NAMES.get(name, name[:STRATEGY_NAME_LENGTH_MAX].rstrip("_"))
