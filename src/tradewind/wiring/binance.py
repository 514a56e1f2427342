"""Binance spot as a venue of a run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.wiring import catalog
from tradewind.wiring.venue_entry import KeyPair, Place, VenueEntry, split_address

if TYPE_CHECKING:
    from tradewind.adapters.binance.hosts import Hosts
    from tradewind.wiring.settings import Settings

ENVIRONMENTS = ("live", "testnet", "demo")


def place_of(settings: Settings) -> Place:
    """An environment of Binance, or the address of a local venue."""
    return Place(settings[catalog.BINANCE_HOST])


def market_data(
    instrument_ids: Sequence[str], *, place: Place, keys: KeyPair | None, clock: Clock
) -> MarketData:
    """Trades and quotes; no key is needed."""
    from tradewind.adapters.binance.market_data import BinanceMarketData

    hosts, chance = hosts_of(place.host), random.SystemRandom().random
    return BinanceMarketData(
        "spot", hosts, instrument_ids, clock=clock, chance=chance, kinds=("trades", "quotes")
    )


def trading(
    instruments: Sequence[Instrument],
    *,
    place: Place,
    keys: KeyPair,
    clock: Clock,
    id_prefix: str,
) -> Trading:
    """One account."""
    from tradewind.adapters.binance.rest import Keys
    from tradewind.adapters.binance.trading import BinanceTrading
    from tradewind.adapters.net.secret import Secret

    return BinanceTrading(
        "spot",
        hosts_of(place.host),
        Keys(Secret(keys.key), Secret(keys.secret)),
        instruments,
        clock=clock,
        chance=random.SystemRandom().random,
        id_prefix=id_prefix,
    )


def hosts_of(host: str) -> Hosts:
    """The hosts of an environment by name, or of a venue that serves all on one address.

    >>> hosts_of("http://127.0.0.1:8090").streams
    'ws://127.0.0.1:8090'
    """
    from tradewind.adapters.binance.hosts import HOSTS, Hosts

    if not host or host in ENVIRONMENTS:
        return HOSTS["spot", host or "live"]
    if "://" not in host:
        raise UserError(f"{host!r} is none of {', '.join(ENVIRONMENTS)} and no address")
    scheme, address = split_address(host)
    socket = "wss" if scheme == "https" else "ws"
    return Hosts(
        f"{scheme}://{address}", f"{socket}://{address}", f"{socket}://{address}/ws-api/v3"
    )


ENTRY = VenueEntry(
    name="binance",
    venue="BINANCE",
    title="Binance",
    currency="USDT",
    key=catalog.BINANCE_KEY,
    secret=catalog.BINANCE_SECRET,
    place=place_of,
    market_data=market_data,
    trading=trading,
)
