"""Binance as venues of a run: spot and USD-M futures, with one key for both."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.wiring import catalog, guard_settings
from tradewind.wiring.venue_entry import KeyPair, Place, VenueEntry, split_address

if TYPE_CHECKING:
    from tradewind.adapters.binance.hosts import Hosts
    from tradewind.wiring.setting import Setting
    from tradewind.wiring.settings import Settings

ENVIRONMENTS = ("live", "testnet", "demo")

Kind = Literal["spot", "usdm"]


class Market:
    """One of Binance's markets; its functions are those of a `VenueEntry`."""

    def __init__(self, kind: Kind, host: Setting[str]) -> None:
        self._kind: Kind = kind
        self._host = host

    def place_of(self, settings: Settings) -> Place:
        """An environment of Binance, or the address of a local venue."""
        countdown_s = settings[guard_settings.COUNTDOWN] if self._kind == "usdm" else 0
        silence_s = settings[catalog.SILENCE]
        return Place(settings[self._host], silence_s=silence_s, countdown_s=countdown_s)

    def market_data(
        self, instrument_ids: Sequence[str], *, place: Place, keys: KeyPair | None, clock: Clock
    ) -> MarketData:
        """Trades and quotes, and books where the run looks into them; no key is needed."""
        from tradewind.adapters.binance.market_data import BinanceMarketData

        return BinanceMarketData(
            self._kind,
            hosts_of(self._kind, place),
            instrument_ids,
            clock=clock,
            chance=random.SystemRandom().random,
            kinds=place.kinds,
        )

    def trading(
        self,
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
            self._kind,
            hosts_of(self._kind, place),
            Keys(Secret(keys.key), Secret(keys.secret)),
            instruments,
            clock=clock,
            chance=random.SystemRandom().random,
            id_prefix=id_prefix,
        )


def hosts_of(kind: Kind, place: Place) -> Hosts:
    """The hosts of an environment by name, or of a venue that serves all on one address.

    >>> hosts_of("spot", Place("http://127.0.0.1:8090")).streams
    'ws://127.0.0.1:8090'
    >>> hosts_of("usdm", Place("testnet")).rest
    'https://testnet.binancefuture.com'
    """
    from msgspec.structs import replace

    from tradewind.adapters.binance.hosts import HOSTS, Hosts

    host = place.host
    if not host or host in ENVIRONMENTS:
        return replace(HOSTS[kind, host or "live"], silence_s=place.silence_s)
    if "://" not in host:
        raise UserError(f"{host!r} is none of {', '.join(ENVIRONMENTS)} and no address")
    scheme, address = split_address(host)
    socket = f"{'wss' if scheme == 'https' else 'ws'}://{address}"
    return Hosts(f"{scheme}://{address}", socket, f"{socket}/ws-api/v3", place.silence_s)


SPOT = Market("spot", catalog.BINANCE_HOST)
USDM = Market("usdm", catalog.BINANCE_USDM_HOST)

ENTRY = VenueEntry(
    name="binance",
    venue="BINANCE",
    title="Binance",
    currency="USDT",
    key=catalog.BINANCE_KEY,
    secret=catalog.BINANCE_SECRET,
    place=SPOT.place_of,
    market_data=SPOT.market_data,
    trading=SPOT.trading,
    symbols=("BTC/USDT", "ETH/USDT", "BNB/USDT"),
)
USDM_ENTRY = VenueEntry(
    name="binance-usdm",
    venue="BINANCE-USDM",
    title="Binance USD-M futures",
    currency="USDT",
    key=catalog.BINANCE_KEY,
    secret=catalog.BINANCE_SECRET,
    place=USDM.place_of,
    market_data=USDM.market_data,
    trading=USDM.trading,
    symbols=("BTC/USDT", "ETH/USDT", "ETH/USDT"),
)
