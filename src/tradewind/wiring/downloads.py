"""Downloads by venue: the adapter of a name, with the keys and places of the settings."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tradewind.adapters.binance.hosts import MarketKind
from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import UserError
from tradewind.ports.downloads import Downloads
from tradewind.runtime.clock import SystemClock
from tradewind.wiring import alpaca
from tradewind.wiring import venue_settings as names
from tradewind.wiring.data_keys import ALPHA_VANTAGE, MASSIVE, DataEntry
from tradewind.wiring.settings import Settings
from tradewind.wiring.venue_entry import base_of
from tradewind.wiring.venue_keys import needed_keys


def downloads_of(venue: str, settings: Settings, home: Path) -> Downloads:
    """The adapter of a venue; `UserError` where there is none, or its key is not set."""
    if venue.startswith(CCXT):
        return _ccxt(venue.removeprefix(CCXT))
    make = VENUES.get(venue.lower())
    if make is None:
        known = ", ".join([*VENUES, f"{CCXT}NAME"])
        raise UserError(f"there is nothing to download from {venue!r}: choose from {known}")
    return make(settings, home)


def _alpaca(settings: Settings, home: Path) -> Downloads:
    from tradewind.adapters.alpaca.downloads import AlpacaDownloads
    from tradewind.adapters.alpaca.rest import LIVE, PAPER, Hosts, Keys

    address, feed = settings[names.ALPACA_ADDRESS], settings[names.ALPACA_FEED]
    known = LIVE if settings[names.ALPACA_ENVIRONMENT] == "live" else PAPER
    base = base_of(address)
    hosts = Hosts(base or known.trading, data=base or known.data, feed=feed)
    pair, _ = needed_keys(settings, alpaca.ENTRY)
    keys = Keys(Secret(pair.key), Secret(pair.secret))
    return AlpacaDownloads(keys, hosts, clock=SystemClock(), chance=random.random)


def _binance(kind: MarketKind) -> Callable[[Settings, Path], Downloads]:
    def make(settings: Settings, home: Path) -> Downloads:
        from tradewind.adapters.binance.downloads import BinanceDownloads
        from tradewind.wiring.binance import SPOT, USDM, hosts_of

        market = SPOT if kind == "spot" else USDM
        hosts = hosts_of(kind, market.place_of(settings))
        return BinanceDownloads(kind, hosts, clock=SystemClock(), chance=random.random)

    return make


def _data(entry: DataEntry) -> Callable[[Settings, Path], Downloads]:
    def make(settings: Settings, home: Path) -> Downloads:
        keys, _ = needed_keys(settings, entry)
        return entry.downloads(Secret(keys.key), settings, home)

    return make


def _ccxt(exchange_id: str) -> Downloads:
    from tradewind.adapters.ccxt.downloads import CcxtDownloads

    return CcxtDownloads(exchange_id)


CCXT = "ccxt:"
"""Before the name of a venue that ccxt knows, like `ccxt:kraken`."""

VENUES: dict[str, Callable[[Settings, Path], Downloads]] = {
    "alpaca": _alpaca,
    "alpha-vantage": _data(ALPHA_VANTAGE),
    "binance": _binance("spot"),
    "binance-usdm": _binance("usdm"),
    "massive": _data(MASSIVE),
}
"""By the name that is typed."""
