"""Settings of routes: which listings of one thing an order may be divided among."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tradewind.model.errors import UserError
from tradewind.model.route_messages import RouteSet, route
from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

if TYPE_CHECKING:
    from tradewind.wiring.settings import Settings

EXAMPLE = "BTC=BTC/USDT.BINANCE@0.001@5+BTC/USDT.BINANCE-USDM@0.0005@20"

ROUTES: Setting[tuple[str, ...]] = Setting(
    "routing.routes",
    ("TRADEWIND_ROUTES",),
    kinds.names(r"[A-Za-z0-9._/-]{1,64}=[^,\s]+", EXAMPLE),
    "",
    "Routes over the venues of the run, each NAME=LEG+LEG; a leg is INSTRUMENT, or with its fee as "
    f"a share and its latency in ms INSTRUMENT@FEE@MS, like `{EXAMPLE}`.",
)
MILLISECOND_COST: Setting[str] = Setting(
    "routing.millisecond_cost",
    ("TRADEWIND_ROUTE_MILLISECOND_COST",),
    kinds.text(),
    "0",
    "What a millisecond of a leg's latency is worth, as a share of the price.",
)
MISS_COST: Setting[str] = Setting(
    "routing.miss_cost",
    ("TRADEWIND_ROUTE_MISS_COST",),
    kinds.text(),
    "0.001",
    "What an order of a leg is worth that comes back unfilled, as a share of the price.",
)
STALE: Setting[int] = Setting(
    "routing.stale_s",
    ("TRADEWIND_ROUTE_STALE_S",),
    kinds.integer(least=0, most=86_400),
    "10",
    "A leg whose newest price is older gets nothing; 0 sets no age.",
    unit="s",
)
ROUTE_SETTINGS: tuple[Setting[Any], ...] = (ROUTES, MILLISECOND_COST, MISS_COST, STALE)


def routes_of(settings: Settings) -> tuple[RouteSet, ...]:
    """The routes of a run; `UserError` with one sentence for one that cannot be read."""
    return tuple(_routes(settings))


def _routes(settings: Settings) -> Iterator[RouteSet]:
    for text in settings[ROUTES]:
        name, _, rest = text.partition("=")
        legs = [leg_of(name, leg) for leg in rest.split("+")]
        try:
            yield route(
                name,
                *legs,
                millisecond_cost=settings[MILLISECOND_COST],
                miss_cost=settings[MISS_COST],
                stale_s=settings[STALE],
            )
        except (ValueError, UserError) as error:
            raise UserError(f"TRADEWIND_ROUTES: {name}: {error}: write it like {EXAMPLE}") from None


def leg_of(name: str, text: str) -> tuple[str, str, float]:
    """Instrument, fee and milliseconds of a leg.

    >>> leg_of("BTC", "BTC/USDT.BINANCE@0.001")
    ('BTC/USDT.BINANCE', '0.001', 0.0)
    """
    instrument, _, costs = text.partition("@")
    fee, _, latency = costs.partition("@")
    try:
        found = instrument, fee or "0", float(latency or 0)
    except ValueError:
        raise UserError(
            f"TRADEWIND_ROUTES: {name}: {latency!r} are no milliseconds: write it like {EXAMPLE}"
        ) from None
    if "." not in instrument:
        raise UserError(
            f"TRADEWIND_ROUTES: {name}: {instrument!r} names no venue: write it like {EXAMPLE}"
        )
    return found
