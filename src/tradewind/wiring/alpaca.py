"""Alpaca as a venue of a run: US equities and crypto."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.wiring import catalog
from tradewind.wiring import venue_settings as names
from tradewind.wiring.venue_entry import KeyPair, Place, VenueEntry, base_of, split_address

if TYPE_CHECKING:
    from tradewind.adapters.alpaca.rest import Hosts, Keys
    from tradewind.wiring.settings import Settings


def place_of(settings: Settings) -> Place:
    """The address of a local venue where one is set, else the account's environment."""
    host = settings[names.ALPACA_ADDRESS] or settings[names.ALPACA_ENVIRONMENT]
    return Place(
        host,
        settings[names.ALPACA_FEED],
        settings[catalog.SILENCE],
        arrival_s=settings[names.ALPACA_ARRIVAL],
    )


def market_data(
    instrument_ids: Sequence[str], *, place: Place, keys: KeyPair | None, clock: Clock
) -> MarketData:
    """Trades and quotes, and the books of crypto."""
    from tradewind.adapters.alpaca.market_data import AlpacaMarketData

    assert keys is not None, "market data of Alpaca was let through without keys"
    return AlpacaMarketData(
        instrument_ids,
        _keys(keys),
        hosts_of(place),
        clock=clock,
        chance=random.SystemRandom().random,
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
    from tradewind.adapters.alpaca.trading import AlpacaTrading

    return AlpacaTrading(
        [instrument.id for instrument in instruments],
        _keys(keys),
        hosts_of(place),
        clock=clock,
        chance=random.SystemRandom().random,
        id_prefix=id_prefix,
        silence_s=place.arrival_s,
    )


def hosts_of(place: Place) -> Hosts:
    """The hosts of an environment by name, or of a venue that serves all on one address.

    >>> hosts_of(Place("paper", "sip")).trading
    'https://paper-api.alpaca.markets'
    >>> hosts_of(Place("127.0.0.1:8081", "sip")).account_stream
    'ws://127.0.0.1:8081/stream'
    """
    import msgspec

    from tradewind.adapters.alpaca.rest import LIVE, PAPER, Hosts

    known = {"paper": PAPER, "live": LIVE}.get(place.host)
    if known is not None:
        return msgspec.structs.replace(known, feed=place.feed, silence_s=place.silence_s)
    base = base_of(place.host)
    scheme, address = split_address(base)
    socket = f"{'wss' if scheme == 'https' else 'ws'}://{address}"
    return Hosts(base, base, f"{socket}/stream", socket, place.feed, place.silence_s)


def _keys(keys: KeyPair) -> Keys:
    from tradewind.adapters.alpaca.rest import Keys
    from tradewind.adapters.net.secret import Secret

    return Keys(Secret(keys.key), Secret(keys.secret))


ENTRY = VenueEntry(
    name="alpaca",
    venue="ALPACA",
    title="Alpaca",
    currency="USD",
    key=names.ALPACA_KEY,
    secret=names.ALPACA_SECRET,
    place=place_of,
    market_data=market_data,
    trading=trading,
    symbols=("BTC/USD", "ETH/USD", "ETH/USD"),
    data_needs_key=True,
)
