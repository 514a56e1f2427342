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
from tradewind.wiring import venue_settings as names
from tradewind.wiring.setting import Setting
from tradewind.wiring.settings import Settings


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
    base = _base(address)
    hosts = Hosts(base or known.trading, data=base or known.data, feed=feed)
    keys = Keys(_secret(settings, names.ALPACA_KEY), _secret(settings, names.ALPACA_SECRET))
    return AlpacaDownloads(keys, hosts, clock=SystemClock(), chance=random.random)


def _binance(kind: MarketKind) -> Callable[[Settings, Path], Downloads]:
    def make(settings: Settings, home: Path) -> Downloads:
        from tradewind.adapters.binance.downloads import BinanceDownloads
        from tradewind.wiring.binance import SPOT, USDM, hosts_of

        market = SPOT if kind == "spot" else USDM
        hosts = hosts_of(kind, market.place_of(settings))
        return BinanceDownloads(kind, hosts, clock=SystemClock(), chance=random.random)

    return make


def _massive(settings: Settings, home: Path) -> Downloads:
    from tradewind.adapters.massive.downloads import MassiveDownloads
    from tradewind.adapters.massive.rest import Hosts

    base = _base(settings[names.MASSIVE_ADDRESS])
    return MassiveDownloads(
        _secret(settings, names.MASSIVE_KEY),
        Hosts(rest=base) if base else Hosts(),
        clock=SystemClock(),
        chance=random.random,
        requests_per_minute=settings[names.MASSIVE_RATE],
    )


def _alpha_vantage(settings: Settings, home: Path) -> Downloads:
    from tradewind.adapters.alpha_vantage.downloads import AlphaVantageDownloads
    from tradewind.adapters.alpha_vantage.rest import BASE

    return AlphaVantageDownloads(
        _secret(settings, names.ALPHA_VANTAGE_KEY),
        home,
        clock=SystemClock(),
        chance=random.random,
        base=_base(settings[names.ALPHA_VANTAGE_ADDRESS]) or BASE,
        per_minute=settings[names.ALPHA_VANTAGE_PER_MINUTE],
        per_day=settings[names.ALPHA_VANTAGE_PER_DAY],
    )


def _ccxt(exchange_id: str) -> Downloads:
    from tradewind.adapters.ccxt.downloads import CcxtDownloads

    return CcxtDownloads(exchange_id)


CCXT = "ccxt:"
"""Before the name of a venue that ccxt knows, like `ccxt:kraken`."""

VENUES: dict[str, Callable[[Settings, Path], Downloads]] = {
    "alpaca": _alpaca,
    "alpha-vantage": _alpha_vantage,
    "binance": _binance("spot"),
    "binance-usdm": _binance("usdm"),
    "massive": _massive,
}
"""By the name that is typed."""


def _secret(settings: Settings, setting: Setting[str]) -> Secret:
    text = settings[setting]
    if not text:
        raise UserError(f"{setting.name} is not set: set {setting.variables[0]}")
    return Secret(text)


def _base(address: str) -> str:
    """An address as the base of URLs; a bare host is plain HTTP on the loopback, else HTTPS."""
    if not address or "://" in address:
        return address.rstrip("/")
    is_local = _host(address).partition(":")[0] in ("127.0.0.1", "localhost")
    return f"{'http' if is_local else 'https'}://{address.rstrip('/')}"


def _host(address: str) -> str:
    return address.rpartition("://")[2].rstrip("/")
