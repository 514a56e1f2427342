"""Massive (Polygon) as a venue of a run: its data, with simulated fills."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.wiring import venue_settings as names
from tradewind.wiring.venue_entry import KeyPair, Place, VenueEntry, base_of

if TYPE_CHECKING:
    from tradewind.adapters.massive.rest import Hosts
    from tradewind.wiring.settings import Settings

REFUSAL = "Massive takes no orders: use --mode paper, or trade at alpaca or binance"


def place_of(settings: Settings) -> Place:
    """The address of a local venue, or "" for the venue's own."""
    rate = settings[names.MASSIVE_RATE]
    return Place(settings[names.MASSIVE_ADDRESS], requests_per_minute=rate)


def market_data(
    instrument_ids: Sequence[str], *, place: Place, keys: KeyPair | None, clock: Clock
) -> MarketData:
    """Trades and quotes."""
    from tradewind.adapters.massive.market_data import MassiveMarketData
    from tradewind.adapters.net.secret import Secret

    assert keys is not None, "market data of Massive was let through without a key"
    return MassiveMarketData(
        instrument_ids,
        Secret(keys.key),
        hosts_of(place.host),
        clock=clock,
        chance=random.SystemRandom().random,
        requests_per_minute=place.requests_per_minute,
    )


def trading(
    instruments: Sequence[Instrument],
    *,
    place: Place,
    keys: KeyPair,
    clock: Clock,
    id_prefix: str,
) -> Trading:
    """Refused: there is none."""
    raise UserError(REFUSAL)


def hosts_of(host: str) -> Hosts:
    """The venue's hosts, the old names of them, or a venue that serves all on one address.

    >>> hosts_of("api.polygon.io").stream
    'wss://socket.polygon.io'
    >>> hosts_of("127.0.0.1:8082").stream
    'ws://127.0.0.1:8082'
    """
    from tradewind.adapters.massive.rest import Hosts

    if not host:
        return Hosts()
    base = base_of(host)
    scheme, _, address = base.partition("://")
    if address.startswith("api."):
        return Hosts(base, f"wss://socket.{address.removeprefix('api.')}")
    return Hosts(base, f"{'wss' if scheme == 'https' else 'ws'}://{address}")


ENTRY = VenueEntry(
    name="massive",
    venue="MASSIVE",
    title="Massive",
    currency="USD",
    key=names.MASSIVE_KEY,
    secret=None,
    place=place_of,
    market_data=market_data,
    trading=trading,
    symbols=("BTC/USD", "ETH/USD", "ETH/USD"),
    data_needs_key=True,
    live_refusal=REFUSAL,
)
