"""The local venues by name, each loaded when it is asked for."""

from __future__ import annotations

import importlib
from typing import Any

from tradewind.model.errors import UserError
from tradewind.venue.chaos import Chaos
from tradewind.venue.options import VenueOptions
from tradewind.venue.server import VenueProtocol

# Name as typed -> ("module:function" that makes the protocol from chaos and options, what it is).
VENUES: dict[str, tuple[str, str]] = {
    "alpaca": ("tradewind.venue.alpaca.start:alpaca", "Alpaca trading and market data"),
    "alpha-vantage": ("tradewind.venue.alpha_vantage.start:alpha_vantage", "Alpha Vantage"),
    "binance": ("tradewind.venue.binance.start:spot", "Binance spot"),
    "binance-usdm": ("tradewind.venue.binance.start:usdm", "Binance USD-M futures"),
    "massive": ("tradewind.venue.massive.start:massive", "Massive (Polygon) market data"),
}


def make_protocol(name: str, chaos: Chaos, options: VenueOptions) -> VenueProtocol:
    """The protocol of a venue."""
    if name not in VENUES:
        raise UserError(f"there is no local venue {name!r}: choose from {', '.join(VENUES)}")
    module, _, function = VENUES[name][0].partition(":")
    made: Any = getattr(importlib.import_module(module), function)(chaos, options)
    protocol: VenueProtocol = made
    return protocol
