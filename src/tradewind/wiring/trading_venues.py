"""The venues a run can trade at: which adapters are built, from which settings and keys.

An entry names functions that build, so that a run loads the adapters of its own venue alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.wiring import catalog
from tradewind.wiring.setting import Setting

SIM = "sim"


class KeyPair(NamedTuple):
    """An API key and its secret; neither is shown in messages, and nothing prints them.

    >>> KeyPair("public", "hunter2")
    KeyPair(***)
    """

    key: str
    secret: str

    def __repr__(self) -> str:
        return "KeyPair(***)"


@dataclass(frozen=True, slots=True)
class VenueEntry:
    """One venue: as typed, as in instrument ids, its currency, its settings, who builds it.

    `data_needs_key` says that even market data is not given without one.
    """

    name: str
    venue: str
    currency: str
    symbol: str
    key: Setting[str]
    secret: Setting[str]
    host: Setting[str]
    builder: str
    data_needs_key: bool = False


VENUES: dict[str, VenueEntry] = {
    "binance": VenueEntry(
        "binance",
        "BINANCE",
        "USDT",
        "BTC/USDT",
        catalog.BINANCE_KEY,
        catalog.BINANCE_SECRET,
        catalog.BINANCE_HOST,
        "tradewind.wiring.binance",
    ),
}
"""By the name that people type."""

MakeMarketData = Callable[..., MarketData]
MakeTrading = Callable[..., Trading]


def venue_entry(name: str) -> VenueEntry:
    """The entry of a venue by the name that people type."""
    if name not in VENUES:
        known = ", ".join(sorted([SIM, *VENUES]))
        raise UserError(f"there is no venue {name!r}: choose from {known}")
    return VENUES[name]


def build_market_data(
    entry: VenueEntry,
    instrument_ids: Sequence[str],
    *,
    host: str,
    keys: KeyPair | None,
    clock: Clock,
) -> MarketData:
    """The market data of a venue; `host` is "", an environment's name or an address."""
    made: MarketData = _module(entry).market_data(instrument_ids, host=host, keys=keys, clock=clock)
    return made


def build_trading(
    entry: VenueEntry,
    instruments: Sequence[Instrument],
    *,
    host: str,
    keys: KeyPair,
    clock: Clock,
    id_prefix: str = "",
) -> Trading:
    """The way of one account to a venue; orders that begin with `id_prefix` are ours."""
    made: Trading = _module(entry).trading(
        instruments, host=host, keys=keys, clock=clock, id_prefix=id_prefix
    )
    return made


def split_address(host: str) -> tuple[str, str]:
    """Scheme and address of a host that is given as a URL; `UserError` where it is none.

    >>> split_address("http://127.0.0.1:8090")
    ('http', '127.0.0.1:8090')
    """
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise UserError(f"{host!r} is no address of a venue: write it like http://127.0.0.1:8090")
    return parts.scheme, parts.netloc


def _module(entry: VenueEntry) -> Any:
    return importlib.import_module(entry.builder)
