"""Builds the adapters of Binance spot from settings."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tradewind.adapters.binance.hosts import HOSTS, Hosts
from tradewind.adapters.binance.market_data import BinanceMarketData
from tradewind.adapters.binance.rest import Keys
from tradewind.adapters.binance.trading import BinanceTrading
from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.wiring.trading_venues import KeyPair, split_address

ENVIRONMENTS = ("live", "testnet", "demo")


def market_data(
    instrument_ids: Sequence[str], *, host: str, keys: KeyPair | None, clock: Clock
) -> MarketData:
    """Trades and quotes; no key is needed."""
    hosts, chance = hosts_of(host), random.SystemRandom().random
    return BinanceMarketData(
        "spot", hosts, instrument_ids, clock=clock, chance=chance, kinds=("trades", "quotes")
    )


def trading(
    instruments: Sequence[Instrument], *, host: str, keys: KeyPair, clock: Clock, id_prefix: str
) -> Trading:
    """One account."""
    return BinanceTrading(
        "spot",
        hosts_of(host),
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
    if not host or host in ENVIRONMENTS:
        return HOSTS["spot", host or "live"]
    if "://" not in host:
        raise UserError(f"{host!r} is none of {', '.join(ENVIRONMENTS)} and no address")
    scheme, address = split_address(host)
    socket = "wss" if scheme == "https" else "ws"
    return Hosts(
        f"{scheme}://{address}", f"{socket}://{address}", f"{socket}://{address}/ws-api/v3"
    )
