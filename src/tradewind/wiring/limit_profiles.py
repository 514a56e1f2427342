"""The demo's limits: the profile that paper trading starts with and the banner prints."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tradewind.model.limits import Limits
from tradewind.wiring import catalog
from tradewind.wiring.settings import Settings

DEMO = Limits(
    order_notional="10000",
    gross_exposure="50000",
    leverage="1",
    price_collar="0.05",
    stale_price_ns=10_000_000_000,
    orders_per_second=50,
    open_orders=100,
)
"""What stands beside MAX_POSITION_SIZE and RISK_PER_TRADE on paper; live has no such default."""

NANOSECONDS = 1_000_000_000


def demo_limits(settings: Settings) -> Limits:
    """Return the demo's limits with the two that settings name."""
    return msgspec.structs.replace(
        DEMO,
        position_notional=settings.shown(catalog.MAX_POSITION),
        risk_per_trade=settings.shown(catalog.RISK_PER_TRADE),
    )


def limit_lines(limits: Limits) -> Iterator[str]:
    """Say each limit that is set, as the banner prints it.

    >>> list(limit_lines(Limits(open_orders=100, stale_price_ns=10_000_000_000)))
    ['stale_price 10 s', 'open_orders 100']
    """
    for name, value in msgspec.structs.asdict(limits).items():
        if value in (None, (), True):
            continue
        if name.endswith("_ns"):
            yield f"{name.removesuffix('_ns')} {value / NANOSECONDS:g} s"
        else:
            yield f"{name} {' '.join(value) if isinstance(value, tuple) else value}"
