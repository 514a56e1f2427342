"""The venues of ccxt as venues of a run: `ccxt:kraken` and a hundred more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.wiring import venue_settings as names
from tradewind.wiring.venue_entry import KeyPair, Place, VenueEntry

if TYPE_CHECKING:
    from tradewind.wiring.settings import Settings

PREFIX = "ccxt:"
TRADED = frozenset({"binance"})
"""Venues at which orders through ccxt passed the suite of trading, at a local venue."""


def entry_of(exchange_id: str) -> VenueEntry:
    """The entry of a venue by ccxt's name of it.

    >>> entry_of("kraken").venue, entry_of("binance").live_refusal
    ('KRAKEN', '')
    """
    from tradewind.adapters.ccxt.exchange import venue_of

    refusal = (
        f"orders at {exchange_id} through ccxt were never tried, so nothing is traded live there: "
        f"use --mode paper, or one of {', '.join(PREFIX + each for each in sorted(TRADED))}"
    )
    return VenueEntry(
        name=f"{PREFIX}{exchange_id}",
        venue=venue_of(exchange_id),
        title=f"{exchange_id} through ccxt",
        currency="",
        key=names.CCXT_KEY,
        secret=names.CCXT_SECRET,
        more=(names.CCXT_PASSWORD, names.CCXT_UID),
        place=place_of,
        market_data=partial(market_data, exchange_id),
        trading=partial(trading, exchange_id),
        live_refusal="" if exchange_id in TRADED else refusal,
    )


def place_of(settings: Settings) -> Place:
    """The address of a local venue, or "" for the venue's own."""
    return Place(settings[names.CCXT_ADDRESS])


def market_data(
    exchange_id: str,
    instrument_ids: Sequence[str],
    *,
    place: Place,
    keys: KeyPair | None,
    clock: Clock,
) -> MarketData:
    """Trades and best quotes; no key is needed."""
    from tradewind.adapters.ccxt.market_data import CcxtMarketData

    return CcxtMarketData(exchange_id, instrument_ids, clock=clock, address=place.host)


def trading(
    exchange_id: str,
    instruments: Sequence[Instrument],
    *,
    place: Place,
    keys: KeyPair,
    clock: Clock,
    id_prefix: str,
) -> Trading:
    """One account."""
    from tradewind.adapters.ccxt.exchange import Credentials
    from tradewind.adapters.ccxt.trading import CcxtTrading
    from tradewind.adapters.net.secret import Secret

    return CcxtTrading(
        exchange_id,
        [instrument.id for instrument in instruments],
        Credentials(*map(Secret, keys)),
        clock=clock,
        address=place.host,
        id_prefix=id_prefix,
    )
