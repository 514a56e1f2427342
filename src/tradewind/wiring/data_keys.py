"""Venues that give market data to a key and take no orders: their keys, checked and stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tradewind.ports.downloads import KeyedDownloads
from tradewind.runtime.clock import SystemClock
from tradewind.wiring import venue_settings as names
from tradewind.wiring.setting import Setting

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.adapters.net.secret import Secret
    from tradewind.wiring.settings import Settings


class MakeDownloads(Protocol):
    """Builds the downloads of a venue."""

    def __call__(self, key: Secret, settings: Settings, home: Path) -> KeyedDownloads:
        """Downloads with a key, of the place that the settings say."""


@dataclass(frozen=True, slots=True)
class DataEntry:
    """One venue of data: as typed, as in instrument ids, where its key and its place are set."""

    name: str
    venue: str
    title: str
    key: Setting[str]
    address: Setting[str]
    downloads: MakeDownloads
    secret: None = None
    data_needs_key: bool = True
    more: tuple[Setting[str], ...] = ()


async def check_key(entry: DataEntry, key: Secret, settings: Settings, home: Path) -> None:
    """Ask the venue for something small; raises what it says where the key is not taken."""
    downloads = entry.downloads(key, settings, home)
    await downloads.start()
    try:
        await downloads.check_key()
    finally:
        await downloads.close()


def _massive(key: Secret, settings: Settings, home: Path) -> KeyedDownloads:
    import random

    from tradewind.adapters.massive.downloads import MassiveDownloads
    from tradewind.wiring.massive import hosts_of

    return MassiveDownloads(
        key,
        hosts_of(settings[names.MASSIVE_ADDRESS]),
        clock=SystemClock(),
        chance=random.random,
        requests_per_minute=settings[names.MASSIVE_RATE],
    )


def _alpha_vantage(key: Secret, settings: Settings, home: Path) -> KeyedDownloads:
    import random

    from tradewind.adapters.alpha_vantage.downloads import AlphaVantageDownloads
    from tradewind.adapters.alpha_vantage.rest import BASE
    from tradewind.wiring.venue_entry import base_of

    return AlphaVantageDownloads(
        key,
        home,
        clock=SystemClock(),
        chance=random.random,
        base=base_of(settings[names.ALPHA_VANTAGE_ADDRESS]) or BASE,
        per_minute=settings[names.ALPHA_VANTAGE_PER_MINUTE],
        per_day=settings[names.ALPHA_VANTAGE_PER_DAY],
    )


MASSIVE = DataEntry(
    "massive", "MASSIVE", "Massive", names.MASSIVE_KEY, names.MASSIVE_ADDRESS, _massive
)
ALPHA_VANTAGE = DataEntry(
    "alpha-vantage",
    "ALPHAVANTAGE",
    "Alpha Vantage",
    names.ALPHA_VANTAGE_KEY,
    names.ALPHA_VANTAGE_ADDRESS,
    _alpha_vantage,
)
DATA_VENUES = {entry.name: entry for entry in (MASSIVE, ALPHA_VANTAGE)}
"""By the name that people type."""
