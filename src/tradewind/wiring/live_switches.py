"""The switches of live trading: three of them, and limits that a person has chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tradewind.wiring import catalog

if TYPE_CHECKING:
    from tradewind.wiring.settings import Settings


def live_refusals(settings: Settings) -> Iterator[str]:
    """One sentence for each thing that live trading still needs; none on paper."""
    if settings[catalog.TRADING_MODE] != "live":
        return
    where = settings.where(catalog.TRADING_MODE)
    if not settings[catalog.LIVE_ENABLED]:
        yield f"trading.mode: live trading needs ENABLE_LIVE_TRADING=true as well ({where})"
    if not settings[catalog.LIVE_CONFIRM]:
        yield (
            "trading.mode: live trading needs LIVE_TRADING_CONFIRM=ACCOUNT as well, the account "
            f"that tradewind connect shows ({where})"
        )
    for setting in (catalog.MAX_POSITION, catalog.RISK_PER_TRADE):
        if settings.where(setting) == "default":
            yield f"{setting.name}: live trading has no default limit, set {setting.variables[0]}"
    if settings[catalog.VENUE] == "sim":
        yield f"trading.venue: there is nothing live about sim, name a venue ({where})"
